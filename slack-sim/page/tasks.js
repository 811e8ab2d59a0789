// Task cards and plans: what an agent did, step by step.
import { h, link } from "./dom.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { plain } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const STATUS = {
  pending: ["circle", "Waiting"],
  in_progress: ["spinner", "Running"],
  complete: ["check", "Done"],
  error: ["warn", "Failed"],
};

/** One task; its details and output fold out. */
export function taskCard(task) {
  const [name, label] = STATUS[task.status] ?? STATUS.pending;
  const more = [task.details, task.output].filter(Boolean).map((part) => h("div", { class: "task-part", dir: "auto" }, rich(part)));
  const sources = (task.sources ?? []).map((source) => link(source.url, source.text || source.url));
  const head = [h("span", { class: "task-icon", "data-status": task.status ?? "pending" }, icon(name)),
    h("span", { class: "task-title", dir: "auto" }, plain(task.title)), h("span", { class: "task-status" }, label)];
  if (!more.length && !sources.length) return h("div", { class: "task" }, h("div", { class: "task-head" }, head));
  return h("details", { class: "task", open: task.status === "error" },
    h("summary", { class: "task-head" }, head, icon("chevron")),
    more, sources.length > 0 && h("p", { class: "task-sources" }, sources));
}

/** A titled list of tasks. */
export function plan(block) {
  const title = typeof block.title === "string" ? block.title : block.title?.text;
  const tasks = block.tasks ?? [];
  const done = tasks.filter((task) => task.status === "complete").length;
  return h("div", { class: "plan" },
    h("div", { class: "plan-head" }, h("strong", { dir: "auto" }, plain(title)), h("span", null, `${done} of ${tasks.length}`)),
    h("ol", { class: "plan-tasks" }, tasks.map((task) => h("li", null, taskCard(task)))));
}

const rich = (part) => (typeof part === "string" ? markdown(part) : richText(part));

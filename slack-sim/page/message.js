// Draws one message: who, when, what, reactions, and the way into its thread.
import { surface } from "./actions.js";
import { growBlocks, renderBlocks } from "./blocks.js";
import { avatar, whoIs } from "./directory.js";
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { messageFiles } from "./files.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { fullTimeOf, shortTimeOf, timeOf } from "./time.js";

const GROUP_SECONDS = 300;

/** Whether a message continues the one above it, and so needs no name of its own. */
export function continues(message, above) {
  return Boolean(above) && !message.notice && !above.notice
    && above.user === message.user && above.bot_id === message.bot_id && above.username === message.username
    && !message.ephemeral && !above.ephemeral && !above.reply_count && !message.subtype
    && Number.parseFloat(message.ts) - Number.parseFloat(above.ts) < GROUP_SECONDS;
}

/** One message. `view` is `{ me, channel, compact, threadButton, openThread, react }`. */
export function messageElement(message, view) {
  if (message.notice) return noticeElement(message);
  if (message.subtype === "tombstone") return goneElement(message, view);
  const who = author(message);
  const head = h("div", { class: "msg-head" },
    h("span", { class: "msg-name", dir: "auto" }, who.label), who.app && h("span", { class: "badge" }, "APP"),
    h("time", { class: "msg-time", datetime: new Date(Number.parseFloat(message.ts) * 1000).toISOString(), title: fullTimeOf(message.ts) }, timeOf(message.ts)));
  return h("article", {
    class: `msg${view.compact ? " msg-compact" : ""}${message.ephemeral ? " msg-private" : ""}`,
    "data-testid": "message", "data-ts": message.ts, "data-user": who.name, "data-ephemeral": message.ephemeral ? "true" : null,
    tabindex: "-1", "aria-label": `${who.label}, ${timeOf(message.ts)}`, "aria-busy": message.streaming === "in_progress" ? "true" : null,
  },
    h("div", { class: "gutter" }, view.compact ? h("span", { class: "gutter-time", "aria-hidden": "true" }, shortTimeOf(message.ts)) : avatar(who)),
    h("div", { class: "msg-body", "data-notes": true },
      message.ephemeral && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      view.compact ? null : head,
      content(message, view), messageFiles(message.files, view.me), reactions(message, view), threadButton(message, view)));
}

/** Brings a message on screen up to date and leaves alone what has not changed in it, so that it grows without a flicker. */
export function updateMessage(el, message, view) {
  const fresh = messageElement(message, view);
  if (message.subtype === "tombstone") {
    el.replaceChildren(...fresh.childNodes);
    el.className = fresh.className;
    el.setAttribute("aria-label", fresh.getAttribute("aria-label"));
    return;
  }
  const [old, next] = [el, fresh].map((one) => one.querySelector(":scope > .msg-body > .msg-content"));
  growBlocks(old, next);
  old.className = next.className;
  if (next.dataset.streaming) old.dataset.streaming = next.dataset.streaming;
  else delete old.dataset.streaming;
  const [body, parts] = [old.parentElement, [...next.parentElement.children]];
  for (const part of [...body.children]) if (part !== old) part.remove();
  old.before(...parts.slice(0, parts.indexOf(next)));
  old.after(...parts.slice(parts.indexOf(next) + 1));
  el.className = fresh.className;
  if (fresh.hasAttribute("aria-busy")) el.setAttribute("aria-busy", "true");
  else el.removeAttribute("aria-busy");
}

/** Who wrote a message; an app may post under another name. */
export function author(message) {
  const who = whoIs(message.user ?? message.bot_id, message.username);
  const app = who.app || Boolean(message.bot_id);
  return app ? { ...who, app, label: message.username || who.label } : who;
}

function content(message, view) {
  const target = { message: { channel: view.channel, ts: message.ts } };
  const edited = message.edited && !message.bot_id && h("span", { class: "edited" }, " (edited)");
  // What a person typed is marked up in its text; its blocks only repeat the words.
  if (message.blocks?.length && message.bot_id) {
    return h("div", { class: "msg-content blocks", "data-streaming": message.streaming }, renderBlocks(message.blocks, surface({ person: view.me, target })), edited, broken(message));
  }
  return h("div", { class: "msg-content", dir: "auto", "data-streaming": message.streaming }, mrkdwn(message.text), edited, broken(message));
}

/** What Slack shows of a stream that the app did not end in time. */
const broken = (message) => message.streaming === "expired" && h("p", { class: "broken-stream", role: "note", "data-testid": "broken-stream" }, icon("warn"), "This message was never finished.");

function reactions(message, view) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((reaction) => {
    const count = reaction.count ?? reaction.users?.length ?? 1;
    const mine = reaction.users?.includes(view.me);
    const names = (reaction.users ?? []).map((id) => whoIs(id).label).join(", ");
    const pill = h("button", { class: "reaction", type: "button", "aria-pressed": mine ? "true" : "false", title: names, "aria-label": `${reaction.name}, ${count}: ${names}` },
      h("span", null, emoji(reaction.name) ?? `:${reaction.name}:`), h("span", { class: "count" }, String(count)));
    pill.addEventListener("click", () => view.react(message.ts, reaction.name));
    return pill;
  }));
}

function threadButton(message, view) {
  if (!view.threadButton || !message.reply_count) return null;
  const faces = (message.reply_users ?? []).slice(0, 4).map((id) => avatar(whoIs(id), "xs"));
  const button = h("button", { class: "thread-chip", type: "button", "data-testid": "thread-open", "data-ts": message.ts },
    h("span", { class: "faces" }, faces), h("span", { class: "thread-count" }, message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`),
    h("span", { class: "thread-view", "aria-hidden": "true" }, "View thread"));
  button.addEventListener("click", () => view.openThread(message.ts));
  return button;
}

/** What is left of a deleted message while its thread has replies. */
function goneElement(message, view) {
  return h("article", { class: "msg msg-gone", "data-testid": "message", "data-ts": message.ts, tabindex: "-1", "aria-label": "A deleted message" },
    h("div", { class: "gutter" }, h("span", { class: "avatar avatar-md", "aria-hidden": "true" }, icon("trash"))),
    h("div", { class: "msg-body", "data-notes": true }, h("div", { class: "msg-content" }, message.text), threadButton(message, view)));
}

/** Something the workspace itself tells one person, such as a command that failed, or calmly that one did what it should. */
function noticeElement(message) {
  const again = message.retry && h("button", { class: "button button-small", type: "button" }, "Try again");
  again?.addEventListener("click", () => message.retry());
  return h("article", { class: "msg msg-private msg-notice", "data-testid": "notice", tabindex: "-1", "aria-label": "Notice" },
    h("div", { class: "gutter" }, h("span", { class: `avatar avatar-md ${message.calm ? "avatar-calm" : "avatar-notice"}`, "aria-hidden": "true" }, icon(message.calm ? "info" : "warn"))),
    h("div", { class: "msg-body" },
      h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      h("div", { class: "msg-content", dir: "auto" }, mrkdwn(message.text)), again));
}

/** The line that says what the app is doing right now, with a way to stop it where there is one. */
export function statusElement({ text, stop }) {
  const button = stop && h("button", { class: "button button-small stop", type: "button", "aria-label": "Stop the app", "data-testid": "stop" }, icon("stop"), "Stop");
  button?.addEventListener("click", () => { button.disabled = true; stop(); });
  return h("div", { class: "status-line", "data-testid": "status" },
    h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { dir: "auto" }, text), button);
}

// Shows the standard Markdown that a `markdown` block carries: headings, lists, quotes, code, tables.
import { fragment, h } from "./dom.js";
import { inlineMarkdown } from "./markdown-inline.js";
import { copyable } from "./codeblock.js";
import { table } from "./table.js";

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
/** Quotes and lists nested deeper than this are shown as text, so that no message can exhaust the stack. */
const DEEPEST = 16;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** The whole text as elements. */
export function markdown(text) {
  const lines = String(text ?? "").replaceAll("\r\n", "\n").split("\n");
  return parse(lines, shallowest(lines));
}

/** The top heading level in use, so that a text that starts at ### still makes a sound outline. */
const shallowest = (lines) => Math.min(6, ...lines.map((line) => /^\s{0,3}(#{1,6})\s/.exec(line)?.[1].length ?? 6));

function parse(lines, top = 1, depth = 0) {
  const out = fragment();
  if (depth > DEEPEST) return fragment(lines.join("\n"));
  let at = 0;
  while (at < lines.length) {
    at = blank(lines, at) ?? fence(lines, at, out) ?? heading(lines, at, out, top) ?? tableAt(lines, at, out)
      ?? quote(lines, at, out, depth) ?? rule(lines, at, out) ?? list(lines, at, out, depth) ?? paragraph(lines, at, out);
  }
  return out;
}

const blank = (lines, at) => (lines[at].trim() === "" ? at + 1 : null);

function fence(lines, at, out) {
  const open = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/.exec(lines[at]);
  if (!open) return null;
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(open[1])) end += 1;
  out.append(copyable(lines.slice(at + 1, end).join("\n"), open[2]));
  return end + 1;
}

function heading(lines, at, out, top) {
  const match = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(lines[at]);
  if (!match) return null;
  const level = Math.min(match[1].length, 4);
  const depth = Math.min(Math.max(match[1].length - top, 0) + 2, 6);
  out.append(h(`h${depth}`, { class: `md-h md-h${level}`, dir: "auto" }, inlineMarkdown(match[2])));
  return at + 1;
}

function tableAt(lines, at, out) {
  if (!lines[at].includes("|") || !DELIMITER.test(lines[at + 1] ?? "") || !lines[at + 1].includes("-")) return null;
  const align = cells(lines[at + 1]).map((cell) => (/^:-+:$/.test(cell) ? "center" : /-:$/.test(cell) ? "right" : /^:-/.test(cell) ? "left" : undefined));
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|") && lines[end].trim() !== "") end += 1;
  const rows = [lines[at], ...lines.slice(at + 2, end)].map((line) => cells(line).map((cell) => inlineMarkdown(cell)));
  out.append(table(rows, align));
  return end;
}

function cells(line) {
  const bare = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return bare.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function quote(lines, at, out, depth) {
  if (!/^\s{0,3}>/.test(lines[at])) return null;
  let end = at;
  while (end < lines.length && /^\s{0,3}>/.test(lines[end])) end += 1;
  out.append(h("blockquote", { dir: "auto" }, parse(lines.slice(at, end).map((line) => line.replace(/^\s{0,3}> ?/, "")), 1, depth + 1)));
  return end;
}

function rule(lines, at, out) {
  if (!RULE.test(lines[at])) return null;
  out.append(h("hr"));
  return at + 1;
}

function list(lines, at, out, depth) {
  const first = ITEM.exec(lines[at]);
  if (!first) return null;
  const indent = first[1].length;
  const ordered = /\d/.test(first[2]);
  const root = h(ordered ? "ol" : "ul", ordered && first[2] !== "1." ? { start: Number.parseInt(first[2], 10) } : null);
  let end = at;
  while (end < lines.length) {
    const item = ITEM.exec(lines[end]);
    if (!item || item[1].length !== indent || /\d/.test(item[2]) !== ordered) break;
    let next = end + 1;
    while (next < lines.length && belongs(lines, next, indent)) next += 1;
    root.append(listItem(item[3], lines.slice(end + 1, next).map((line) => line.slice(Math.min(indent + 2, line.search(/\S|$/)))), depth));
    end = next;
    if (lines[end]?.trim() === "" && ITEM.exec(lines[end + 1] ?? "")?.[1].length === indent) end += 1;
  }
  out.append(root);
  return end;
}

/** Whether a line continues the list item above it: it is indented deeper, or blank before such a line. */
function belongs(lines, at, indent) {
  const depth = (line) => line.search(/\S/);
  if (lines[at].trim() === "") return at + 1 < lines.length && depth(lines[at + 1]) > indent;
  return depth(lines[at]) > indent;
}

function listItem(text, rest, depth) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
  const box = task && h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": task[1] === " " ? "To do" : "Done" });
  const body = rest.length ? parse(rest, 1, depth + 1) : null;
  return h("li", { class: task ? "task" : null, dir: "auto" }, box, inlineMarkdown(task ? task[2] : text), body);
}

function paragraph(lines, at, out) {
  let end = at + 1;
  const startsBlock = (line) => line.trim() === "" || /^\s{0,3}(#{1,6}\s|>|```|~~~)/.test(line) || ITEM.test(line) || RULE.test(line);
  while (end < lines.length && !startsBlock(lines[end]) && !(lines[end].includes("|") && DELIMITER.test(lines[end + 1] ?? ""))) end += 1;
  out.append(h("p", { dir: "auto" }, inlineMarkdown(lines.slice(at, end).map((line) => line.trim()).join("\n"))));
  return end;
}

// Shows Slack's own text markup: *bold*, _italic_, ~strike~, `code`, quotes, links, mentions, emoji.
import { fragment, h, link } from "./dom.js";
import { channelName, whoIs } from "./directory.js";
import { emoji } from "./emoji.js";
import { copyable } from "./codeblock.js";
import { formatted } from "./time.js";

const OPEN = "(?<![\\p{L}\\p{N}])";
const SHUT = "(?![\\p{L}\\p{N}])";
const styled = (mark) => `${OPEN}${mark}(?=\\S)([^\\n]*?\\S)${mark}${SHUT}`;
const TOKEN = new RegExp(
  ["`([^`\\n]+)`", "<([^<>\\n]+)>", ":([a-z0-9_+-]+):(?::skin-tone-\\d:)?", styled("\\*"), styled("_"), styled("~"), "(https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"])"].join("|"),
  "giu",
);
/** Styles nested deeper than this are shown as text, so that no message can exhaust the stack. */
const DEEPEST = 8;

/** A text object of a block: `plain_text` or `mrkdwn`. */
export function textObject(object) {
  if (!object) return fragment();
  return object.type === "plain_text" ? plain(object.text, object.emoji !== false) : mrkdwn(object.text);
}

/** Plain text, in which only emoji shortcodes mean anything. */
export function plain(text, withEmoji = true) {
  const words = String(text ?? "");
  return withEmoji ? words.replace(/:([a-z0-9_+-]+):/gi, (whole, name) => emoji(name) ?? whole) : words;
}

/** Marked-up text. */
export function mrkdwn(text) {
  const out = fragment();
  String(text ?? "").split("```").forEach((piece, index, pieces) => {
    const fenced = index % 2 === 1 && index < pieces.length - 1;
    if (fenced) out.append(copyable(unescaped(piece).replace(/^\n|\n$/g, "")));
    else if (index % 2 === 1) paragraphs(`\`\`\`${piece}`, out);
    else paragraphs(index > 0 ? piece.replace(/^\n/, "") : piece, out);
  });
  return out;
}

function paragraphs(text, out) {
  if (!text) return;
  let quote = [];
  let lines = [];
  const flush = () => {
    if (lines.length) out.append(h("span", { class: "text" }, inline(lines.join("\n"))));
    if (quote.length) out.append(h("blockquote", null, inline(quote.join("\n"))));
    lines = [];
    quote = [];
  };
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/s.exec(line);
    if (Boolean(quoted) !== quote.length > 0) flush();
    (quoted ? quote : lines).push(quoted ? quoted[1] : line);
  }
  flush();
}

function inline(text, depth = 0) {
  const out = fragment();
  if (depth > DEEPEST) return fragment(unescaped(text));
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) out.append(unescaped(text.slice(last, match.index)));
    out.append(token(match, depth));
    last = match.index + match[0].length;
  }
  out.append(unescaped(text.slice(last)));
  return out;
}

function token([whole, code, angle, short, bold, italic, strike, url], depth) {
  if (code !== undefined) return h("code", null, unescaped(code));
  if (angle !== undefined) return reference(angle);
  if (short !== undefined) return emoji(short) ?? whole;
  if (bold !== undefined) return h("strong", null, inline(bold, depth + 1));
  if (italic !== undefined) return h("em", null, inline(italic, depth + 1));
  if (strike !== undefined) return h("s", null, inline(strike, depth + 1));
  return link(unescaped(url), unescaped(url));
}

/** What stands between angle brackets: a mention, a channel, a date, or a link. */
export function reference(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : unescaped(inside.slice(bar + 1));
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return h("span", { class: "mention" }, `#${label || channelName(target.slice(1)) || target.slice(1)}`);
  if (target.startsWith("!date^")) return moment(target.split("^"), label);
  if (target.startsWith("!")) return h("span", { class: "mention mention-all" }, `@${label.replace(/^@/, "") || target.slice(1).split("^")[0]}`);
  if (/^(https?:|mailto:)/i.test(target)) return link(unescaped(target), label ? plain(label) : unescaped(target).replace(/^mailto:/, ""));
  return unescaped(`<${inside}>`);
}

/** A moment by the reader's own clock: `["!date", seconds, format, link]`, or what stands there where that cannot be. */
function moment([, seconds, format = "", address], label) {
  const text = formatted(seconds, unescaped(format)) ?? label;
  const node = h("time", { title: label || null }, text);
  return address ? link(unescaped(address), node) : node;
}

/** A person's name set apart from the text around it. */
export function mention(id, label) {
  const who = whoIs(id, label);
  return h("span", { class: "mention", "data-user": who.id, title: who.label }, `@${who.name}`);
}

function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

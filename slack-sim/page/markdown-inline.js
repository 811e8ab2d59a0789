// The inline half of Markdown: emphasis, code, links, mentions, emoji.
import { fragment, h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { reference } from "./mrkdwn.js";

const TOKEN = new RegExp([
  "\\\\([!-/:-@\\[-`{-~])",
  "(`+)([^`]|[^`].*?[^`])\\2(?!`)",
  "(!?)\\[((?:[^\\[\\]]|\\[[^\\[\\]]*\\])*)\\]\\(\\s*<?([^\\s()<>]*(?:\\([^\\s()]*\\)[^\\s()<>]*)*)>?(?:\\s+\"[^\"]*\")?\\s*\\)",
  "<([@#!][^<>\\s]+|https?:[^<>\\s]+|mailto:[^<>\\s]+)>",
  ":([a-z0-9_+-]+):",
  "\\*\\*(?=\\S)(.+?\\S|\\S)\\*\\*(?!\\*)",
  "(?<![\\p{L}\\p{N}_])__(?=\\S)(.+?\\S|\\S)__(?![\\p{L}\\p{N}_])",
  "\\*(?=[^\\s*])((?:[^*]|\\*\\*.+?\\*\\*)*?[^\\s*])\\*(?!\\*)",
  "(?<![\\p{L}\\p{N}_])_(?=[^\\s_])(.+?)(?<=\\S)_(?![\\p{L}\\p{N}_])",
  "~~(?=\\S)(.+?)~~",
  "(https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"*_])",
].join("|"), "gisu");

/** Styles nested deeper than this are shown as text, so that no message can exhaust the stack. */
const DEEPEST = 8;

/** One run of text as elements. */
export function inlineMarkdown(text, depth = 0) {
  const out = fragment();
  if (depth > DEEPEST) return fragment(text);
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) out.append(text.slice(last, match.index));
    out.append(token(match, depth + 1));
    last = match.index + match[0].length;
  }
  out.append(text.slice(last));
  return out;
}

function token([whole, escaped, , code, bang, label, address, angle, short, strong, strong2, em, em2, strike, url], depth) {
  if (escaped !== undefined) return escaped;
  if (code !== undefined) return h("code", null, code.trim());
  if (address !== undefined) return bang ? link(address, label || address) : link(address, inlineMarkdown(label, depth));
  if (angle !== undefined) return reference(angle);
  if (short !== undefined) return emoji(short) ?? whole;
  if (strong ?? strong2) return h("strong", null, inlineMarkdown(strong ?? strong2, depth));
  if (em ?? em2) return h("em", null, inlineMarkdown(em ?? em2, depth));
  if (strike !== undefined) return h("s", null, inlineMarkdown(strike, depth));
  return link(url, url);
}

// Shows `rich_text` blocks: the form in which Slack stores what people type and what agents report.
import { fragment, h, link } from "./dom.js";
import { channelName } from "./directory.js";
import { emoji } from "./emoji.js";
import { mention } from "./mrkdwn.js";
import { copyable } from "./codeblock.js";
import { formatted } from "./time.js";

/** One rich text block. */
export const richText = (block) => fragment((block?.elements ?? []).map(part));

/** The same without paragraphs, for a table cell. */
export const richCell = (block) => fragment((block?.elements ?? []).map((element) => inline(element.elements)));

function part(element) {
  switch (element.type) {
    case "rich_text_preformatted":
      return copyable((element.elements ?? []).map((piece) => piece.text ?? piece.url ?? "").join(""));
    case "rich_text_quote":
      return h("blockquote", { dir: "auto" }, inline(element.elements));
    case "rich_text_list":
      return h(element.style === "ordered" ? "ol" : "ul", { "data-indent": element.indent || null },
        (element.elements ?? []).map((item) => h("li", { dir: "auto" }, inline(item.elements))));
    default:
      return h("span", { class: "text", dir: "auto" }, inline(element.elements));
  }
}

const inline = (elements) => (elements ?? []).map((piece) => styledBy(piece.style, run(piece)));

function run(piece) {
  switch (piece.type) {
    case "text": return piece.text;
    case "link": return link(piece.url, piece.text || piece.url);
    case "user": return mention(piece.user_id);
    case "channel": return h("span", { class: "mention" }, `#${channelName(piece.channel_id) ?? piece.channel_id}`);
    case "broadcast": return h("span", { class: "mention mention-all" }, `@${piece.range}`);
    case "emoji": return emoji(piece.name) ?? `:${piece.name}:`;
    case "date": return formatted(piece.timestamp, piece.format ?? "{date_num} {time}") ?? piece.fallback ?? "";
    case "color": return h("code", null, piece.value);
    default: return piece.text ?? "";
  }
}

function styledBy(style, content) {
  let node = content;
  if (style?.code) node = h("code", null, node);
  if (style?.bold) node = h("strong", null, node);
  if (style?.italic) node = h("em", null, node);
  if (style?.strike) node = h("s", null, node);
  return node;
}

// Shows JSON with its parts in colours.
import { h } from "./dom.js";

const PART = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const LONGEST = 200_000;

/** The value, or the text of it, as a block of code. */
export function jsonView(value, label) {
  const text = (typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "").slice(0, LONGEST);
  const code = h("code");
  let last = 0;
  for (const match of text.matchAll(PART)) {
    code.append(text.slice(last, match.index));
    const kind = match[2] ? "key" : match[1] ? "string" : match[3] ? "word" : "number";
    code.append(h("span", { class: `json-${kind}` }, match[1] ?? match[0]), match[2] ?? "");
    last = match.index + match[0].length;
  }
  code.append(text.slice(last));
  return h("pre", { class: "json", tabindex: "0", role: "region", "aria-label": label, "data-testid": "json", dir: "ltr" }, code);
}

// A table of cells that are already elements; the first row is its head.
import { h } from "./dom.js";

const NUMBER = /^(?:[-+]?[$€£¥]?\s?\d[\d.,\s]*%?)?$/;
/** A cell of up to so many characters stays on one line; the table scrolls sideways instead. */
const SHORT = 28;

/** `rows` holds nodes; `align` holds left, center or right for each column. */
export function table(rows, align = []) {
  const [head, ...body] = rows;
  const numeric = head.map((_, column) => body.length > 0 && body.every((row) => NUMBER.test(row[column]?.textContent.trim() ?? "")));
  const cell = (tag) => (content, column) =>
    h(tag, { "data-short": content.textContent.length <= SHORT, "data-align": align[column] ?? (numeric[column] ? "right" : "left"), "data-numeric": numeric[column], scope: tag === "th" ? "col" : null, dir: "auto" }, content);
  return h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", null,
      h("thead", null, h("tr", null, head.map(cell("th")))),
      h("tbody", null, body.map((row) => h("tr", null, row.map(cell("td")))))));
}

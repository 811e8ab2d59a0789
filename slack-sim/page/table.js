// A table of cells that are already elements; the first row is its head. One that is too wide scrolls, and shows at its edges
// that there is more.
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
  const scroller = h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", null,
      h("thead", null, h("tr", null, head.map(cell("th")))),
      h("tbody", null, body.map((row) => h("tr", null, row.map(cell("td")))))));
  const frame = h("div", { class: "table-frame" }, scroller);
  const look = () => markEdges(frame, scroller);
  scroller.addEventListener("scroll", look, { passive: true });
  const seen = new ResizeObserver(look);
  seen.observe(scroller);
  seen.observe(scroller.firstElementChild);
  return frame;
}

/** Marks the sides at which columns are out of sight. */
function markEdges(frame, scroller) {
  const { scrollWidth, clientWidth } = scroller;
  const hidden = scrollWidth - clientWidth;
  // In a right-to-left table it counts down from zero.
  const from = Math.abs(scroller.scrollLeft);
  frame.toggleAttribute("data-before", from > 1);
  frame.toggleAttribute("data-after", hidden - from > 1);
  scroller.setAttribute("aria-label", hidden > 1 ? "Table, wider than its place: scroll it with the arrow keys" : "Table");
}

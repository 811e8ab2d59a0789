// Charts: bars, lines, areas and pies, each with its numbers as a table for those who cannot see or tell the shapes apart.
import { h } from "./dom.js";
import { table } from "./table.js";

const WIDTH = 560;
const HEIGHT = 240;
const LEFT = 52;
const BOTTOM = 34;
const TOP = 10;
/** How many colours blocks.css has for charts. */
const COLOURS = 6;

/** A `data_visualization` block. */
export function chart(block) {
  const { title, chart: data } = block;
  const pie = data.type === "pie";
  const names = pie ? data.segments.map((one) => one.label) : data.series.map((one) => one.name);
  const rows = pie
    ? [["", title], ...data.segments.map((one) => [one.label, String(one.value)])]
    : [[data.axis_config.x_label ?? "", ...names], ...data.axis_config.categories.map((label) => [label, ...data.series.map((one) => String(valueAt(one, label)))])];
  const words = pie ? data.segments.map((one) => `${one.label} ${one.value}`).join(", ") : `${names.join(", ")} over ${data.axis_config.categories.join(", ")}`;
  return h("figure", { class: "chart" },
    h("figcaption", { class: "chart-title", dir: "auto" }, title),
    shape(pie ? pieShapes(data.segments) : axes(data), `${data.type} chart: ${words}`),
    (pie || names.length > 1) && h("ul", { class: "chart-legend", "aria-hidden": "true" }, names.map((name, at) => h("li", null, h("i", { "data-colour": at % COLOURS }), name))),
    h("details", { class: "chart-data" }, h("summary", null, "Show the numbers"), table(rows.map((row) => row.map((text) => document.createTextNode(text))))));
}

function shape(children, label) {
  const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-shape", role: "img", "aria-label": label });
  root.append(...children);
  return root;
}

function pieShapes(segments) {
  const total = segments.reduce((sum, one) => sum + one.value, 0);
  const [cx, cy, r] = [WIDTH / 2, HEIGHT / 2, HEIGHT / 2 - TOP];
  if (segments.length === 1) return [svg("circle", { cx, cy, r, "data-colour": 0, class: "chart-fill" }, `${segments[0].label}: ${segments[0].value}`)];
  let turn = -Math.PI / 2;
  return segments.map((one, at) => {
    const from = turn;
    turn += (one.value / total) * 2 * Math.PI;
    const point = (angle) => `${(cx + r * Math.cos(angle)).toFixed(2)} ${(cy + r * Math.sin(angle)).toFixed(2)}`;
    const d = `M${cx} ${cy}L${point(from)}A${r} ${r} 0 ${turn - from > Math.PI ? 1 : 0} 1 ${point(turn)}Z`;
    return svg("path", { d, "data-colour": at % COLOURS, class: "chart-fill chart-slice" }, `${one.label}: ${one.value}`);
  });
}

/** Bars, lines or areas between two axes. */
function axes({ type, series, axis_config: config }) {
  const all = series.flatMap((one) => one.data.map((point) => point.value));
  const ticks = scale(Math.min(0, ...all), Math.max(0, ...all));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low));
  const step = (WIDTH - LEFT) / config.categories.length;
  const x = (at) => LEFT + step * (at + 0.5);
  const marks = type === "bar" ? bars(series, config, y, step) : series.flatMap((one, at) => line(one, at, config, x, y, type === "area"));
  const sparse = Math.ceil(config.categories.length / 10);
  return [
    ...ticks.flatMap((tick) => [
      svg("line", { x1: LEFT, x2: WIDTH, y1: y(tick), y2: y(tick), class: tick === 0 ? "chart-zero" : "chart-grid" }),
      svg("text", { x: LEFT - 7, y: y(tick) + 4, class: "chart-tick", "text-anchor": "end" }, null, short(tick)),
    ]),
    ...config.categories.flatMap((label, at) => (at % sparse ? [] : [svg("text", { x: x(at), y: HEIGHT - BOTTOM + 16, class: "chart-tick", "text-anchor": "middle" }, null, label)])),
    config.x_label && svg("text", { x: LEFT + (WIDTH - LEFT) / 2, y: HEIGHT - 3, class: "chart-tick", "text-anchor": "middle" }, null, config.x_label),
    config.y_label && svg("text", { transform: `translate(10 ${HEIGHT / 2}) rotate(-90)`, class: "chart-tick", "text-anchor": "middle" }, null, config.y_label),
    ...marks,
  ].filter(Boolean);
}

function bars(series, config, y, step) {
  const width = Math.min(46, (step * 0.72) / series.length);
  return config.categories.flatMap((label, at) => series.map((one, index) => {
    const value = valueAt(one, label);
    const left = LEFT + step * (at + 0.5) + width * (index - series.length / 2);
    const [top, end] = [y(Math.max(value, 0)), y(Math.min(value, 0))];
    return svg("rect", { x: left + 1, y: top, width: Math.max(width - 2, 1), height: Math.max(end - top, 1), rx: 2, "data-colour": index % COLOURS, class: "chart-fill" }, `${one.name}, ${label}: ${value}`);
  }));
}

function line(one, index, config, x, y, filled) {
  const points = config.categories.map((label, at) => `${x(at).toFixed(1)} ${y(valueAt(one, label)).toFixed(1)}`);
  const colour = { "data-colour": index % COLOURS };
  return [
    filled && svg("path", { d: `M${x(0)} ${y(0)}L${points.join("L")}L${x(points.length - 1)} ${y(0)}Z`, ...colour, class: "chart-fill chart-area" }),
    svg("path", { d: `M${points.join("L")}`, ...colour, class: "chart-line" }, one.name),
    ...config.categories.map((label, at) => svg("circle", { cx: x(at), cy: y(valueAt(one, label)), r: 3, ...colour, class: "chart-fill" }, `${one.name}, ${label}: ${valueAt(one, label)}`)),
  ].filter(Boolean);
}

const valueAt = (one, label) => one.data.find((point) => point.label === label)?.value ?? 0;

/** Round numbers from below `low` to above `high`. */
function scale(low, high) {
  const span = high - low || 1;
  const raw = span / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

const short = (number) => new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 }).format(number);

function svg(tag, props, title, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, String(value));
  if (title) {
    const tip = document.createElementNS("http://www.w3.org/2000/svg", "title");
    tip.textContent = title;
    node.append(tip);
  }
  if (text) node.append(text);
  return node;
}

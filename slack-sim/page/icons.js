// The page's line icons, drawn on a 20 by 20 grid.
const PATHS = {
  menu: "M3.5 6h13M3.5 10h13M3.5 14h8",
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4.5L6.5 10l5.5 5.5",
  send: "M4 10h9M10 5.5l5 4.5-5 4.5",
  reply: "M8 5L3.5 9.5 8 14M4 9.5h7a5.5 5.5 0 0 1 5.5 5.5v.5",
  thread: "M4 6.5A2.5 2.5 0 0 1 6.5 4h7A2.5 2.5 0 0 1 16 6.5v4a2.5 2.5 0 0 1-2.5 2.5H10l-3.5 3v-3A2.5 2.5 0 0 1 4 10.5z",
  smile: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM7.2 11.8a3.4 3.4 0 0 0 5.6 0M7.7 8v.4M12.3 8v.4",
  code: "M7 6l-4 4 4 4M13 6l4 4-4 4",
  pulse: "M2.5 10.5h3.3l2-6 4 11.5 2.3-5.5h3.4",
  eye: "M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM12.2 10a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0z",
  sun: "M13.2 10a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0zM10 2.5V4M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1",
  moon: "M16 11.8A6.5 6.5 0 1 1 8.2 4a5.3 5.3 0 0 0 7.8 7.8z",
  auto: "M16.5 10a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0zM10 3.5v13M10 6.5h4.7M10 10h6.5M10 13.5h4.7",
  warn: "M10 3.5l7 12.5H3zM10 8.5v3.5M10 14v.3",
  info: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM10 9.3v4M10 6.6v.3",
  check: "M4.5 10.5l3.7 3.7 7.3-8",
  circle: "M15.5 10a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0z",
  bolt: "M11 3l-6 8h4.5L9 17l6-8h-4.5z",
  trash: "M4.5 6h11M8 6V4.5h4V6M6 6l.7 9.5h6.6L14 6M8.6 9v4M11.4 9v4",
  stop: "M6 6h8v8H6z",
  spinner: "M10 3.5a6.5 6.5 0 1 0 6.5 6.5",
  external: "M8 5H5.5A1.5 1.5 0 0 0 4 6.5v8A1.5 1.5 0 0 0 5.5 16h8a1.5 1.5 0 0 0 1.5-1.5V12M11 4h5v5M16 4l-7 7",
  more: "M5 10v.1M10 10v.1M15 10v.1",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16h12",
  file: "M5.5 3h6L15 6.5V17H5.5zM11 3v4h4",
  down: "M10 4v11M5.5 10.5L10 15l4.5-4.5",
  plus: "M10 4.5v11M4.5 10h11",
  lock: "M6.5 9V6.8a3.5 3.5 0 0 1 7 0V9M5 9h10v7.5H5z",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  chevron: "M6 8l4 4 4-4",
  toApp: "M4 10h11M11 6l4 4-4 4",
  fromApp: "M16 10H5M9 6l-4 4 4 4",
};

/** One icon, hidden from screen readers: the control around it carries the name. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.circle);
  svg.append(path);
  return svg;
}

/** What stands before a channel's name: a hash, a lock where it is private, a bubble where it is of a few people. */
export function channelMark(channel) {
  if (channel.kind === "group") return icon("lock");
  if (channel.kind === "mpim") return icon("thread");
  const hash = document.createElement("span");
  hash.className = "hash";
  hash.setAttribute("aria-hidden", "true");
  hash.textContent = "#";
  return hash;
}

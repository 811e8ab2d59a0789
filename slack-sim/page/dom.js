// Builds page elements from data. Data only ever becomes text nodes and attributes, never markup.

/** Makes an element: `h("button", { class: "x", onclick: f, "aria-label": "Send" }, "Send")`. */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(el, name, value);
  append(el, children);
  return el;
}

/** A fragment of the given children. */
export function fragment(...children) {
  const root = document.createDocumentFragment();
  append(root, children);
  return root;
}

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

function setProp(el, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") el[name] = value;
  else el.setAttribute(name, value === true ? "" : String(value));
}

/** An address a link may lead to, or null: apps may not smuggle in `javascript:` and the like. */
export function safeUrl(address) {
  try {
    const url = new URL(String(address));
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that opens in a new tab, or plain text when the address is not one a person should follow. */
export function link(address, ...children) {
  const href = safeUrl(address);
  if (!href) return h("span", null, ...children);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

let serial = 0;
/** An id no other element of the page has. */
export function uid(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Says one sentence to screen readers without moving the focus. */
export function announce(sentence) {
  document.getElementById("announcer").textContent = sentence;
}

// A menu that opens at its button and is walked with the arrow keys.
import { h, uid } from "./dom.js";

/**
 * A button with a menu; `choices()` gives `[{ label, value, danger, act(opener) }]` anew whenever it opens. `note` is a
 * sentence below them.
 */
export function menuButton(props, face, choices, note) {
  const about = note ? h("p", { class: "menu-note", id: uid("note") }, note) : null;
  const list = h("div", { role: "menu", "aria-label": props["aria-label"], "aria-describedby": about?.id });
  const menu = h("div", { class: "menu", id: uid("menu"), popover: "auto" }, list, about);
  const opener = h("button", { type: "button", popovertarget: menu.id, "aria-haspopup": "menu", "aria-expanded": "false", ...props }, face);
  const item = ({ label, value, danger, act }) => {
    const node = h("button", { class: `menu-item${danger ? " menu-danger" : ""}`, type: "button", role: "menuitem", dir: "auto", "data-value": value }, label);
    node.addEventListener("click", () => { menu.hidePopover(); act(opener); });
    return node;
  };
  menu.addEventListener("beforetoggle", (event) => { if (event.newState === "open") list.replaceChildren(...choices().map(item)); });
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const at = opener.getBoundingClientRect();
    const below = at.bottom + 4 + menu.offsetHeight <= innerHeight - 8;
    menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - 4 - menu.offsetHeight)}px`;
    menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
    menu.querySelector("button")?.focus();
  });
  menu.addEventListener("keydown", (event) => {
    const items = [...list.children];
    const here = items.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items.at(to % items.length)?.focus();
  });
  return h("span", { class: "overflow" }, opener, menu);
}

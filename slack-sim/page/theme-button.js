// Switches between the colours of the system, light, and dark.
import { h } from "./dom.js";
import { icon } from "./icons.js";

const CHOICES = [["auto", "auto", "as your system"], ["light", "sun", "light"], ["dark", "moon", "dark"]];

/** A button that goes to the next choice. */
export function themeButton() {
  const button = h("button", { class: "icon-button", type: "button", "data-testid": "theme", "data-focus": "theme" });
  const draw = () => {
    const [, face, label] = current();
    button.replaceChildren(icon(face));
    button.title = `Colours: ${label}`;
    button.setAttribute("aria-label", `Colours: ${label}. Switch`);
  };
  button.addEventListener("click", () => {
    const [next] = CHOICES[(CHOICES.indexOf(current()) + 1) % CHOICES.length];
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try { localStorage.setItem("theme", next); } catch { /* the choice then lasts for this visit */ }
    draw();
  });
  draw();
  return button;
}

const current = () => CHOICES.find(([name]) => name === (document.documentElement.dataset.theme ?? "auto"));

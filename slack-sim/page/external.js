// A field whose choices come from the app while a person types.
import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { plain } from "./mrkdwn.js";

/** How long after the last key the app is asked. */
const PAUSE = 250;
/** How much has to be typed where the app does not say. */
const LEAST = 3;

/** The field; with `many`, several can be chosen. `ask(text)` gives `{ options, option_groups }` or throws a sentence. */
export function externalSelect(many) {
  return (part, kept, props, { ask }) => new External(part, kept, props, ask, many).made();
}

class External {
  constructor(part, kept, props, ask, many) {
    Object.assign(this, { part, ask, many, least: part.min_query_length ?? LEAST, asked: 0, found: [], at: -1 });
    const start = many ? kept?.selected_options ?? part.initial_options : [kept?.selected_option ?? part.initial_option].filter(Boolean);
    this.chosen = start ?? [];
    const listId = uid("options");
    this.input = h("input", {
      ...props, class: "input", type: "text", role: "combobox", dir: "auto", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId, placeholder: plain(part.placeholder?.text ?? "Type to search"),
    });
    this.list = h("ul", { class: "external-list", id: listId, role: "listbox", "aria-label": "Choices", "data-testid": "external-list", hidden: true });
    this.row = h("ul", { class: "attached external-chosen", "aria-label": "Chosen", hidden: true });
    this.note = h("p", { class: "hint", role: "status", dir: "auto", "data-testid": "external-note" });
    this.node = h("div", { class: "select external" }, this.row, this.input, this.list, this.note);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.shut(), 120));
    // What was only typed is no choice, and the app is not to hear of it.
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.draw();
  }

  made() {
    const read = () => (this.many ? { selected_options: this.chosen } : { selected_option: this.chosen[0] ?? null });
    return { node: this.node, inputs: [this.input], read };
  }

  typed() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    this.asked += 1;
    if (text.length < this.least) {
      this.shut();
      this.note.textContent = text ? `Type at least ${this.least} characters.` : "";
      return;
    }
    this.note.textContent = "Searching…";
    this.timer = setTimeout(() => this.search(text, this.asked), PAUSE);
  }

  async search(text, turn) {
    let found;
    try {
      found = await this.ask(text);
    } catch (error) {
      if (turn === this.asked) { this.shut(); this.note.textContent = error.message; }
      return;
    }
    // An answer to what is no longer there is too late.
    if (turn !== this.asked) return;
    const groups = found.option_groups?.length ? found.option_groups : [{ options: found.options }];
    this.found = groups.flatMap((group) => group.options);
    this.note.textContent = this.found.length ? "" : "Nothing was found.";
    this.list.replaceChildren(...groups.flatMap((group) => [
      group.label && h("li", { class: "external-group", role: "presentation", dir: "auto" }, plain(group.label.text)),
      ...group.options.map((option) => this.option(option)),
    ]).filter(Boolean));
    this.list.hidden = this.found.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.found.length) this.mark(0);
  }

  option(option) {
    const node = h("li", { class: "option", id: uid("option"), role: "option", dir: "auto", "data-testid": "external-option" },
      h("span", { class: "option-label" }, plain(option.text?.text)), option.description && h("span", { class: "option-about" }, plain(option.description.text)));
    node.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(option); });
    return node;
  }

  get nodes() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  mark(at) {
    this.at = at;
    this.nodes.forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
    this.nodes[at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.nodes[at].id);
  }

  key(event) {
    const open = !this.list.hidden;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (open && move) this.mark((this.at + move + this.found.length) % this.found.length);
    else if (open && event.key === "Enter") this.take(this.found[this.at]);
    else if (open && event.key === "Escape") { this.shut(); event.stopPropagation(); }
    else if (event.key === "Enter" && this.input.value.trim()) this.typed();
    else return;
    event.preventDefault();
  }

  take(option) {
    const others = this.chosen.filter((one) => one.value !== option.value);
    this.chosen = this.many ? [...others, option].slice(0, this.part.max_selected_items ?? Infinity) : [option];
    this.input.value = "";
    this.asked += 1;
    this.note.textContent = "";
    this.shut();
    this.changed();
  }

  changed() {
    this.draw();
    this.node.dispatchEvent(new Event("change", { bubbles: true }));
  }

  draw() {
    this.row.hidden = this.chosen.length === 0;
    this.row.replaceChildren(...this.chosen.map((option) => {
      const label = plain(option.text?.text);
      const away = h("button", { class: "icon-button", type: "button", "aria-label": `Remove ${option.text?.text}` }, icon("close"));
      away.addEventListener("click", () => { this.chosen = this.chosen.filter((one) => one !== option); this.changed(); this.input.focus(); });
      return h("li", { class: "attached-file", "data-testid": "external-chosen" }, h("span", { dir: "auto" }, label), away);
    }));
  }

  shut() {
    this.list.hidden = true;
    this.found = [];
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

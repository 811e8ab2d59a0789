// The box in which a person writes: grows with the text, completes words, remembers drafts and what was sent.
import { avatar } from "./directory.js";
import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { menuButton } from "./menu.js";
import { suggestions } from "./complete.js";
import { Attachments } from "./files.js";

const drafts = new Map();
const sent = [];

export class Composer {
  /** `options`: `{ id, testid, commands(), shortcuts(), onSend(text), onShare(text, files) }`; commands() gives [] where commands do not work, shortcuts() a menu's choices. */
  constructor(root, options) {
    this.options = options;
    this.listId = uid("completion");
    this.found = null;
    this.recalled = -1;
    /** Whether the line below the box says why the last message did not arrive. */
    this.failed = false;
    this.input = h("textarea", {
      id: options.id, class: "composer-input", rows: 1, dir: "auto", "data-testid": `${options.testid}-input`, autocomplete: "off",
      "aria-autocomplete": "list", "aria-controls": this.listId, "aria-haspopup": "listbox",
    });
    this.list = h("ul", { class: "completion", id: this.listId, role: "listbox", "aria-label": "Suggestions", "data-testid": "completion", hidden: true });
    this.context = h("div", { class: "composer-context", hidden: true });
    this.status = h("p", { class: "composer-status", role: "status" });
    this.send = h("button", { class: "send", type: "submit", "aria-label": "Send", title: "Send", "data-testid": `${options.testid}-send` }, icon("send"));
    this.shortcuts = menuButton({ class: "icon-button", "aria-label": "Shortcuts", title: "Shortcuts", "data-testid": `${options.testid}-shortcuts` }, icon("bolt"), options.shortcuts);
    this.attachments = new Attachments(() => this.grow());
    this.form = h("form", { class: "composer", "data-testid": options.testid },
      this.list, this.context, this.attachments.row, this.input, this.attachments.chooser,
      h("div", { class: "composer-bar" }, this.attachments.button, this.starter("/", "Insert a command"), this.starter("@", "Mention someone"), this.shortcuts, this.status,
        h("span", { class: "composer-keys", "aria-hidden": "true" }, h("kbd", null, "Enter"), " to send"), this.send));
    root.replaceChildren(this.form);
    this.attachments.welcome(this.form);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.form.addEventListener("click", (event) => { if (event.target === this.form) this.input.focus(); });
    this.input.addEventListener("input", () => this.changed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== this.input) this.shut(); }, 120));
  }

  starter(mark, label) {
    const button = h("button", { class: "icon-button glyph", type: "button", "aria-label": label, title: label, "data-testid": mark === "/" ? "insert-command" : "insert-mention" }, mark);
    button.addEventListener("click", () => this.insert(mark));
    return button;
  }

  /** Points the composer at a place: its draft, its name, and whether commands work there. */
  open(place, label) {
    if (this.place === place) return;
    this.place = place;
    this.attachments.open(place);
    this.input.value = drafts.get(place) ?? "";
    this.input.setAttribute("aria-label", label);
    this.input.placeholder = label;
    this.form.querySelector(".glyph").hidden = this.options.commands().length === 0;
    this.shortcuts.hidden = this.options.shortcuts().length === 0;
    this.failed = false;
    this.status.textContent = "";
    this.shut();
    this.grow();
  }

  /** Takes back what it said of a message that did not arrive: the workspace is there again, or one goes on writing. */
  reached() {
    if (!this.failed) return;
    this.failed = false;
    this.status.textContent = "";
  }

  /** Shows what the next message will be part of; an empty call takes the line away. */
  showContext(...children) {
    this.context.hidden = children.length === 0;
    this.context.replaceChildren(...children);
  }

  /** Puts in the start of a mention at the caret, or of a command in place of what is there. */
  insert(text) {
    const { value, selectionStart: at, selectionEnd: end } = this.input;
    const gap = at > 0 && !/\s$/.test(value.slice(0, at)) ? " " : "";
    const whole = text.startsWith("/");
    this.input.value = whole ? text : value.slice(0, at) + gap + text + value.slice(end);
    const caret = whole ? text.length : at + gap.length + text.length;
    this.input.focus();
    this.input.setSelectionRange(caret, caret);
    this.changed();
  }

  changed() {
    drafts.set(this.place, this.input.value);
    this.recalled = -1;
    this.reached();
    this.grow();
    this.suggest();
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, innerHeight * 0.4)}px`;
    this.send.classList.toggle("ready", this.input.value.trim() !== "" || this.attachments.files.length > 0);
  }

  async submit() {
    const text = this.input.value.trim();
    const files = this.attachments.take();
    if (!text && !files.length) return;
    if (text) sent.unshift(text);
    sent.length = Math.min(sent.length, 50);
    this.input.value = "";
    this.changed();
    this.shut();
    const wait = setTimeout(() => { this.status.textContent = text.startsWith("/") ? `Running ${text.split(/\s/)[0]}…` : "Sending…"; }, 300);
    let trouble = null;
    try {
      await (files.length ? this.options.onShare(text, files) : this.options.onSend(text));
    } catch (error) {
      if (this.input.value === "") { this.input.value = text; this.changed(); this.shut(); }
      this.attachments.add(files);
      trouble = error.message;
    }
    clearTimeout(wait);
    this.failed = trouble !== null;
    this.status.textContent = trouble ?? "";
  }

  key(event) {
    if (event.isComposing) return;
    if (this.found && this.completionKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && (this.input.value === "" || this.recalled >= 0)) this.recall(event, 1);
    else if (event.key === "ArrowDown" && this.recalled >= 0) this.recall(event, -1);
  }

  recall(event, step) {
    const at = this.recalled + step;
    if (at >= sent.length) return;
    event.preventDefault();
    this.input.value = sent[at] ?? "";
    this.grow();
    this.recalled = Math.max(at, -1);
  }

  /** Keys that belong to the open list; true when one was taken. */
  completionKey(event) {
    const { items, at } = this.found;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) this.mark((at + move + items.length) % items.length);
    else if (event.key === "Escape") this.shut();
    else if (event.key === "Tab" && !event.shiftKey) this.take(at);
    else if (event.key === "Enter" && !event.shiftKey && !this.spelledOut(items[at])) this.take(at);
    else return false;
    event.preventDefault();
    return true;
  }

  /** Whether the word is already there in full, so that Enter means "send". */
  spelledOut(item) {
    return this.input.value.slice(this.found.from, this.input.selectionStart) === item.insert.trim();
  }

  suggest() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const found = suggestions(before, this.options.commands());
    if (!found) return this.shut();
    this.found = { ...found, at: 0 };
    this.list.replaceChildren(...found.items.map((item, index) => this.option(item, index)));
    this.list.hidden = false;
    this.mark(0);
  }

  option(item, index) {
    const node = h("li", { id: `${this.listId}-${index}`, role: "option", class: "option", "data-testid": "suggestion" },
      item.who && avatar(item.who, "xs"), h("span", { class: "option-label" }, item.label),
      item.detail && h("span", { class: "option-detail" }, item.detail), item.about && h("span", { class: "option-about" }, item.about));
    node.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(index); });
    return node;
  }

  mark(at) {
    this.found.at = at;
    [...this.list.children].forEach((node, index) => node.setAttribute("aria-selected", index === at ? "true" : "false"));
    this.list.children[at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `${this.listId}-${at}`);
  }

  take(index) {
    const { from, items } = this.found;
    const rest = this.input.value.slice(this.input.selectionStart);
    const head = this.input.value.slice(0, from) + items[index].insert;
    this.input.value = head + rest;
    this.input.focus();
    this.input.setSelectionRange(head.length, head.length);
    this.changed();
  }

  shut() {
    this.found = null;
    this.list.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }
}

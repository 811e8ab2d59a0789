// Shows the top of a person's view stack as a modal, submits it, and shows what the app found wrong.
import { api } from "./api.js";
import { explain, stateOf, surface } from "./actions.js";
import { announce, h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { plain } from "./mrkdwn.js";
import { renderBlocks } from "./blocks.js";

export class Modals {
  /** `refresh` fetches the stack again. */
  constructor({ refresh }) {
    this.refresh = refresh;
    /** The view on screen: with its surface, its dialog, and what was entered in each view of the stack. */
    this.shown = null;
    this.stack = [];
    this.opener = null;
  }

  /** Brings the screen in line with the stack. */
  show(person, stack) {
    this.stack = stack;
    const view = stack.at(-1);
    if (!view) return this.hide();
    const mark = JSON.stringify([person, view.id, view.hash, view.blocks, view.title, stack.length]);
    if (this.shown?.mark === mark) return;
    const same = this.shown?.view.id === view.id;
    const focused = same && this.shown.dialog.contains(document.activeElement) ? document.activeElement.dataset.actionId : null;
    const entered = this.shown?.entered ?? new Map();
    if (this.shown) entered.set(this.shown.view.id, readings(this.shown.place));
    const place = surface({ person, target: { view_id: view.id }, kept: entered.get(view.id) });
    if (!this.shown) this.opener = document.activeElement;
    this.shown?.dialog.remove();
    this.shown = { mark, view, person, place, entered, depth: stack.length, dialog: null };
    this.shown.dialog = this.build(view, place);
    document.body.append(this.shown.dialog);
    this.shown.dialog.showModal();
    this.settleFocus(focused);
  }

  hide() {
    if (!this.shown) return;
    this.shown.dialog.remove();
    this.shown = null;
    const back = this.opener?.isConnected && this.opener !== document.body ? this.opener : document.getElementById("composer-input");
    back?.focus();
  }

  build(view, place) {
    const title = uid("modal");
    const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close", "data-testid": "modal-x" }, icon("close"));
    const cancel = h("button", { class: "button", type: "button", "data-testid": "modal-close" }, plain(view.close?.text ?? (this.shown.depth > 1 ? "Back" : "Close")));
    const submit = view.submit && h("button", { class: "button primary", type: "submit", "data-testid": "modal-submit" }, plain(view.submit.text));
    const form = h("form", { class: "dialog-form", novalidate: true },
      h("header", { class: "dialog-head" }, h("h2", { id: title, dir: "auto" }, plain(view.title?.text)), close),
      h("div", { class: "dialog-body", "data-notes": true, tabindex: "-1" }, renderBlocks(view.blocks, place)),
      h("p", { class: "dialog-note", role: "alert", "data-testid": "modal-error", hidden: true }),
      h("footer", { class: "dialog-foot" }, cancel, submit));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": title, "data-testid": "modal", "data-view-id": view.id, "data-callback-id": view.callback_id }, form);
    close.addEventListener("click", () => this.close(this.stack[0]));
    cancel.addEventListener("click", () => this.close());
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.close(); });
    dialog.addEventListener("keydown", trapTab);
    form.addEventListener("submit", (event) => { event.preventDefault(); if (submit) this.submit(submit); });
    return dialog;
  }

  /** Focuses what had the focus before a redraw, else the first thing to fill in, else the first button. */
  settleFocus(actionId) {
    const { dialog } = this.shown;
    const wanted = [
      actionId && `[data-action-id="${CSS.escape(actionId)}"]`,
      "[autofocus]", ".dialog-body :is(input, textarea, select)", ".dialog-body button", "footer button:last-child",
    ];
    wanted.filter(Boolean).map((selector) => dialog.querySelector(selector)).find(Boolean)?.focus();
  }

  /** Closes a view and those above it: as the app's own Close the top one, as the cross all of them. */
  async close(view = this.stack.at(-1)) {
    const { person } = this.shown;
    // Escape pressed twice closes once, also while the page does not know yet that it is gone.
    if (this.closing === view.id) return;
    this.closing = view.id;
    try {
      await api.close({ user: person, view_id: view.id });
    } catch (error) {
      this.closing = null;
      this.note(error.message);
    }
    this.refresh();
  }

  async submit(button) {
    const { person, view, place } = this.shown;
    if (button.getAttribute("aria-busy") === "true" || !complete(place)) return;
    this.note(null);
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await api.submit({ user: person, view_id: view.id, values: stateOf(place) });
      if (answer.errors) this.markErrors(answer.errors);
      else if (answer.error || answer.ok === false) this.note(explain(answer.error));
      else announce("Sent");
    } catch (error) {
      this.note(error.message);
    } finally {
      button.removeAttribute("aria-busy");
      this.refresh();
    }
  }

  markErrors(errors) {
    let first = null;
    for (const field of this.shown?.place.fields.values() ?? []) {
      field.fail(errors[field.block_id]);
      if (errors[field.block_id]) first ??= field;
    }
    first?.focus();
    if (!first) this.note(Object.values(errors).join(" "));
  }

  note(sentence) {
    const line = this.shown?.dialog.querySelector(".dialog-note");
    if (!line) return;
    line.textContent = sentence ?? "";
    line.hidden = !sentence;
  }
}

function readings(place) {
  return new Map([...place.fields].map(([key, field]) => [key, field.read()]));
}

/** Checks what Slack checks before it bothers the app; marks the first gap. */
function complete(place) {
  let first = null;
  for (const field of place.fields.values()) {
    const problem = wrongWith(field);
    field.fail(problem);
    if (problem) first ??= field;
  }
  first?.focus();
  return !first;
}

function wrongWith({ part, optional, empty, read }) {
  if (empty()) return optional ? null : "Fill in this field to go on.";
  const { value } = read();
  if (typeof value !== "string") return null;
  if (part.min_length && value.length < part.min_length) return `Use at least ${part.min_length} characters.`;
  if (part.max_length && value.length > part.max_length) return `Use at most ${part.max_length} characters.`;
  if (part.type === "number_input" && !(part.is_decimal_allowed ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/).test(value)) return "Enter a number.";
  if (part.type === "email_text_input" && !/^[^@\s]+@[^@\s]+$/.test(value)) return "Enter an email address.";
  if (part.type === "url_text_input" && !URL.canParse(value)) return "Enter a full address, such as https://example.com.";
  return null;
}

/** Keeps Tab inside the dialog. */
function trapTab(event) {
  if (event.key !== "Tab") return;
  const stops = [...event.currentTarget.querySelectorAll("button, input, select, textarea, a[href], [tabindex='0'], summary")]
    .filter((stop) => !stop.disabled && stop.getClientRects().length > 0);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

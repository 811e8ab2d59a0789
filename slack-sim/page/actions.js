// Carries what a person does with a block to the app: confirm, send, wait, say what went wrong.
import { api } from "./api.js";
import { confirmed } from "./confirm.js";
import { h, safeUrl } from "./dom.js";

/**
 * What blocks are drawn on. `target` is `{ message: { channel, ts } }` or `{ view_id }`; `fields` collects the
 * inputs drawn, by "block_id/action_id", and `kept` holds what was in them before a redraw.
 */
export function surface({ person, target, kept = new Map() }) {
  const self = { person, fields: new Map(), kept, act, suggest, place: target.message?.ts ?? target.view_id };
  async function act(press, control) {
    if (control.getAttribute("aria-busy") === "true") return;
    if (press.element.confirm && !(await confirmed(press.element.confirm, control))) return;
    const address = safeUrl(press.element.url);
    if (address) window.open(address, "_blank", "noopener");
    await send({ user: person, ...target, block_id: press.block_id, action_id: press.element.action_id, value: press.value, selected: press.selected, values: stateOf(self) }, control);
  }
  /** What the app offers for what was typed into one of its selects; throws a sentence. */
  async function suggest(part, text) {
    const found = await api.suggest({ user: person, ...target, action_id: part.action_id, value: text });
    if (!found.ok) throw new Error(explain(found.error));
    return found;
  }
  return self;
}

/** The `state.values` of everything filled in on a surface. */
export function stateOf(place) {
  const values = {};
  for (const field of place.fields.values()) (values[field.block_id] ??= {})[field.action_id] = field.read();
  return values;
}

async function send(body, control) {
  control.setAttribute("aria-busy", "true");
  const area = control.closest("[data-notes]");
  area?.querySelector(":scope > .action-note")?.remove();
  try {
    const answer = await api.click(body);
    if (answer?.ok === false) note(area, explain(answer.error));
  } catch (error) {
    note(area, error.message);
  } finally {
    control.removeAttribute("aria-busy");
  }
}

/** A failed interaction in words. */
export function explain(code) {
  if (code === "no_app") return "No app is connected, so nothing happened. Start the app and try again.";
  if (code === "operation_timeout") return "The app did not respond. Try again in a moment.";
  if (code === "dispatch_failed") return "The app answered with an error. Try again in a moment.";
  return /\s/.test(code ?? "") ? code : `That did not work (${code ?? "no reason given"}). Try again in a moment.`;
}

function note(area, sentence) {
  area?.append(h("p", { class: "action-note", role: "alert", "data-testid": "action-error" }, sentence));
}

// Draws the fields of a form and reads them back in the shape of Slack's `state.values`.
import { h, uid } from "./dom.js";
import { mentionable, publicChannels } from "./directory.js";
import { externalSelect } from "./external.js";
import { fileInput } from "./file-input.js";
import { plain, textObject } from "./mrkdwn.js";

/** An `input` block: label, field, hint, and room for an error. */
export function inputBlock(block, surface) {
  const id = uid("field");
  const made = control(block.element, block, surface, { "aria-describedby": `${id}-hint ${id}-error`, "aria-required": block.optional ? null : "true" });
  if (!made) return h("p", { class: "block-unknown" }, `A “${block.element?.type}” field, which this page cannot show.`);
  const label = [plain(block.label?.text), block.optional && h("span", { class: "optional" }, " (optional)")];
  const error = h("p", { class: "field-error", id: `${id}-error`, role: "alert", "data-testid": "field-error", hidden: true });
  const field = surface.fields.get(keyOf(block, block.element));
  Object.assign(field, {
    optional: Boolean(block.optional),
    fail(sentence) {
      error.textContent = sentence ?? "";
      error.hidden = !sentence;
      for (const input of made.inputs) input.setAttribute("aria-invalid", sentence ? "true" : "false");
    },
    focus: () => made.inputs[0]?.focus(),
  });
  if (block.dispatch_action) made.node.addEventListener("change", (event) =>
    surface.act({ block_id: block.block_id, element: block.element, ...made.press() }, event.target));
  const hint = h("p", { class: "hint", id: `${id}-hint`, dir: "auto" }, block.hint && plain(block.hint.text));
  if (made.group) return h("fieldset", { class: "form-field" }, h("legend", { dir: "auto" }, label), made.node, hint, error);
  made.inputs[0].id = id;
  return h("div", { class: "form-field" }, h("label", { for: id, dir: "auto" }, label), made.node, hint, error);
}

/** The name under which a field is found again after a redraw. */
export const keyOf = (block, part) => `${block.block_id}/${part?.action_id}`;

/** The field itself: `{ node, inputs, read, press, group }`, or null when the page has no such field. */
export function control(part, block, surface, props = {}) {
  const make = FIELDS[part?.type];
  if (!make) return null;
  const kept = surface.kept.get(keyOf(block, part));
  const made = make(part, kept?.type === part.type ? kept : null, { "data-action-id": part.action_id, ...props }, { ask: (typed) => surface.suggest(part, typed), person: surface.person });
  const read = () => ({ type: part.type, ...made.read() });
  surface.fields.set(keyOf(block, part), {
    block_id: block.block_id, action_id: part.action_id, part, read, optional: true, empty: () => isEmpty(made.read()), fail() {}, focus: () => made.inputs[0]?.focus(),
  });
  return { group: false, ...made, read, press: () => pressOf(made.read()) };
}

const isEmpty = (state) => Object.values(state).every((value) => value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0));

/** What a change tells the app: the text as `value`, anything chosen as `selected`. */
const pressOf = (state) => ("value" in state ? { value: state.value } : { selected: Object.values(state)[0] });

const FIELDS = {
  plain_text_input: text("text"),
  email_text_input: text("email"),
  url_text_input: text("url"),
  number_input: text("number"),
  rich_text_input: richInput,
  static_select: pick("selected_option", "initial_option", optionsOf),
  external_select: externalSelect(false),
  multi_external_select: externalSelect(true),
  multi_static_select: multi("selected_options", optionsOf),
  users_select: pick("selected_user", "initial_user", people),
  channels_select: pick("selected_channel", "initial_channel", channels),
  conversations_select: pick("selected_conversation", "initial_conversation", channels),
  multi_users_select: multi("selected_users", people, "initial_users"),
  multi_channels_select: multi("selected_channels", channels, "initial_channels"),
  multi_conversations_select: multi("selected_conversations", channels, "initial_conversations"),
  radio_buttons: choices("radio"),
  checkboxes: choices("checkbox"),
  datepicker: moment("date", "selected_date", "initial_date"),
  timepicker: moment("time", "selected_time", "initial_time"),
  datetimepicker,
  file_input: fileInput,
};

function text(type) {
  return (part, kept, props) => {
    const start = kept ? kept.value : part.initial_value;
    const common = { ...props, class: "input", value: start ?? "", placeholder: part.placeholder && plain(part.placeholder.text), dir: "auto", autocomplete: "off", autofocus: part.focus_on_load };
    const input = part.multiline
      ? h("textarea", { ...common, rows: 4 })
      : h("input", { ...common, type: type === "number" ? "text" : type, inputmode: type === "number" ? "decimal" : null, spellcheck: type === "text" ? null : "false" });
    return { node: input, inputs: [input], read: () => ({ value: input.value === "" ? null : input.value }) };
  };
}

function richInput(part, kept, props) {
  const area = h("textarea", { ...props, class: "input", rows: 4, dir: "auto", placeholder: part.placeholder && plain(part.placeholder.text), value: kept?.plain ?? "" });
  const block = (words) => ({ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: words }] }] });
  return { node: area, inputs: [area], read: () => ({ rich_text_value: area.value ? block(area.value) : null }) };
}

function optionsOf(part) {
  const groups = part.option_groups ?? [{ options: part.options ?? [] }];
  return groups.flatMap((group) => group.options.map((option) => ({ group: group.label?.text, key: option.value, label: option.text?.text, about: option.description?.text, out: option })));
}
function people() {
  return mentionable().map((who) => ({ key: who.id, label: who.label, out: who.id }));
}
function channels() {
  return publicChannels().map((channel) => ({ key: channel.id, label: `#${channel.name}`, out: channel.id }));
}

function pick(stateKey, initialKey, list) {
  return (part, kept, props) => {
    const options = list(part);
    const initial = kept ? kept[stateKey] : part[initialKey];
    const chosen = initial?.value ?? initial;
    const node = h("select", { ...props, class: "input" },
      h("option", { value: "" }, plain(part.placeholder?.text ?? "Choose one")),
      grouped(options).map(([label, members]) => {
        const made = members.map((option) => h("option", { value: option.key }, plain(option.label)));
        return label ? h("optgroup", { label }, made) : made;
      }));
    node.value = options.some((option) => option.key === chosen) ? chosen : "";
    const about = h("p", { class: "hint", dir: "auto" });
    const describe = () => { about.textContent = options.find((option) => option.key === node.value)?.about ?? ""; };
    node.addEventListener("change", describe);
    describe();
    const wrap = h("div", { class: "select" }, node, about);
    return { node: wrap, inputs: [node], read: () => ({ [stateKey]: options.find((option) => option.key === node.value)?.out ?? null }) };
  };
}

function grouped(options) {
  const groups = new Map();
  for (const option of options) groups.set(option.group ?? "", [...(groups.get(option.group ?? "") ?? []), option]);
  return [...groups];
}

function multi(stateKey, list, initialKey = "initial_options") {
  return (part, kept, props) => {
    const initial = (kept ? kept[stateKey] : part[initialKey]) ?? [];
    return boxes("checkbox", list(part), initial.map((option) => option?.value ?? option), props, (chosen) => ({ [stateKey]: chosen }));
  };
}

function choices(type) {
  const [stateKey, initialKey] = type === "radio" ? ["selected_option", "initial_option"] : ["selected_options", "initial_options"];
  return (part, kept, props) => {
    const initial = (kept ? kept[stateKey] : part[initialKey]) ?? [];
    const read = (chosen) => ({ [stateKey]: type === "radio" ? (chosen[0] ?? null) : chosen });
    return boxes(type, optionsOf(part), [initial].flat().map((option) => option.value), props, read);
  };
}

function boxes(type, options, chosen, { "aria-describedby": described, "data-action-id": actionId, "aria-label": label }, read) {
  const name = uid("choice");
  const inputs = options.map((option) => h("input", { type, name, value: option.key, checked: chosen.includes(option.key), "aria-describedby": described }));
  const node = h("div", { class: "choices", "data-action-id": actionId, role: label ? "group" : null, "aria-label": label },
    options.map((option, index) => h("label", { class: "choice" }, inputs[index],
      h("span", { dir: "auto" }, option.out?.text ? textObject(option.out.text) : option.label, option.about && h("span", { class: "choice-about" }, textObject(option.out.description))))));
  return { node, inputs, group: true, read: () => read(options.filter((_, index) => inputs[index].checked).map((option) => option.out)) };
}

function moment(type, stateKey, initialKey) {
  return (part, kept, props) => {
    const input = h("input", { ...props, class: "input", type, value: (kept ? kept[stateKey] : part[initialKey]) ?? "" });
    return { node: input, inputs: [input], read: () => ({ [stateKey]: input.value || null }) };
  };
}

function datetimepicker(part, kept, props) {
  const start = kept ? kept.selected_date_time : part.initial_date_time;
  const local = (seconds) => new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const input = h("input", { ...props, class: "input", type: "datetime-local", value: start ? local(start) : "" });
  return { node: input, inputs: [input], read: () => ({ selected_date_time: input.value ? Math.floor(new Date(input.value).getTime() / 1000) : null }) };
}

// Draws the interactive parts of a block: buttons, menus, pictures; inputs come from inputs.js.
import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { menuButton } from "./menu.js";
import { plain } from "./mrkdwn.js";
import { control } from "./inputs.js";

/** One element of a block. */
export function element(part, block, surface) {
  const draw = KINDS[part.type];
  return draw ? draw(part, block, surface) : inPlace(part, block, surface);
}

const KINDS = {
  button,
  workflow_button: button,
  image: (part) => {
    const src = safeUrl(part.image_url ?? part.slack_file?.url);
    return src ? h("img", { class: "element-image", src, alt: part.alt_text ?? "", loading: "lazy" }) : null;
  },
  overflow,
  feedback_buttons: feedback,
  icon_button: (part, block, surface) => pressable(part, block, surface, part.value, {
    class: "button button-quiet", "aria-label": part.accessibility_label ?? part.text?.text, title: part.text?.text,
  }, icon(part.icon === "trash" ? "trash" : "more")),
};

/** What was thought of an answer, by the message's or view's and the element's name, for as long as the page is open. */
const opinions = new Map();

/** Two thumbs; the chosen one stays pressed. */
function feedback(part, block, surface) {
  const key = `${surface.place}/${block.block_id}/${part.action_id}`;
  const thumbs = [["positive_button", "👍"], ["negative_button", "👎"]].filter(([side]) => part[side]).map(([side, face]) => {
    const { value, text, accessibility_label: label } = part[side];
    const thumb = pressable({ ...part, text: undefined }, block, surface, value, {
      class: "button button-quiet", "aria-label": label ?? text?.text, title: text?.text, "aria-pressed": String(opinions.get(key) === value),
    }, face);
    thumb.addEventListener("click", () => {
      opinions.set(key, value);
      for (const other of thumbs) other.setAttribute("aria-pressed", String(other === thumb));
    });
    return thumb;
  });
  return thumbs;
}

function button(part, block, surface) {
  const style = part.style === "primary" || part.style === "danger" ? part.style : "";
  const opens = safeUrl(part.url);
  return pressable(part, block, surface, part.value, {
    class: `button ${style}`, "aria-label": part.accessibility_label, dir: "auto",
    ...(opens ? { title: opens } : {}),
  }, h("span", null, plain(part.text?.text)), opens && icon("external"));
}

function pressable(part, block, surface, value, props, ...children) {
  const node = h("button", { type: "button", "data-action-id": part.action_id, "data-value": value, ...props }, children);
  node.addEventListener("click", () => surface.act({ block_id: block.block_id, element: part, value }, node));
  return node;
}

function overflow(part, block, surface) {
  const choices = () => (part.options ?? []).map((option) => ({
    label: plain(option.text?.text), value: option.value,
    act: (opener) => surface.act({ block_id: block.block_id, element: { ...part, url: option.url }, selected: option }, opener),
  }));
  return menuButton({ class: "button button-quiet", "aria-label": "More actions", "data-action-id": part.action_id }, icon("more"), choices);
}

/** An input outside an `input` block: the app hears of every change at once. */
function inPlace(part, block, surface) {
  const made = control(part, block, surface, { "aria-label": part.placeholder?.text ?? part.action_id ?? "Choose" });
  if (!made) return h("span", { class: "block-unknown" }, `A “${part.type}” element, which this page cannot show.`);
  made.node.addEventListener("change", (event) => {
    if (part.type === "plain_text_input") return;
    surface.act({ block_id: block.block_id, element: part, ...made.press() }, event.target);
  });
  return made.node;
}

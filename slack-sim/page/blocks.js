// Draws Block Kit blocks. What a person does with them goes to the surface: `surface.act(...)`.
import { fragment, h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { mrkdwn, plain, textObject } from "./mrkdwn.js";
import { markdown } from "./markdown.js";
import { richCell, richText } from "./richtext.js";
import { chart } from "./chart.js";
import { slackFile } from "./files.js";
import { plan, taskCard } from "./tasks.js";
import { table } from "./table.js";
import { element } from "./elements.js";
import { inputBlock } from "./inputs.js";

/** All blocks of a message, a modal or a home tab. */
export const renderBlocks = (blocks, surface) => fragment((blocks ?? []).map((block) => one(block, surface)));

const drawnFrom = new WeakMap();

/** Brings blocks on screen in line with freshly drawn ones and touches only those that differ, as while a message grows. */
export function growBlocks(old, fresh) {
  const before = [...old.children];
  const after = [...fresh.children];
  after.forEach((block, index) => {
    const was = before[index];
    if (!was) old.append(block);
    else if (!drawnFrom.has(was) || drawnFrom.get(was) !== drawnFrom.get(block)) {
      keepOpen(was, block);
      was.replaceWith(block);
    }
  });
  for (const left of before.slice(after.length)) left.remove();
}

/** What a person has folded out stays so. */
function keepOpen(old, fresh) {
  const before = old.querySelectorAll("details");
  fresh.querySelectorAll("details").forEach((part, index) => { if (before[index]?.open) part.open = true; });
}

function one(block, surface) {
  const body = drawn(block, surface) ?? h("p", { class: "block-unknown" }, `A “${block.type}” block, which this page cannot show.`);
  const node = h("div", { class: `block block-${block.type}`, "data-block-id": block.block_id }, body);
  drawnFrom.set(node, JSON.stringify(block));
  return node;
}

/** The inside of a block, or null for a kind we do not know or a shape nobody foresaw. */
function drawn(block, surface) {
  try {
    return KINDS[block.type]?.(block, surface) ?? null;
  } catch (error) {
    console.warn(error);
    return null;
  }
}

const KINDS = {
  section,
  header: (block) => h("h2", { class: "block-title", dir: "auto" }, plain(block.text?.text)),
  divider: () => h("hr"),
  context: (block, surface) => (block.elements ?? []).map((part) =>
    part.type === "image" ? element(part, block, surface) : h("span", { class: "context-text", dir: "auto" }, textObject(part))),
  actions: (block, surface) => (block.elements ?? []).map((part) => element(part, block, surface)),
  context_actions: (block, surface) => (block.elements ?? []).map((part) => element(part, block, surface)),
  image: (block, surface) => figure(block, surface),
  markdown: (block) => h("div", { class: "md" }, markdown(block.text)),
  rich_text: (block) => richText(block),
  table: (block) => table((block.rows ?? []).map((row) => row.map(tableCell)), (block.column_settings ?? []).map((column) => column?.align)),
  data_table: (block) => [
    block.caption && h("p", { class: "block-caption" }, plain(block.caption)),
    table((block.rows ?? []).map((row) => row.map(tableCell)), []),
  ],
  alert,
  card,
  carousel: (block, surface) => (block.elements ?? []).map((part) => h("div", { class: "block block-card" }, card(part, surface))),
  data_visualization: (block) => chart(block),
  task_card: (block) => taskCard(block),
  plan: (block) => plan(block),
  input: inputBlock,
};

function section(block, surface) {
  return [
    h("div", { class: "section-main" },
      block.text && h("div", { class: "section-text", dir: "auto" }, textObject(block.text)),
      block.fields?.length > 0 && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field", dir: "auto" }, textObject(field))))),
    block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, surface)),
  ];
}

function figure(block, surface) {
  const src = safeUrl(block.image_url) ?? slackFile(block.slack_file, surface.person);
  return h("figure", null,
    block.title && h("figcaption", null, plain(block.title.text)),
    src ? h("img", { src, alt: block.alt_text ?? "", loading: "lazy" }) : h("p", { class: "block-unknown" }, block.alt_text || "An image"));
}

function tableCell(cell) {
  if (cell?.type === "rich_text") return richCell(cell);
  return document.createTextNode(String(cell?.text ?? cell?.value ?? ""));
}

const ALERT_ICON = { default: "info", info: "info", warning: "warn", error: "warn", success: "check" };

function alert(block) {
  const level = block.level in ALERT_ICON ? block.level : "default";
  return h("div", { class: "alert", "data-level": level, role: "note" }, icon(ALERT_ICON[level]), h("div", { dir: "auto" }, textObject(block.text)));
}

function card(block, surface) {
  const text = (part, name) => part && h("div", { class: name, dir: "auto" }, typeof part === "string" ? mrkdwn(part) : textObject(part));
  const hero = safeUrl(block.hero_image?.image_url);
  const small = safeUrl(block.icon?.image_url);
  return h("div", { class: "card" },
    hero && h("img", { class: "card-hero", src: hero, alt: block.hero_image.alt_text ?? "", loading: "lazy" }),
    h("div", { class: "card-head" },
      small && h("img", { class: "card-icon", src: small, alt: block.icon.alt_text ?? "" }),
      h("div", null, text(block.title, "card-title"), text(block.subtitle, "card-subtitle"))),
    text(block.body, "card-body"), text(block.subtext, "card-subtitle"),
    block.actions?.length > 0 && h("div", { class: "block-actions" }, block.actions.map((part) => element(part, block, surface))));
}

// The app's home tab.
import { surface } from "./actions.js";
import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";

/** Draws the home view, or says why there is none. */
export function drawHome(root, session) {
  const view = session.home;
  const mark = JSON.stringify([session.me, session.state.me.locale, view?.id, view?.hash, view?.blocks]);
  if (root.dataset.mark === mark) return;
  root.dataset.mark = mark;
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.actionId : null;
  root.replaceChildren(view?.blocks?.length
    ? h("div", { class: "home-page", "data-notes": true }, renderBlocks(view.blocks, surface({ person: session.me, target: { view_id: view.id } })))
    : h("div", { class: "empty" }, h("h2", null, "Nothing here yet"), h("p", null, `${session.state.bot.name} has not published a home tab for you. It appears here as soon as it does.`)));
  if (focused) root.querySelector(`[data-action-id="${CSS.escape(focused)}"]`)?.focus();
}

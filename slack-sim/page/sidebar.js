// The left side: the workspaces, the channels of this one, the app, and whose eyes one looks through.
import { avatar, whoIs } from "./directory.js";
import { h } from "./dom.js";
import { channelMark, icon } from "./icons.js";
import { rail } from "./rail.js";
import { hashOf, placeOf } from "./route.js";
import { languageMenu } from "./language-menu.js";
import { themeButton } from "./theme-button.js";

/** Draws the sidebar for a state; `route` says what is open. */
export function drawSidebar(root, session, route) {
  const { state } = session;
  const person = whoIs(session.me);
  const channels = state.channels.filter((channel) => channel.kind !== "im" && channel.kind !== "mpim");
  const groups = state.channels.filter((channel) => channel.kind === "mpim");
  const direct = state.channels.filter((channel) => channel.kind === "im" && state.installed);
  const tiles = rail(session);
  keepingFocus(root, () => root.replaceChildren(...[tiles, h("div", { class: "sidebar-column" },
    h("div", { class: "workspace" },
      !tiles && h("span", { class: "workspace-tile", "aria-hidden": "true" }, [...state.team.name][0]?.toUpperCase() ?? "W"),
      h("div", { class: "workspace-text" }, h("strong", { dir: "auto" }, state.team.name), h("span", null, "Runs on this machine")),
      themeButton()),
    h("div", { class: "sidebar-scroll" },
      group("Channels", channels.map((channel) => entry(channel, session, route, channelMark(channel), channel.name, channel.kind === "group" && h("span", { class: "sr-only" }, "private")))),
      groups.length > 0 && group("Direct messages", groups.map((channel) => entry(channel, session, route, channelMark(channel), channel.name))),
      direct.length > 0 && group("Apps", direct.map((channel) => {
        const app = whoIs(state.bot.user_id);
        return entry(channel, session, route, [avatar(app, "sm"), h("i", { class: `presence${session.connected ? " on" : ""}` })], app.label,
          h("span", { class: "sr-only" }, session.connected ? "connected" : "not connected"));
      }))),
    h("div", { class: "people", "data-testid": "person-switch", role: "group", "aria-label": "Use the workspace as" },
      h("div", { class: "people-title" }, h("h2", { class: "group-title" }, "You are"), languageMenu(state.me)),
      h("ul", null, state.people.map((other) => personEntry(other, person, route)))))].filter(Boolean)));
}

const group = (title, entries) =>
  h("section", { class: "group" }, h("h2", { class: "group-title" }, title), h("ul", null, entries));

function entry(channel, session, route, mark, name, more) {
  const place = placeOf(channel, session.state);
  const here = place === route.place;
  const unread = here ? 0 : Number(channel.unread ?? 0);
  return h("li", null, h("a", {
    class: `entry${unread ? " unread" : ""}`, href: hashOf({ workspace: route.workspace, person: route.person, place }), "aria-current": here ? "page" : null,
    "data-testid": "channel-link", "data-channel": channel.name, "data-place": place, "data-focus": `c:${channel.id}`,
  }, h("span", { class: "mark" }, mark), h("span", { class: "entry-name", dir: "auto" }, name), more,
  unread > 0 && h("span", { class: "count", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : String(unread))));
}

function personEntry(other, person, route) {
  const who = whoIs(other.id);
  const here = who.id === person.id;
  return h("li", null, h("a", {
    class: "entry person", href: hashOf({ workspace: route.workspace, person: other.name, place: route.place }), "aria-current": here ? "true" : null,
    "data-testid": "person", "data-person": other.name, "data-focus": `p:${other.id}`,
  }, avatar(who, "sm"), h("span", { class: "entry-name", dir: "auto" }, who.label), here && icon("check")));
}

/** Redraws without losing the keyboard's place. */
function keepingFocus(root, draw) {
  const mark = root.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  draw();
  if (mark) root.querySelector(`[data-focus="${CSS.escape(mark)}"]`)?.focus();
}

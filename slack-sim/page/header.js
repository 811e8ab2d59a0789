// The line above the messages: where one is, the tabs of the app, and the switch of the protocol inspector.
import { avatar, whoIs } from "./directory.js";
import { h } from "./dom.js";
import { channelMark, icon } from "./icons.js";
import { hashOf } from "./route.js";

/** Draws the header; `act` is `{ menu(), inspect() }`, `marked` whether something is unread in another workspace. */
export function drawHeader(root, session, route, act, inspecting, marked) {
  const { channel, state } = session;
  const direct = channel.kind === "im";
  const app = whoIs(state.bot.user_id);
  const menu = h("button", { class: "icon-button only-narrow", type: "button", "aria-label": marked ? "Channels and people; unread messages in another workspace" : "Channels and people", "data-testid": "menu" },
    icon("menu"), marked && h("i", { class: "rail-mark" }));
  menu.addEventListener("click", act.menu);
  const inspect = h("button", { class: "button button-quiet", type: "button", "aria-expanded": inspecting ? "true" : "false", "aria-controls": "inspector", "data-testid": "inspector-toggle", title: "Show what goes between the workspace and the app" },
    icon("pulse"), h("span", { class: "wide-label" }, "Protocol"));
  inspect.addEventListener("click", act.inspect);
  root.replaceChildren(
    menu,
    h("h1", { id: "channel-title", class: "title" }, direct ? avatar(app, "sm") : channelMark(channel),
      h("span", { dir: "auto" }, direct ? app.label : channel.name), direct && h("span", { class: "badge" }, "APP"), channel.kind === "group" && h("span", { class: "sr-only" }, "private")),
    direct ? (session.home || route.home ? tabs(route) : "") : members(state, channel),
    h("span", { class: "spring" }), inspect);
}

/** The tabs of an app that has a home. */
function tabs(route) {
  const tab = (label, home) => h("a", {
    class: "tab", href: hashOf({ workspace: route.workspace, person: route.person, place: route.place, home }), "aria-current": route.home === home ? "page" : null, "data-testid": home ? "tab-home" : "tab-messages",
  }, label);
  return h("nav", { class: "tabs", "aria-label": "App" }, tab("Messages", false), tab("Home", true));
}

function members(state, channel) {
  const everyone = [...state.people.map((person) => person.id), state.bot.user_id].filter((id) => channel.members?.includes(id) ?? true).map((id) => whoIs(id));
  const names = everyone.map((who) => who.label).join(", ");
  return h("span", { class: "members", title: names, role: "img", "aria-label": `Here: ${names}` }, everyone.slice(0, 5).map((who) => avatar(who, "xs")));
}

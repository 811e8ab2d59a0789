// The outermost left, where there are several workspaces: a tile for each, with a mark where something is unread.
import { h } from "./dom.js";
import { hashOf } from "./route.js";

/** Where one was last in each workspace, by its id. */
const visited = new Map();

/** The workspaces that somebody is in; only they can be shown. */
export const inhabited = (state) => state.workspaces.filter((one) => one.people.length > 0);

/** The workspace that an address names by its domain or id, or the first. */
export function workspaceAt(domain, state) {
  const choices = inhabited(state);
  return choices.find((one) => one.domain === domain || one.id === domain) ?? choices[0];
}

/** How a workspace is written in the address: not at all for the first. */
export const workspaceIn = (team, state) => (team.id === inhabited(state)[0].id ? null : team.domain);

/** Whose eyes one looks through in a workspace: the person named, or the one last used there, or the namesake of `other`, or whoever was it in an earlier visit. */
export function personIn(team, name, other) {
  const called = (wanted) => team.people.find((one) => one.name === wanted);
  return called(name) ?? called(visited.get(team.id)?.person) ?? called(other) ?? called(earlier(team.id)) ?? team.people[0];
}

/** Remembers where one is, to come back to it. */
export function visit(teamId, route) {
  visited.set(teamId, route);
  try { localStorage.setItem(`person:${teamId}`, route.person); } catch { /* storage may be switched off */ }
}

function earlier(teamId) {
  try { return localStorage.getItem(`person:${teamId}`); } catch { return null; }
}

/** Whether something is unread in a workspace other than the one on screen. */
export const unreadElsewhere = (session) => others(session).some((team) => hasUnread(team, session));

const others = ({ state }) => inhabited(state).filter((team) => team.id !== state.team.id);

/** The tiles, or null for a single workspace. */
export function rail(session) {
  const { state } = session;
  const teams = inhabited(state);
  if (teams.length < 2) return null;
  return h("ul", { class: "rail", "aria-label": "Workspaces", "data-testid": "rail" }, teams.map((team) => tile(team, session)));
}

function tile(team, session) {
  const { state } = session;
  const here = team.id === state.team.id;
  const unread = !here && hasUnread(team, session);
  const back = visited.get(team.id) ?? { person: personIn(team, null, myName(session))?.name };
  return h("li", null, h("a", {
    class: "rail-tile", href: hashOf({ ...back, workspace: workspaceIn(team, state) }), title: team.name, "aria-current": here ? "true" : null,
    "data-testid": "workspace", "data-workspace": team.domain, "data-focus": `w:${team.id}`,
  }, h("span", { class: "rail-face", "aria-hidden": "true" }, initials(team.name)),
  h("span", { class: "sr-only" }, team.name, unread && ", unread messages"),
  unread && h("i", { class: "rail-mark", "data-testid": "workspace-unread" })));
}

const myName = ({ state, me }) => state.people.find((one) => one.id === me)?.name;

const hasUnread = (team, session) => personIn(team, null, myName(session)).unread > 0;

/** Two letters of a name: of its first and last word, or its first two. */
function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [[...words[0]][0], [...words.at(-1)][0]] : [...(words[0] ?? "W")].slice(0, 2);
  return letters[0].toUpperCase() + (words.length > 1 ? letters[1].toUpperCase() : letters[1] ?? "");
}

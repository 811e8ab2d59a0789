// Who and what the workspace's ids stand for, and the picture that goes with a person.
import { h } from "./dom.js";

let people = new Map();
let channels = new Map();
let bot = null;

/** How many colours style.css has for people. */
const HUES = 8;

/** Takes in the names of a fresh /sim/state. */
export function learn(state) {
  people = new Map(state.people.map((person) => [person.id, person]));
  channels = new Map(state.channels.map((channel) => [channel.id, channel]));
  bot = state.bot;
}

/** The person or app with this id: `{ id, name, label, app }`. */
export function whoIs(id, fallbackName) {
  if (bot && (id === bot.user_id || id === bot.id)) return { id: bot.user_id, name: bot.name, label: bot.name, app: true };
  const person = people.get(id);
  if (person) return { id, name: person.name, label: person.real_name || person.name, app: false, hue: [...people.keys()].indexOf(id) % HUES };
  const name = fallbackName || id || "someone";
  return { id: id || name, name, label: name, app: false };
}

/** The name of a channel, or null when it is not one we know. */
export const channelName = (id) => channels.get(id)?.name ?? null;

/** What a place is called where it stands alone: the app's name, the people's, or the channel's. */
export const titleOf = (channel) => {
  if (channel.kind === "im") return bot?.name ?? channel.name;
  return channel.kind === "mpim" ? channel.name : `#${channel.name}`;
};

/** Everyone who can be mentioned: the people and the app. */
export const mentionable = () => [...(bot ? [whoIs(bot.user_id)] : []), ...[...people.keys()].map((id) => whoIs(id))];

/** Every channel that is not a direct message. */
export const publicChannels = () => [...channels.values()].filter((channel) => channel.kind === "channel");

/** The coloured tile with a person's initials. */
export function avatar(who, size = "md") {
  const words = who.label.trim().split(/[\s._-]+/).filter(Boolean);
  const initials = (words.length > 1 ? [words[0], words.at(-1)] : words).map((word) => [...word][0]).join("").toUpperCase();
  return h("span", { class: `avatar avatar-${size}${who.app ? " avatar-app" : ""}`, "data-hue": who.app ? "app" : who.hue ?? strangerHue(who.id), "aria-hidden": "true" }, initials);
}

/** Someone the workspace does not list keeps one colour too. */
function strangerHue(text) {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % HUES;
}

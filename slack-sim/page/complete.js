// Works out what could complete the word being typed: a command, one of its verbs, a person, an emoji.
import { mentionable } from "./directory.js";
import { emojiStarting } from "./emoji.js";

const LIMIT = 9;

/** Suggestions for the text before the caret: `{ from, items: [{ insert, label, about, who? }] }`, or null. */
export function suggestions(before, commands) {
  return command(before, commands) ?? verb(before, commands) ?? person(before) ?? emojis(before);
}

function command(before, commands) {
  const match = /^\/(\S*)$/.exec(before);
  if (!match) return null;
  const items = commands.filter(({ command: name }) => name.startsWith(before))
    .map(({ command: name, description, usage_hint: hint }) => ({ insert: `${name} `, label: name, detail: hint, about: description }));
  return found(0, items);
}

function verb(before, commands) {
  const match = /^(\/\S+)\s+(\S*)$/.exec(before);
  const chosen = match && commands.find(({ command: name }) => name === match[1]);
  if (!chosen) return null;
  const items = verbs(chosen.usage_hint ?? "").filter(({ word }) => word.startsWith(match[2]))
    .map(({ word, rest }) => ({ insert: rest ? `${word} ` : word, label: word, detail: rest }));
  return found(before.length - match[2].length, items);
}

function person(before) {
  const match = /(?:^|\s)@([\p{L}\p{N}_.-]*)$/u.exec(before);
  if (!match) return null;
  const typed = match[1].toLowerCase();
  const items = mentionable().filter((who) => who.name.toLowerCase().startsWith(typed) || who.label.toLowerCase().startsWith(typed))
    .map((who) => ({ insert: `@${who.name} `, label: who.name, about: who.app ? "App" : who.label, who }));
  return found(before.length - typed.length - 1, items);
}

function emojis(before) {
  const match = /(?:^|\s):([a-z0-9_+-]{2,})$/i.exec(before);
  if (!match) return null;
  return found(before.length - match[1].length - 1, emojiStarting(match[1], LIMIT).map(([name, face]) => ({ insert: `${face} `, label: `${face}  :${name}:` })));
}

const found = (from, items) => (items.length ? { from, items: items.slice(0, 24) } : null);

/** The verbs a usage hint lists, as in `connect [service] | list | test [name]`; a hint without choices lists none. */
export function verbs(hint) {
  const bare = hint.trim().replace(/^\[([^[\]]*)\]$/, "$1");
  const parts = bare.split(/\s*[|,]\s*/);
  if (parts.length < 2) return [];
  return parts.map((part) => /^[[(<{]*([a-z][\w-]*)(.*)$/i.exec(part)).filter(Boolean)
    .map(([, word, rest]) => ({ word, rest: rest.replace(/^[\])}>]+/, "").trim() }));
}

// What the middle of the page lists: a channel's messages, or a direct message as conversations.
import { verbs } from "./complete.js";
import { titleOf } from "./directory.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plain } from "./mrkdwn.js";
import { reconcile } from "./reconcile.js";
import { dayItem, messageItems, statusItem } from "./timeline.js";
import { dayOf } from "./time.js";

/** Items for a channel: top-level messages, each with its "N replies" and with what the app is doing about it. */
export function channelItems(session, view) {
  return messageItems(session.withNotices(), { ...view, threadButton: true }).flatMap((item) => {
    const status = session.statusIn(item.key);
    return status && item.key !== session.threadTs ? [item, statusItem(item.key, status)] : [item];
  });
}

/** Items for the thread panel. */
export function threadItems(session, view) {
  const [root, ...replies] = session.threads.get(session.threadTs) ?? [];
  if (!root) return [];
  // What only one person sees is no reply to the others.
  const heard = replies.filter((reply) => !reply.ephemeral).length;
  const count = heard === 0 ? "No replies yet" : heard === 1 ? "1 reply" : `${heard} replies`;
  const status = session.statusIn(session.threadTs);
  return [
    ...messageItems([root], view, { days: false }),
    { key: "count", sig: count, build: () => h("div", { class: "day replies" }, h("span", null, count)) },
    ...messageItems(replies, view, { days: false }),
    ...(status ? [statusItem(session.threadTs, status)] : []),
  ];
}

/** Items for a direct message: every message starts a conversation, and its replies stand right below it. */
export function conversationItems(session, view, active) {
  const items = [];
  let day = null;
  for (const root of session.withNotices()) {
    if (dayOf(root.ts) !== day) items.push(dayItem(root.ts));
    day = dayOf(root.ts);
    items.push(root.notice || root.ephemeral ? messageItems([root], view, { days: false })[0] : conversation(root, session, view, active === root.ts));
  }
  return items;
}

function conversation(root, session, view, active) {
  const whole = session.threads.get(root.ts);
  const status = session.statusIn(root.ts);
  const shown = whole ? [{ ...root, reply_count: 0 }, ...whole.slice(1)] : [root];
  return {
    key: `conversation-${root.ts}`,
    sig: JSON.stringify([shown, status?.text, Boolean(status?.stop), active, view.me, view.language]),
    build: () => shell(root, view),
    update: (el) => {
      el.classList.toggle("active", active);
      reconcile(el.firstElementChild, [
        ...messageItems(shown, { ...view, threadButton: true }, { days: false }),
        ...(status ? [statusItem(root.ts, status)] : []),
      ]);
      el.lastElementChild.hidden = active || !whole;
    },
  };
}

function shell(root, view) {
  const reply = h("button", { class: "button button-small button-quiet", type: "button", "data-testid": "conversation-reply" }, icon("reply"), "Reply");
  reply.addEventListener("click", () => view.openThread(root.ts));
  const about = String(plain(root.text ?? "")).slice(0, 60);
  return h("section", { class: "conversation", "data-testid": "conversation", "data-ts": root.ts, "aria-label": `Conversation: ${about}` },
    h("div", { class: "conversation-body" }), h("div", { class: "conversation-foot" }, reply));
}

/** The questions an app suggests in a direct message, or null. */
export function promptsItem(session, ask) {
  const list = Array.isArray(session.prompts) ? session.prompts : session.prompts?.prompts ?? [];
  if (!list.length) return null;
  const build = () => h("div", { class: "suggested", "data-testid": "suggested-prompts" },
    session.prompts.title && h("p", { dir: "auto" }, session.prompts.title),
    h("div", { class: "prompts" }, list.map(({ title, message }) => {
      const button = h("button", { class: "prompt prompt-plain", type: "button", dir: "auto" }, title);
      button.addEventListener("click", () => ask(message ?? title));
      return button;
    })));
  return { key: "prompts", sig: JSON.stringify(session.prompts), build };
}

/** What stands in a place where nobody has said anything. */
export function emptyPlace(session, start) {
  const { channel, state } = session;
  const direct = channel.kind === "im";
  const app = state.bot.name;
  const prompt = (testid, label, text) => {
    const button = h("button", { class: "prompt", type: "button", "data-testid": testid }, h("kbd", null, text), label);
    button.addEventListener("click", () => start(text));
    return button;
  };
  if (!state.installed) {
    return h("div", { class: "empty", "data-testid": "empty" }, h("h2", { dir: "auto" }, `This is #${channel.name}`), h("p", null, "Nothing has been said here yet. Everyone in the channel sees what you write."));
  }
  const commands = (state.commands ?? []).map((one) => commandItem(one, start));
  return h("div", { class: "empty", "data-testid": "empty" },
    h("h2", { dir: "auto" }, direct ? `Talk to ${app}` : `This is ${titleOf(channel)}`),
    h("p", null, direct
      ? `Write a message and ${app} answers right below it. Only you two can read what is said here.`
      : `Nothing has been said here yet. Everyone in the channel sees what you write and what ${app} answers.`),
    h("div", { class: "prompts" },
      prompt("prompt-command", "See what the apps here can do", "/"),
      !direct && prompt("prompt-mention", `Ask ${app} something`, "@")),
    commands.length > 0 && h("ul", { class: "command-list" }, commands));
}

/** A command with its verbs, each of which can be clicked into the composer. */
function commandItem({ command, description, usage_hint: hint }, start) {
  const known = verbs(hint ?? "");
  const choices = known.length ? known : [{ word: "", rest: hint ?? "" }];
  return h("li", null,
    h("p", null, h("code", null, command), description && [" ", h("span", { dir: "auto" }, description)]),
    h("div", { class: "verbs" }, choices.map(({ word, rest }) => {
      const button = h("button", { class: "verb", type: "button", "data-testid": "prompt-verb" }, word || command, rest && h("span", null, ` ${rest}`));
      button.addEventListener("click", () => start([command, word, ""].filter((part, at) => part || at === 2).join(" ")));
      return button;
    })));
}

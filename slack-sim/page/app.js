// Puts the page together: follows the address bar, draws what the session knows, carries out what a person does.
import { api } from "./api.js";
import { explain } from "./actions.js";
import { Composer } from "./composer.js";
import { confirmed } from "./confirm.js";
import { titleOf } from "./directory.js";
import { h } from "./dom.js";
import { editInPlace } from "./edit.js";
import { drawHeader } from "./header.js";
import { drawHome } from "./home.js";
import { icon } from "./icons.js";
import { Inspector } from "./inspector.js";
import { Modals } from "./modal.js";
import { plain } from "./mrkdwn.js";
import { inhabited, personIn, unreadElsewhere, visit, workspaceAt, workspaceIn } from "./rail.js";
import { channelItems, conversationItems, emptyPlace, promptsItem } from "./places.js";
import { channelAt, hashOf, linkedMessage, placeOf, readRoute } from "./route.js";
import { Session } from "./session.js";
import { drawSidebar } from "./sidebar.js";
import { ThreadPanel } from "./thread.js";
import { speak } from "./time.js";
import { Timeline } from "./timeline.js";

const at = (id) => document.getElementById(id);
const WIDE = "(min-width: 900px)";

let route = readRoute();
/** In a direct message: the conversation the next message continues, or null for a new one. */
let continuing = null;
/** What this person wrote last in a channel, whose first reply opens its thread by itself; null as soon as they turn to something else. */
let awaited = null;

const session = new Session(changed);
const modals = new Modals({ refresh: () => session.refreshViews() });
const inspector = new Inspector(at("inspector"), () => inspect(false), () => session.state?.workspaces ?? []);
const toolbar = { react, reply: openThread, inspect: showJson, more: choicesFor };
const timeline = new Timeline(at("timeline"), "Messages", toolbar);
const thread = new ThreadPanel(at("thread"), { close: () => go({ thread: null }), send: say, share, shortcuts: globalShortcuts, toolbar: { react, inspect: showJson, more: choicesFor } });
const composer = new Composer(at("composer"), { id: "composer-input", testid: "composer", commands: () => session.commands, shortcuts: globalShortcuts, onSend: send, onShare: (text, files) => share(text, files, session.channel.kind === "im" ? continuing : null) });

start();

async function start() {
  addEventListener("hashchange", follow);
  at("scrim").addEventListener("click", () => sidebar(false));
  addEventListener("keydown", (event) => { if (event.key === "Escape") sidebar(false); });
  document.addEventListener("click", followLink);
  document.querySelector("[data-skip]").addEventListener("click", (event) => { event.preventDefault(); composer.input.focus(); });
  try {
    await follow();
  } catch (error) {
    at("app").replaceChildren(h("p", { class: "fatal", role: "alert" }, error.message));
  }
}

/** Makes the page show what the address says, filling in what it leaves out. */
async function follow() {
  route = readRoute();
  sidebar(false);
  const known = session.state ?? await api.state();
  const team = workspaceAt(route.workspace, known);
  const person = personIn(team, route.person);
  if (person.id !== session.me) {
    continuing = null;
    await session.become(person.id, team.id);
  }
  const { state } = session;
  speak(state.me?.locale);
  const wanted = channelAt(route.place, state);
  const channel = wanted ?? state.channels[0];
  const workspace = workspaceIn(team, state);
  const place = placeOf(channel, state);
  const goal = route.message && { ts: route.message, root: route.thread, here: Boolean(wanted) };
  // Replies of a direct message stand in place, so a link to one opens no thread beside it.
  if (goal) route = { ...route, message: null, thread: goal.here && channel.kind !== "im" ? goal.root : null };
  awaited = null;
  if (goal || person.name !== route.person || place !== route.place || workspace !== route.workspace) {
    route = { ...route, workspace, person: person.name, place };
    history.replaceState(null, "", hashOf(route));
  }
  visit(team.id, route);
  const moved = channel.id !== session.channel?.id || timeline.me !== session.me;
  if (moved) {
    continuing = null;
    timeline.clear(`Messages in ${channel.name}`);
    timeline.me = session.me;
  }
  route.home = route.home && channel.kind === "im";
  session.channel ??= channel;
  const looking = session.look(channel, route.thread);
  drawFrame();
  if (moved && channel.kind === "im") api.openHome(session.me, route.home ? "home" : "messages").catch(() => {});
  else if (route.home) api.openHome(session.me, "home").catch(() => {});
  await looking;
  draw();
  if (goal) return arrive(goal);
  // Left in a thread that was closed, the focus would be nowhere.
  const lost = at("thread").contains(document.activeElement);
  if (typing()) return;
  if (route.thread) thread.focus();
  else if ((moved || lost) && matchMedia(WIDE).matches && !document.querySelector("dialog[open]")) composer.input.focus();
}

/** Whether somebody is in the middle of a text; nothing takes the focus from them. */
function typing() {
  const box = document.activeElement;
  return box.matches("textarea, input") && box.value !== "" && box.checkVisibility();
}

/** Brings the message into view that a link leads to, in its thread if it is in one; or says that it is not there. */
async function arrive({ ts, root, here }) {
  const { channel } = session;
  if (!here) return session.notice(channel.id, "This link leads to a conversation that is not here, or that you are not in.");
  if (root && channel.kind === "im" && !timeline.has(ts)) {
    keepRoute({ thread: root });
    await session.look(channel, root);
  }
  if (session.threadTs) timeline.point(root);
  if ((session.threadTs ? thread.timeline : timeline).point(ts)) return;
  if (session.threadTs && !session.threads.get(root)?.length) {
    keepRoute({ thread: null });
    await session.look(channel, null);
  }
  session.notice(channel.id, "The message that this link leads to is gone. It was deleted, or the workspace was started over.");
}

/** A link to a message of this workspace leads there without leaving the page. */
function followLink(event) {
  const link = event.target.closest("a[href]");
  const goal = link && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey && linkedMessage(link.href);
  const channel = goal && session.state?.channels.find(({ id }) => id === goal.channel);
  if (!channel) return;
  event.preventDefault();
  go({ place: placeOf(channel, session.state), home: false, thread: goal.root, message: goal.ts });
}

function changed(what) {
  if (what === "log") inspector.refresh();
  else if (what === "views") modals.show(session.me, session.stack);
  else if (session.channel && session.state) {
    const translated = speak(session.state.me?.locale);
    if (["state", "online", "home"].includes(what)) drawFrame();
    if (what === "messages" || translated) draw();
    if (what === "online" && session.online) for (const box of [composer, thread.composer]) box.reached();
  }
}

/** Draws all that surrounds the messages. */
function drawFrame() {
  const { state, channel } = session;
  drawSidebar(at("sidebar"), session, route);
  drawHeader(at("header"), session, route, { menu: () => sidebar(true), inspect: () => inspect(!inspector.open) }, inspector.open, unreadElsewhere(session));
  at("app").classList.toggle("with-rail", inhabited(state).length > 1);
  document.title = `${titleOf(channel)} · ${state.team.name}`;
  const banner = at("banner");
  const offline = !session.online;
  banner.hidden = !offline && state.installed && session.connected;
  banner.textContent = offline ? "The connection to the workspace is lost. Trying again…"
    : state.installed ? "No app is connected. Commands fail until one is." : `${state.bot.name} is not in this workspace. Let it in with the app’s own “Add to Slack” page.`;
  banner.dataset.level = offline ? "error" : "info";
  for (const id of ["timeline", "composer"]) at(id).hidden = route.home;
  at("home").hidden = !route.home;
  if (route.home) drawHome(at("home"), session);
  composer.open(`${session.me}/${channel.id}`, `Message ${titleOf(channel)}`);
}

function draw() {
  if (!session.messages) return;
  const { channel, me } = session;
  const view = { me, channel: channel.id, language: session.state.me?.locale, react, openThread };
  const direct = channel.kind === "im";
  const items = direct ? conversationItems(session, view, continuing) : channelItems(session, view);
  const said = direct ? [...session.messages, ...[...session.threads.values()].flatMap((whole) => whole.slice(1))] : session.withNotices();
  if (!items.length) items.push({ key: "empty", sig: channel.id + session.state.installed + JSON.stringify(session.state.commands), build: () => emptyPlace(session, begin) });
  const prompts = direct && !continuing ? promptsItem(session, (text) => send(text).catch((error) => session.notice(channel.id, error.message))) : null;
  timeline.draw(prompts ? [...items, prompts] : items, said, me);
  thread.draw(session, view);
  at("app").classList.toggle("with-thread", session.threadTs !== null);
  showContinuing(direct);
  openAwaited(direct);
}

/** Fills the composer for someone who chose one of the starting points of an empty channel. */
function begin(text) {
  composer.insert(text);
}

/** Above the composer of a direct message: which conversation goes on. */
function showContinuing(direct) {
  const root = direct && continuing && session.messages.find((message) => message.ts === continuing);
  if (!root) return composer.showContext();
  const about = String(plain(root.text ?? "")).replace(/\s+/g, " ");
  const fresh = h("button", { class: "button button-small button-quiet", type: "button", "data-testid": "new-conversation" }, icon("plus"), "New conversation");
  fresh.addEventListener("click", () => { continuing = null; draw(); composer.input.focus(); });
  composer.showContext(icon("reply"), h("span", { class: "composer-about", dir: "auto" }, `Continuing “${about}”`), fresh);
}

/** In a channel: opens the thread when the first reply to one's last question arrives, if there is room and nothing else going on. */
function openAwaited(direct) {
  const answered = awaited && session.messages.find((message) => message.ts === awaited && message.reply_count > 0);
  if (!answered) return;
  awaited = null;
  const busy = session.threadTs || composer.input.value !== "" || typing() || document.querySelector("dialog[open]");
  if (direct || busy || !matchMedia(WIDE).matches) return;
  history.pushState(null, "", hashOf({ ...route, thread: answered.ts }));
  route = readRoute();
  session.look(session.channel, answered.ts);
}

async function send(text) {
  if (!continuing) timeline.toEnd();
  if (/^\/\S/.test(text)) return command(text);
  return say(text, session.channel.kind === "im" ? continuing : null);
}

async function say(text, threadTs) {
  const { me, channel } = session;
  if (threadTs && threadTs === session.threadTs && /^\/\S/.test(text)) {
    if (session.state.builtins.some(({ command: name }) => name === text.split(/\s/)[0])) return command(text);
    throw new Error("Commands do not work in threads. Write it in the box below the channel.");
  }
  const { ts } = await api.say({ user: me, channel: channel.id, text, thread_ts: threadTs ?? undefined });
  return said(ts, threadTs);
}

async function share(text, files, threadTs) {
  if (!continuing) timeline.toEnd();
  const { ts } = await api.share({ user: session.me, channel: session.channel.id, text, thread_ts: threadTs }, files);
  return said(ts, threadTs);
}

/** Remembers what this person has just written, and shows it. */
async function said(ts, threadTs) {
  const { channel } = session;
  if (channel.kind === "im" && !threadTs) continuing = ts;
  awaited = channel.kind === "im" || threadTs || session.threadTs ? null : ts;
  if (threadTs) session.dirty.add(threadTs);
  await session.refreshMessages();
  if (threadTs && threadTs === continuing) timeline.reveal(`conversation-${threadTs}`);
}

async function command(text) {
  const { me, channel } = session;
  const [, name, words = ""] = /^(\/\S+)\s*([\s\S]*)$/.exec(text);
  awaited = null;
  if (!session.commands.some((known) => known.command === name)) {
    return session.notice(channel.id, `\`${name}\` is not a command here. Type \`/\` to see those that are.`);
  }
  const answer = await api.command({ user: me, channel: channel.id, command: name, text: words });
  if (answer.error === "no_app") session.refreshState();
  const own = session.state.builtins.some((known) => known.command === name);
  // Of its own commands the workspace has said everything itself.
  if (answer.ok === false && !(own && answer.ts)) session.failed(channel.id, answer.ts, commandFailed(name, answer.error), () => send(text));
  return undefined;
}

function commandFailed(name, error) {
  if (error === "no_app") return `\`${name}\` failed because no app is connected. Start the app, then try again.`;
  if (error === "operation_timeout") return `\`${name}\` failed because the app did not respond.`;
  return `\`${name}\` failed. ${explain(error)}`;
}

/** Goes to another place of the same person. */
function go(change) {
  location.hash = hashOf({ ...route, message: null, ...change });
}

/** Changes the address without leaving the place. */
function keepRoute(change) {
  route = { ...route, ...change };
  history.replaceState(null, "", hashOf(route));
}

/** Answers a message: in a direct message from the composer, elsewhere in the thread panel. */
function openThread(ts) {
  const root = session.messages.find((message) => message.ts === ts)?.ts
    ?? [...session.threads].find(([, whole]) => whole.some((message) => message.ts === ts))?.[0];
  if (!root) return;
  if (session.repliesInPlace(root)) {
    continuing = root;
    draw();
    composer.input.focus();
  } else if (session.threadTs === root) thread.focus();
  else go({ thread: root });
}

function react(ts, name) {
  api.react({ user: session.me, channel: session.channel.id, ts, name }).catch((error) => console.warn(error));
}

function showJson(ts) {
  inspect(true);
  inspector.show("message", messageAt(ts));
}

const messageAt = (ts) => [...(session.messages ?? []), ...[...session.threads.values()].flat()].find((message) => message.ts === ts);

/** What the menu of a message offers: the app's shortcuts, and changing or deleting one's own. */
function choicesFor(ts, article) {
  const message = messageAt(ts);
  if (!message || message.ephemeral) return [];
  const { me, channel } = session;
  const place = { user: me, channel: channel.id, ts };
  const own = message.user !== me ? [] : [
    { label: "Edit message", value: "edit", act: () => editInPlace(article, message, (text) => api.edit({ ...place, text })) },
    { label: "Delete message", value: "delete", danger: true, act: (opener) => erase(place, opener) },
  ];
  return [...shortcuts("message", { channel: channel.id, ts }), ...own];
}

async function erase(place, opener) {
  const question = { title: { text: "Delete this message?" }, text: { type: "plain_text", text: "It disappears for everyone. This cannot be undone." }, confirm: { text: "Delete" }, style: "danger" };
  if (!(await confirmed(question, opener))) return;
  await api.erase(place).catch((error) => session.notice(place.channel, error.message));
}

function globalShortcuts() {
  return shortcuts("global");
}

/** The app's shortcuts of one kind as choices of a menu; `message` is where one was chosen. */
function shortcuts(kind, message) {
  const { me, channel, state } = session;
  return (state?.installed ? state.shortcuts : []).filter((one) => one.type === kind).map(({ name, callback_id: id }) => ({
    label: name, value: id,
    act: async () => {
      const answer = await api.shortcut({ user: me, callback_id: id, message }).catch((error) => ({ ok: false, error: error.message }));
      if (!answer.ok) session.notice(channel.id, `“${name}” failed. ${explain(answer.error)}`);
    },
  }));
}

function inspect(open) {
  inspector.toggle(open);
  at("app").classList.toggle("with-inspector", open);
  drawFrame();
  if (!open) document.querySelector("[data-testid=inspector-toggle]").focus();
}

function sidebar(open) {
  document.body.classList.toggle("sidebar-open", open);
  at("scrim").hidden = !open;
  if (open) at("sidebar").querySelector("[aria-current=page]")?.focus();
}

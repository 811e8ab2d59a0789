// What the page knows of the workspace for one person in one place, kept fresh by the event stream.
import { api, enter, listen } from "./api.js";
import { learn } from "./directory.js";

/** How many of the latest conversations of a direct message show their replies in place. */
const OPEN_CONVERSATIONS = 30;
/** The user in whose name the workspace itself speaks. */
const WORKSPACE = "USLACKBOT";
/** A little longer than a message may grow before the workspace gives it up. */
const STREAM_LIFE = 301_000;

export class Session {
  /** `onChange(what)` is called after "state", "messages", "thread", "views", "home", "log" or "online" changed. */
  constructor(onChange) {
    this.onChange = onChange;
    this.state = null;
    this.me = null;
    this.channel = null;
    this.threadTs = null;
    this.online = true;
    this.clearPlace();
    this.stack = [];
    this.home = null;
    this.notices = [];
    this.reasons = new Map();
    this.statuses = new Map();
    /** The threads in which this person may stop the app. */
    this.stoppable = new Set();
    this.refreshState = coalesced(() => this.fetchState());
    this.refreshMessages = coalesced(() => this.fetchMessages());
    this.refreshViews = coalesced(() => this.fetchViews());
    this.refreshHome = coalesced(() => this.fetchHome());
  }

  clearPlace() {
    this.messages = null;
    this.prompts = null;
    this.threads = new Map();
    this.dirty = new Set();
  }

  /** The commands that work here: the app's, and the workspace's own. */
  get commands() {
    if (!this.state) return [];
    return [...(this.state.installed ? this.state.commands : []), ...this.state.builtins];
  }

  /** Whether an app can hear what is said: over a socket, or at its web address. */
  get connected() {
    return this.state.delivery !== "socket" || this.state.sockets > 0;
  }

  /** Becomes another person, perhaps of another workspace: fetches their workspace and listens to it. */
  async become(personId, teamId) {
    this.stopListening?.();
    enter(teamId);
    if (teamId !== this.state?.team.id) this.channel = null;
    this.me = personId;
    this.home = null;
    this.clearPlace();
    this.stack = [];
    this.notices = [];
    await this.refreshState();
    this.stopListening = listen(personId, {
      onChange: (event) => this.heard(event),
      onUp: () => { this.online = true; this.onChange("online"); this.refreshAll(); },
      onDown: () => { this.online = false; this.onChange("online"); },
    });
  }

  /** Looks at another channel, thread or tab. */
  async look(channel, threadTs) {
    const moved = channel.id !== this.channel?.id;
    this.channel = channel;
    this.threadTs = threadTs;
    if (moved) this.clearPlace();
    if (threadTs) this.dirty.add(threadTs);
    await this.refreshMessages();
    if (moved) this.refreshState();
  }

  refreshAll() {
    this.refreshState();
    this.refreshViews();
    this.refreshHome();
    for (const ts of this.threads.keys()) this.dirty.add(ts);
    if (this.channel) this.refreshMessages();
    this.onChange("log");
  }

  heard(event) {
    switch (event.kind) {
      case "messages": return this.heardMessages(event);
      case "views": return this.refreshViews();
      case "home": return this.refreshHome();
      case "elsewhere": return this.refreshState();
      case "log":
        if (!this.connected) this.refreshState();
        return this.onChange("log");
      case "status":
        this.setStatus(event);
        return this.onChange("messages");
      default: return this.refreshAll();
    }
  }

  heardMessages(event) {
    if (event.channel !== this.channel?.id) return this.refreshState();
    const stale = event.thread_ts ? [event.thread_ts] : [this.threadTs, ...[...this.threads.keys()].slice(-10)];
    for (const ts of stale) if (ts) this.dirty.add(ts);
    return this.refreshMessages();
  }

  setStatus({ channel, thread_ts: ts, text, stoppable }) {
    const key = `${channel}/${ts}`;
    if (text) this.statuses.set(key, text);
    else this.statuses.delete(key);
    if (stoppable) this.stoppable.add(key);
    else this.stoppable.delete(key);
  }

  /** What the app is doing in a thread of this channel, or undefined. Apps write it to follow their name: "is thinking…". */
  statusIn(ts) {
    const text = this.statuses.get(`${this.channel.id}/${ts}`);
    return text && { text: `${this.state.bot.name} ${text}`, stop: this.stoppable.has(`${this.channel.id}/${ts}`) ? () => this.stopApp(ts) : null };
  }

  /** Presses Stop in a thread where the app is at work. */
  stopApp(ts) {
    const { channel } = this;
    return api.stop({ user: this.me, channel: channel.id, thread_ts: ts }).catch((error) => this.notice(channel.id, error.message));
  }

  async fetchState() {
    const { me } = this;
    const state = await api.state(me);
    if (me !== this.me) return;
    this.state = state;
    learn(this.state);
    this.onChange("state");
  }

  async fetchMessages() {
    const { channel, me } = this;
    // Asked for where somebody was before they went to another workspace.
    if (!channel) return;
    const { messages, statuses, prompts, stoppable } = await api.messages(me, channel.id);
    if (channel !== this.channel || me !== this.me) return;
    this.messages = messages;
    this.prompts = prompts ?? null;
    if (statuses) this.statuses = new Map(Object.entries(statuses).map(([ts, text]) => [`${channel.id}/${ts}`, text]));
    if (stoppable) this.stoppable = new Set(stoppable.map((ts) => `${channel.id}/${ts}`));
    await Promise.all([...this.threadsToFetch()].map((ts) => this.fetchThread(channel, ts)));
    if (channel !== this.channel || me !== this.me) return;
    this.awaitExpiry();
    this.onChange("messages");
  }

  /** Nobody tells when a message that grows is given up, so look again by then. */
  awaitExpiry() {
    clearTimeout(this.expiry);
    const growing = [...this.threads].filter(([, whole]) => whole.some((message) => message.streaming === "in_progress"));
    if (!growing.length) return;
    this.expiry = setTimeout(() => {
      for (const [ts] of growing) this.dirty.add(ts);
      this.refreshMessages();
    }, STREAM_LIFE);
  }

  /** Threads on screen whose replies we lack or know to be stale. */
  threadsToFetch() {
    const wanted = new Set([...this.dirty].filter((ts) => ts === this.threadTs || this.threads.has(ts)));
    const roots = this.channel.kind === "im" ? this.messages.slice(-OPEN_CONVERSATIONS) : [];
    for (const root of roots) {
      const known = this.threads.get(root.ts);
      if (this.dirty.has(root.ts) || (root.reply_count ?? 0) !== (known ? known.length - 1 : 0)) wanted.add(root.ts);
    }
    if (this.threadTs && !this.threads.has(this.threadTs)) wanted.add(this.threadTs);
    this.dirty.clear();
    return wanted;
  }

  async fetchThread(channel, ts) {
    const { messages } = await api.messages(this.me, channel.id, ts).catch(() => ({ messages: [] }));
    if (channel !== this.channel) return;
    const root = this.messages.find((message) => message.ts === ts);
    const whole = messages[0]?.ts === ts || !root ? messages : [root, ...messages];
    this.threads.set(ts, whole);
  }

  async fetchViews() {
    const { me } = this;
    const { stack } = await api.views(me);
    if (me !== this.me) return;
    this.stack = stack ?? [];
    this.onChange("views");
  }

  async fetchHome() {
    const { me } = this;
    const { view } = await api.home(me);
    if (me !== this.me) return;
    this.home = view ?? null;
    this.onChange("home");
  }

  /** Tells this person something in a channel; kept by the page alone, like all that is only visible to one. */
  notice(channel, text, retry) {
    const earlier = [...(this.messages ?? []), ...this.notices].map((message) => Number.parseFloat(message.ts));
    const ts = (earlier.length ? Math.max(...earlier) + 0.00001 : Date.now() / 1000).toFixed(6);
    this.notices.push({ notice: true, ts, channel, text, retry });
    this.onChange("messages");
  }

  /** Whether the replies to a message of a direct message stand right below it. */
  repliesInPlace(ts) {
    const root = this.messages.find((message) => message.ts === ts);
    return this.channel.kind === "im" && (this.threads.has(ts) || !root?.reply_count);
  }

  /** Says why something failed: in the notice `ts` that the workspace has posted about it, or in one of our own. */
  failed(channel, ts, text, retry) {
    if (!ts) return this.notice(channel, text, retry);
    this.reasons.set(ts, { text, retry });
    return this.refreshMessages();
  }

  /** The channel's messages with this person's notices among them. */
  withNotices() {
    const here = this.notices.filter((notice) => notice.channel === this.channel.id);
    const said = (this.messages ?? []).map((message) => (message.user === WORKSPACE && !message.subtype ? { ...message, notice: true, calm: !this.reasons.has(message.ts), ...this.reasons.get(message.ts) } : message));
    if (!here.length) return said;
    return [...said, ...here].sort((one, other) => Number.parseFloat(one.ts) - Number.parseFloat(other.ts));
  }
}

/** Runs `work` now, or once more after the run under way; failures are left to the reconnecting event stream. */
function coalesced(work) {
  let running = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      try { await work(); } catch (error) { console.warn(error); }
    } while (again);
    running = null;
  };
  return () => {
    if (running) again = true;
    else running = run();
    return running;
  };
}

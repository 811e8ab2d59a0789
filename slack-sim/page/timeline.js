// A scrolling list of messages that stays at its end, can be walked with the arrow keys, and reads new ones aloud.
import { h } from "./dom.js";
import { author, continues, messageElement, statusElement, updateMessage } from "./message.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { reconcile } from "./reconcile.js";
import { dayLabel, dayOf } from "./time.js";
import { Toolbar } from "./toolbar.js";

const NEAR_END = 90;

export class Timeline {
  /** `actions` are what the toolbar of a message can do. */
  constructor(root, label, actions) {
    this.list = h("div", { class: "messages", role: "group", "aria-label": label, "data-testid": "messages" });
    this.scroller = h("div", { class: "scroller", tabindex: "-1" }, this.list);
    this.jump = h("button", { class: "jump", type: "button", hidden: true }, icon("down"), "New messages");
    this.log = h("div", { class: "sr-only", role: "log", "aria-live": "polite", "aria-label": "New messages" });
    root.append(this.scroller, this.jump, this.log);
    this.sticky = true;
    /** Where it was scrolled to last. */
    this.top = 0;
    this.known = null;
    /** Whose messages these are. */
    this.me = null;
    this.toolbar = new Toolbar(this.list, actions);
    this.scroller.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.jump.addEventListener("click", () => this.toEnd());
    this.list.addEventListener("keydown", (event) => this.walk(event));
    new ResizeObserver(() => { if (this.sticky) this.toEnd(); }).observe(this.list);
    new ResizeObserver(() => { if (this.sticky) this.toEnd(); }).observe(this.scroller);
  }

  /** Starts over, as for another channel. */
  clear(label) {
    this.list.setAttribute("aria-label", label);
    this.list.replaceChildren();
    this.log.replaceChildren();
    this.known = null;
    this.sticky = true;
    this.jump.hidden = true;
  }

  /** Draws `items` (see `reconcile`); `messages` are those on screen, to be read aloud when new. */
  draw(items, messages, me) {
    reconcile(this.list, items);
    this.rove();
    const news = this.hear(messages, me);
    if (this.sticky) news ? this.toNews() : this.toEnd();
  }

  toEnd() {
    this.sticky = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Shows the end, but of a message that is taller than the window its beginning, and stays there. */
  toNews() {
    this.toEnd();
    const last = this.messages().at(-1);
    const hidden = last ? this.scroller.getBoundingClientRect().top - last.getBoundingClientRect().top : 0;
    if (hidden <= 0) return;
    this.scroller.scrollTop -= hidden;
    this.sticky = false;
  }

  /** Brings the end of one item into view, wherever it stands. */
  reveal(key) {
    const item = [...this.list.children].find((el) => el.dataset.key === key);
    if (item === this.list.lastElementChild) return this.toEnd();
    item?.scrollIntoView({ block: "end" });
    this.sticky = this.left() < NEAR_END;
    return this.onScroll();
  }

  /** Whether a message is on screen or a scroll away. */
  has(ts) {
    return this.messages().some((el) => el.dataset.ts === ts);
  }

  /** Brings a message to the middle, marks it and puts the focus on it; false when it is not there. */
  point(ts) {
    const message = this.messages().find((el) => el.dataset.ts === ts);
    if (!message) return false;
    this.sticky = false;
    message.scrollIntoView({ block: "center" });
    this.list.querySelector(".msg-pointed")?.classList.remove("msg-pointed");
    message.classList.add("msg-pointed");
    this.rove(message);
    message.focus({ preventScroll: true });
    return true;
  }

  /** How far it is to the end, in pixels. */
  left() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
  }

  /** Whoever scrolls up leaves the end; it is not left when what is above it grows, as where a thread opens beside it. */
  onScroll() {
    const { scrollTop } = this.scroller;
    if (this.left() < NEAR_END) this.sticky = true;
    else if (scrollTop < this.top) this.sticky = false;
    this.top = scrollTop;
    if (this.sticky) this.jump.hidden = true;
  }

  /** New messages of others are read aloud at once, changed ones when they have settled. Gives whether the last message is news. */
  hear(messages, me) {
    const before = this.known;
    const last = messages.at(-1);
    this.known = new Map(messages.map((message) => [message.ts, `${message.text}|${message.blocks?.length ?? 0}`]));
    if (!before) return last?.user !== me;
    for (const message of messages) {
      const was = before.get(message.ts);
      if (was === this.known.get(message.ts)) continue;
      if (message.user === me) {
        // Whoever has just written wants to see it.
        this.sticky ||= was === undefined;
        continue;
      }
      if (was === undefined) this.say(message);
      else this.saySettled(message);
      if (was === undefined && !this.sticky) this.jump.hidden = false;
    }
    return last && last.user !== me && before.get(last.ts) !== this.known.get(last.ts);
  }

  saySettled(message) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.say(message), 2_000);
  }

  say(message) {
    const words = mrkdwn(message.text).textContent;
    // A message that is only beginning to grow is read when it has settled.
    if (!words.trim()) return;
    this.log.append(h("p", null, `${message.notice ? "Notice" : author(message).label}: ${words}`.slice(0, 600)));
    while (this.log.children.length > 20) this.log.firstChild.remove();
  }

  messages() {
    return [...this.list.querySelectorAll(".msg")];
  }

  /** One message at a time can be reached with Tab: the last, until a person walks to another. */
  rove(chosen) {
    const all = this.messages();
    const walking = this.list.contains(document.activeElement);
    const current = chosen ?? (walking ? all.find((el) => el.tabIndex === 0) : null) ?? all.at(-1);
    for (const el of all) if (el !== current && el.tabIndex === 0) el.tabIndex = -1;
    if (current) current.tabIndex = 0;
  }

  walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const edge = { Home: 0, End: -1 }[event.key];
    if (!event.target.classList.contains("msg") || (step === undefined && edge === undefined)) return;
    const all = this.messages();
    const next = step === undefined ? all.at(edge) : all[all.indexOf(event.target) + step];
    event.preventDefault();
    if (!next) return;
    this.rove(next);
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

/** The items of a run of messages: day dividers between days, names only where the author changes. */
export function messageItems(messages, view, { days = true } = {}) {
  const items = [];
  let above = null;
  for (const message of messages) {
    if (days && (!above || dayOf(above.ts) !== dayOf(message.ts))) {
      items.push(dayItem(message.ts));
      above = null;
    }
    const compact = continues(message, above);
    items.push({
      key: message.ts,
      sig: JSON.stringify([message, compact, view.me, view.language]),
      build: () => messageElement(message, { ...view, compact }),
      ...(message.streaming ? { update: (el) => updateMessage(el, message, { ...view, compact }) } : {}),
    });
    above = message;
  }
  return items;
}

export function dayItem(ts) {
  const label = dayLabel(ts);
  return { key: `day-${dayOf(ts)}`, sig: label, build: () => h("div", { class: "day" }, h("span", null, label)) };
}

/** The item for what the app says it is doing in a thread. */
export const statusItem = (ts, status) => ({ key: `status-${ts}`, sig: JSON.stringify([status.text, Boolean(status.stop)]), build: () => statusElement(status) });

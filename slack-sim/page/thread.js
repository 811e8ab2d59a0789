// The panel beside the messages that shows one thread.
import { titleOf } from "./directory.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { Composer } from "./composer.js";
import { Timeline } from "./timeline.js";
import { threadItems } from "./places.js";

export class ThreadPanel {
  /** `on` is `{ close(), send(text, ts), share(text, files, ts), shortcuts(), toolbar }`. */
  constructor(root, on) {
    this.root = root;
    const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close the thread", "data-testid": "thread-close" }, icon("close"));
    close.addEventListener("click", on.close);
    this.where = h("span", { class: "subtitle", dir: "auto" });
    const messages = h("div", { class: "timeline" });
    const slot = h("div", { class: "composer-slot" });
    root.append(h("header", { class: "pane-head" }, h("h2", { class: "title" }, "Thread"), this.where, h("span", { class: "spring" }), close), messages, slot);
    this.timeline = new Timeline(messages, "Thread", on.toolbar);
    this.composer = new Composer(slot, { id: "thread-input", testid: "thread-composer", commands: () => [], shortcuts: on.shortcuts, onSend: (text) => on.send(text, this.ts), onShare: (text, files) => on.share(text, files, this.ts) });
    root.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) on.close(); });
    this.ts = null;
  }

  /** Shows the session's open thread, or hides the panel. */
  draw(session, view) {
    const ts = session.threadTs;
    const opened = ts !== null && ts !== this.ts;
    this.root.hidden = ts === null;
    if (opened) this.timeline.clear("Thread");
    this.ts = ts;
    if (ts === null) return;
    const { channel } = session;
    this.where.textContent = titleOf(channel);
    this.composer.open(`${session.me}/${channel.id}/${ts}`, "Reply…");
    this.timeline.draw(threadItems(session, view), session.threads.get(ts) ?? [], session.me);
  }

  focus() {
    this.composer.input.focus();
  }
}

// The few buttons that appear on the message under the pointer or the focus.
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";

const QUICK = ["white_check_mark", "eyes", "+1"];

export class Toolbar {
  /** `actions` are `{ react(ts, name), reply(ts), inspect(ts) }`; `reply` may be missing. */
  constructor(list, actions) {
    this.at = null;
    // Nobody else sees an ephemeral message, so nobody can react or reply to it: chat.css hides those buttons.
    this.bar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
      QUICK.map((name) => this.button(`React with ${name.replaceAll("_", " ")}`, emoji(name), (ts) => actions.react(ts, name), "react")),
      actions.reply && this.button("Reply", icon("reply"), (ts) => actions.reply(ts), "reply"),
      this.button("Show the JSON of this message", icon("code"), (ts) => actions.inspect(ts), "inspect"));
    list.addEventListener("pointerover", (event) => this.move(event.target));
    list.addEventListener("pointerleave", () => this.leave());
    list.addEventListener("focusin", (event) => this.move(event.target));
    list.addEventListener("focusout", (event) => { if (!list.contains(event.relatedTarget)) this.leave(); });
  }

  button(label, face, act, testid) {
    const node = h("button", { class: "icon-button", type: "button", "aria-label": label, title: label, "data-testid": testid && `message-${testid}` }, face);
    node.addEventListener("click", () => act(this.at));
    return node;
  }

  move(target) {
    const message = target.closest(".msg[data-ts]");
    if (!message || this.bar.parentElement === message || this.bar.contains(document.activeElement)) return;
    this.at = message.dataset.ts;
    message.append(this.bar);
  }

  leave() {
    if (!this.bar.contains(document.activeElement)) this.bar.remove();
  }
}

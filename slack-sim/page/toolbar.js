// The few buttons that appear on the message under the pointer or the focus.
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";
import { menuButton } from "./menu.js";

const QUICK = ["white_check_mark", "eyes", "+1"];

export class Toolbar {
  /** `actions` are `{ react(ts, name), reply(ts), inspect(ts), more(ts, article) }`; `reply` may be missing, `more` gives a menu's choices. */
  constructor(list, actions) {
    this.at = null;
    this.more = actions.more;
    // Nobody else sees an ephemeral message, so nobody can react or reply to it: chat.css hides those buttons.
    this.bar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
      QUICK.map((name) => this.button(`React with ${name.replaceAll("_", " ")}`, emoji(name), (ts) => actions.react(ts, name), "react")),
      actions.reply && this.button("Reply", icon("reply"), (ts) => actions.reply(ts), "reply"),
      this.button("Show the JSON of this message", icon("code"), (ts) => actions.inspect(ts), "inspect"),
      menuButton({ class: "icon-button", "aria-label": "More actions", title: "More actions", "data-testid": "message-more" }, icon("more"),
        () => actions.more(this.at, this.bar.parentElement)));
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
    this.bar.classList.toggle("no-more", this.more(this.at, message).length === 0);
    message.append(this.bar);
  }

  leave() {
    if (!this.bar.contains(document.activeElement)) this.bar.remove();
  }
}

// What passed between the simulator and an app, by kind, and everything that has to have passed.
import { readFileSync } from "node:fs";

const source = new URL("../../../slack-sim/src/api/methods.rs", import.meta.url);
const methods = [...readFileSync(source, "utf8").matchAll(/^ {8}"([\w.]+)" =>/gm)].map(([, method]) => method);

/** What the simulator raises for an app that asks for no more than its default subscriptions. */
const everywhere = [
  "/mcp", "block_actions", "block_suggestion", "message_action", "shortcut", "view_closed", "view_submission",
  "agent_session_stopped", "agent_session_title_changed", "app_context_changed", "app_home_opened", "app_mention", "app_rate_limited",
  "app_uninstalled", "channel_deleted", "channel_left", "group_deleted", "group_left", "member_joined_channel", "member_left_channel",
  "message", "message, file_share", "message, message_changed", "message, message_deleted", "reaction_added", "tokens_revoked", "user_change",
];
export const inbound = { socket: [...everywhere, "hello", "disconnect"], http: everywhere };
/** `apps.connections.open` is for sockets alone. */
export const outbound = {
  socket: [...methods, "response_url", "upload", "download"],
  http: [...methods.filter((method) => method !== "apps.connections.open"), "response_url", "upload", "download"],
};

/** Follows a workspace's log, which forgets. */
export class Wire {
  received = new Set();
  sent = new Set();
  #from = 0;

  /** Notes what ended well since the look before the last: what was under way then has ended by now. */
  async look(workspace) {
    const { entries } = await workspace.get("/log", { after: this.#from });
    for (const entry of entries) {
      if (entry.direction === "from_app" && entry.transport !== "socket" && went(entry)) this.sent.add(entry.what);
      if (entry.direction === "to_app" && (went(entry) || ["hello", "disconnect"].includes(entry.what))) this.received.add(kindOf(entry));
    }
    const first = this.#next;
    this.#next = entries.at(-1)?.n ?? this.#next;
    this.#from = first;
  }
  #next = 0;
}

const went = (entry) => entry.status === "ok" || entry.status === "200";

function kindOf({ what, body }) {
  const subtype = (body?.payload ?? body)?.event?.subtype;
  return subtype ? `${what}, ${subtype}` : what;
}

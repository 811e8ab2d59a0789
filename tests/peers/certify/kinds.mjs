// Every kind of thing that passes between Slack and an app: what people do, and what they must see afterwards.
import { same } from "./workspace.mjs";

const click = (w, where, action_id, user = "alice") => w.post("/click", { user, ...where, action_id });
const on = (message) => ({ message: { channel: message.channel, ts: message.ts } });
const top = (w, words) => w.when(`a modal with “${words}”`, async () => {
  const view = (await w.views("alice")).at(-1);
  return view && JSON.stringify(view).includes(words) ? view : null;
});
const closed = (w) => w.when("end of the modals", async () => (await w.views("alice")).length === 0);

/** Opens the form anew and submits it with this name. */
async function submit(w, name) {
  for (const view of [...(await w.views("alice"))].reverse()) await w.post("/close", { user: "alice", view_id: view.id });
  await w.command("modal");
  const view = await top(w, '"callback_id":"form"');
  return w.post("/submit", { user: "alice", view_id: view.id, values: { name } });
}

const replies = async (w, ts) => (await w.messages("alice", "general", ts)).slice(1).filter((message) => message.bot_id);

/** The JSON that a message shows, which Slack has escaped. */
const fields = (message) =>
  JSON.parse(message.text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replace(/<(http[^>|]+)>/g, "$1"));

/** Waits until the app says that it has noticed these events, so many times each. */
async function noticed(w, wanted) {
  let kinds = [];
  const enough = async () => {
    const { response } = await w.command("noticed");
    kinds = (response?.text ?? "").split(" ");
    return Object.entries(wanted).every(([kind, times]) => kinds.filter((one) => one === kind).length >= times);
  };
  await w.when("notice", enough).catch(() => { throw new Error(`of ${JSON.stringify(wanted)} it noticed ${kinds.join(" ")}`); });
}

/** Waits while Slack's clock runs on, so that it tries again what it tries again. */
const again = (w, what, look) => w.when(what, async () => {
  if (await look()) return true;
  await w.post("/clock", { advance: "1s" });
  return false;
});

export const kinds = {
  "command, answered in the acknowledgement": async (w) => {
    const outcome = await w.command("ack");
    same(outcome.ok, true, "ok");
    await w.message("acked with words");
  },
  "command, answered by response_url, replaced": async (w) => {
    await w.command("respond");
    await w.message("second answer");
    const left = (await w.messages("alice", "general")).filter((message) => message.text.includes("first answer"));
    same(left.length, 0, "the number of first answers left");
    same((await w.messages("bob", "general")).some((message) => message.text.includes("answer")), false, "bob sees it");
  },
  "response_url: delete_original, in_channel": async (w) => {
    await w.command("once");
    await w.message("everybody reads this", { user: "bob" });
    same((await w.messages("alice", "general")).some((message) => message.text.includes("soon gone")), false, "the deleted answer is there");
  },
  "views: open, hash conflict, spent trigger": async (w) => {
    await w.command("modal");
    await top(w, '"callback_id":"form"');
    await w.message("views: hash_conflict exchanged_trigger_id", { channel: "dm" });
  },
  "views: update with the right hash": async (w) => {
    await w.command("update");
    const view = await top(w, "found it");
    await w.post("/close", { user: "alice", view_id: view.id });
  },
  "submission: errors": async (w) => {
    const outcome = await submit(w, "bad");
    same(outcome.errors, { name: "not that one" }, "the errors");
    same((await w.views("alice")).length, 1, "the number of modals");
  },
  "submission: update": async (w) => {
    await submit(w, "update");
    await top(w, "updated in place");
    same((await w.views("alice")).length, 1, "the number of modals");
  },
  "submission: push": async (w) => {
    await submit(w, "push");
    await top(w, "pushed by answer");
    same((await w.views("alice")).length, 2, "the number of modals");
  },
  "submission: clear": async (w) => {
    await submit(w, "clear");
    await closed(w);
  },
  "submission: close, with a message": async (w) => {
    await submit(w, "Ümläut & <b>");
    await closed(w);
    await w.message("saved: Ümläut &", { channel: "dm" });
  },
  "click in a modal: push; view_closed": async (w) => {
    await w.command("modal");
    const form = await top(w, '"callback_id":"form"');
    await click(w, { view_id: form.id }, "push");
    const pushed = await top(w, "pushed on top");
    await w.post("/close", { user: "alice", view_id: pushed.id });
    await w.post("/close", { user: "alice", view_id: form.id });
    await w.message("closed the form", { channel: "dm" });
  },
  "click in a message: replaced": async (w) => {
    await w.command("buttons");
    const message = await w.message("with a button");
    same((await click(w, on(message), "ping")).ok, true, "ok");
    await w.message("pong");
  },
  "App Home: opened, published, clicked": async (w) => {
    await w.post("/home", { user: "alice", tab: "home" });
    const view = await w.when("home", async () => {
      const home = await w.home("alice");
      return home && JSON.stringify(home).includes("welcome home") ? home : null;
    });
    await click(w, { view_id: view.id }, "home_ping");
    await w.when("home pong", async () => JSON.stringify(await w.home("alice")).includes("home pong"));
    same(await w.home("bob"), null, "bob's home");
  },
  "mention: answered in its thread": async (w) => {
    const ts = await w.say("alice", "general", "@patchbay hello & <there>");
    const [answer] = await w.when("an answer", async () => { const all = await replies(w, ts); return all.length && all; });
    same(answer.text.includes("hello &amp; &lt;there&gt;"), true, `the escaped text (${answer.text})`);
    same(answer.thread_ts, ts, "the thread");
  },
  "direct message": async (w) => {
    await w.say("bob", "dm", "psst");
    await w.message("heard: psst", { user: "bob", channel: "dm" });
    same((await w.messages("alice", "dm")).some((message) => message.text.includes("psst")), false, "alice sees it");
  },
  "message edited, taken back": async (w) => {
    const ts = await w.say("bob", "dm", "draft");
    await w.post("/edit", { user: "bob", channel: "dm", ts, text: "final" });
    await w.message("edited: draft to final", { user: "bob", channel: "dm" });
    await w.post("/delete", { user: "bob", channel: "dm", ts });
    await w.message("taken back: final", { user: "bob", channel: "dm" });
  },
  "reaction by a person": async (w) => {
    const ts = await w.say("bob", "general", "well done");
    await w.post("/react", { user: "alice", channel: "general", ts, name: "tada" });
    await w.when("word of the reaction", async () => (await replies(w, ts)).some((message) => message.text === "saw a reaction"));
  },
  "shortcut on a message": async (w) => {
    const ts = await w.say("bob", "general", "look here");
    const outcome = await w.post("/shortcut", { user: "alice", callback_id: "ask_about", message: { channel: "general", ts } });
    same(outcome.ok, true, "ok");
    await w.when("an answer", async () => (await replies(w, ts)).some((message) => message.text === "asked about: look here"));
  },
  "shortcut from everywhere": async (w) => {
    same((await w.post("/shortcut", { user: "alice", callback_id: "connect_service" })).ok, true, "ok");
    const view = await top(w, "by a shortcut");
    await w.post("/close", { user: "alice", view_id: view.id });
  },
  "chat, reactions, conversations, users, errors": async (w) => {
    await w.command("tour");
    const told = await w.when("the tour", async () => (await w.messages("alice", "general")).find((message) => message.text.includes("permalink")));
    const seen = fields(told);
    const people = (await w.state()).people.length;
    same(seen.replies, ["tour: two", "tour: reply"], "the thread");
    same(seen.metadata, { n: 1, deep: { er: true } }, "the metadata");
    same([seen.history, seen.channel, seen.channels >= 2, seen.members, seen.name, seen.me], [1, "general", true, people + 1, "alice", "patchbay"], "what was read");
    same([seen.missing, seen.blocks], ["message_not_found", "invalid_blocks"], "the errors");
    const shown = await w.messages("alice", "general");
    const two = shown.find((message) => message.text === "tour: two");
    same(seen.users, people + 1, "the number of members, the bot's own included");
    const channels = (await w.get("/state", { user: "alice" })).channels;
    same(channels.find((channel) => channel.kind === "im")?.id, seen.im, "the conversation that was opened");
    same(seen.permalink.endsWith(`/archives/${two.channel}/p${two.ts.replace(".", "")}`), true, `the permalink (${seen.permalink})`);
    same(shown.some((message) => message.text === "tour: gone"), false, "the deleted message is there");
    same(shown.some((message) => message.text === "tour: for you" && message.ephemeral), true, "the ephemeral message is there");
    same((await w.messages("bob", "general")).some((message) => message.text === "tour: for you"), false, "bob sees the ephemeral message");
    same(shown.find((message) => message.text === "tour: two").reactions[0].name, "eyes", "the reaction");
  },
  "status of a thread": async (w) => {
    await w.command("status");
    const root = await w.message("a status follows");
    const status = async () => (await w.get("/messages", { user: "alice", channel: "general" })).statuses?.[root.ts];
    await w.when("status", async () => JSON.stringify((await status()) ?? null).includes("is touring"));
  },
  "external select: options asked for, one chosen": async (w) => {
    await w.command("select");
    const message = await w.message("choose a project");
    const found = await w.post("/suggest", { user: "alice", ...on(message), action_id: "project", value: "road" });
    same(found.options?.map((option) => option.value), ["road-map", "road-works"], "the options");
    await w.post("/click", { user: "alice", ...on(message), action_id: "project", selected: found.options[1] });
    await w.message("chose road-works");
  },
  "views: a trigger that nobody made, and one that is too old": async (w) => {
    same((await w.command("late")).response.text, "late: invalid_trigger_id", "the first answer");
    await w.post("/clock", { advance: "4s" });
    same((await w.command("late")).response.text, "late: expired_trigger_id", "the second answer");
  },
  "a private channel: mention and answer": async (w) => {
    await w.post("/channels", { name: "board", bot: true, private: ["alice"] });
    const ts = await w.say("alice", "board", "@patchbay between us");
    await w.when("an answer", async () => (await w.messages("alice", "board", ts)).some((one) => one.bot_id));
  },
  "scopes: a missing one is named": async (w) => {
    await w.post("/scopes", { scopes: ["commands", "chat:write"] });
    await w.command("scopes");
    await w.message("missing_scope: users:read");
    await w.post("/app", { what: "install" });
  },
  "blocks.validate": async (w) => {
    await w.command("validate");
    await w.message("true, invalid_message at /blocks/0");
  },
  "OAuth: installed in a workspace, by the client's own pages": async (w) => {
    const { response } = await w.command("install");
    const { redirect } = await w.post("/authorize", { user: "bob", url: response.text });
    await w.command(`installed ${redirect}`);
    await w.message("installed in T0SIM0001 as patchbay and bob");
    await w.post("/app", { what: "install" });
  },
  "OAuth: installed in a workspace and in an organisation, tokens renewed": async (w) => {
    await w.post("/oauth", { token_rotation: true });
    for (const [org, place] of [[false, "T0SIM0001"], [true, "E0SIM0001"]]) {
      const { response } = await w.command("install");
      const { redirect } = await w.post("/authorize", { user: "bob", url: response.text, org });
      await w.command(`callback ${redirect}`);
      await w.message(`installed in ${place} as patchbay and bob, renewed: true`);
    }
    await w.post("/oauth", { token_rotation: false });
    await w.post("/app", { what: "install" });
  },
  "an organisation's app: command, click in a message": async (w) => {
    await w.post("/app", { what: "install_in_org" });
    await w.command("buttons");
    const buttons = await w.when("buttons", async () => (await w.messages("alice", "general")).findLast((one) => one.text === "with a button"));
    same((await click(w, on(buttons), "ping")).ok, true, "the click");
    await w.when("pong", async () => (await w.messages("alice", "general")).find((one) => one.ts === buttons.ts).text === "pong");
    await w.post("/app", { what: "install" });
  },
  "an organisation's app: mention, modal": async (w) => {
    await w.post("/app", { what: "install_in_org" });
    const ts = await w.say("alice", "general", "@patchbay from the organisation");
    await w.when("an answer", async () => (await replies(w, ts)).length > 0);
    same((await submit(w, "bad")).errors, { name: "not that one" }, "the errors");
    await w.post("/app", { what: "install" });
  },
  "Slack Connect: somebody of another company writes": async (w) => {
    await w.post("/external", { channel: "data", external: true });
    await w.post("/people", { user: "bob", team: "T0OTHER01" });
    const ts = await w.say("bob", "data", "@patchbay from outside");
    await w.when("an answer", async () => (await w.messages("alice", "data", ts)).some((one) => one.bot_id));
    await w.post("/people", { user: "bob", team: "T0SIM0001" });
  },
  "uninstalled by an admin, then by itself, and installed again": async (w) => {
    await w.post("/app", { what: "uninstall" });
    await w.post("/app", { what: "install" });
    await noticed(w, { tokens_revoked: 1, app_uninstalled: 1 });
    await w.command("leave");
    const left = async () => (await w.get("/calls", { method: "apps.uninstall" })).calls.some((call) => call.response.ok);
    await w.when("end of the app", left);
    await w.post("/app", { what: "install" });
    await noticed(w, { tokens_revoked: 2, app_uninstalled: 2 });
  },
  "people and the bot come and go, channels end": async (w) => {
    await w.post("/channels", { name: "lobby", bot: true });
    await w.post("/channels", { name: "vault", bot: true, private: ["alice"] });
    const member = (channel, user, member) => w.post("/members", { channel, user, member });
    await member("lobby", "bob", false);
    await member("lobby", "bob", true);
    for (const channel of ["lobby", "vault"]) {
      await member(channel, "patchbay", false);
      await member(channel, "patchbay", true);
      await w.request("DELETE", "/channels", { channel });
    }
    const ends = { channel_left: 1, channel_deleted: 1, group_left: 1, group_deleted: 1 };
    await w.post("/people", { user: "bob", locale: "de-DE" });
    await noticed(w, { member_joined_channel: 3, member_left_channel: 1, user_change: 1, ...ends });
  },
  "a session that a person renames; where a person is": async (w) => {
    await w.command("tasks");
    const root = await w.message("tasks follow");
    await w.when("a session", () => w.post("/rename", { user: "alice", channel: "general", thread_ts: root.ts, title: "Mine" }).catch(() => null));
    const context = { entities: [{ type: "slack#/types/channel_id", value: root.channel, team_id: "T0SIM0001" }] };
    const event = { type: "app_context_changed", context };
    const outer = { team_id: "T0SIM0001", api_app_id: "A0SIM0001", event_id: "Ev0CONTEXT", event_time: 1 };
    const authorizations = [{ team_id: "T0SIM0001", user_id: "U0BOT0001", is_bot: true }];
    await w.post("/deliver", { type: "events_api", payload: { ...outer, type: "event_callback", authorizations, event } });
    await noticed(w, { agent_session_title_changed: 1, app_context_changed: 1 });
  },
  "told that it hears too much": async (w) => {
    await w.post("/app", { what: "limit_events" });
    await noticed(w, { app_rate_limited: 1 });
  },
  "every other method": async (w) => {
    await w.command("rest");
    const seen = fields(await w.message("whose"));
    const wanted = { echo: "bar", bot: "patchbay", title: "The rest", whose: "U0BOT0001", team: "simulated", revoked: false };
    for (const [what, value] of Object.entries(wanted)) same(seen[what], value, what);
    const root = await w.message("rest: root");
    same(root.reactions.map((reaction) => reaction.name), ["tada"], "the reactions");
    const { prompts } = await w.get("/messages", { user: "alice", channel: "dm" });
    same(prompts?.prompts, [{ title: "Ask", message: "What is left?" }], "the prompts");
  },
  "files: uploaded, read, deleted": async (w) => {
    await w.command("file");
    const shared = await w.message("a file follows", { user: "bob" });
    same([shared.files.length, shared.files[0].id.startsWith("F")], [1, true], "the files of the message");
    await w.message("uploaded Two lines: Zeile eins\nLine two ✓", { channel: "dm" });
    await w.message("then file_deleted", { channel: "dm" });
    const left = await w.message("a file follows", { user: "bob" });
    same(left.files[0].mode, "tombstone", "the deleted file");
  },
  "files that a person shares": async (w) => {
    await w.share("bob", "dm", "look", { "one.txt": "eins", "two.txt": "zwei" });
    await w.message("got 2 with “look”: eins|zwei", { user: "bob", channel: "dm" });
  },
  "stream, by the client's own helper": async (w) => {
    await w.command("stream");
    const root = await w.message("a stream follows");
    const message = await w.when("whole stream", async () => (await replies(w, root.ts)).find((one) => one.streaming === "completed"));
    same(message.text, "One, two, three. Four, five, six. Seven.", "the text");
    same(message.blocks.at(-1).text.text, "the end", "the last block");
  },
  "stream with tasks, stopped by a person": async (w) => {
    await w.command("tasks");
    const root = await w.message("tasks follow");
    await w.when("task", async () => (await replies(w, root.ts)).find((one) => one.blocks[0]?.type === "task_card" && one.text.includes("Working")));
    await w.post("/stop", { user: "alice", channel: "general", thread_ts: root.ts });
    await w.message("stopped 1 stream", { thread_ts: root.ts });
    same((await replies(w, root.ts))[0].streaming, "stopped", "the stream");
  },
  "429: the client waits and tries again": async (w) => {
    await w.fault({ on: "chat.postMessage", kind: "rate_limited", retry_after: 1 });
    const ts = await w.say("alice", "general", "@patchbay patience");
    await w.when("an answer", async () => (await replies(w, ts)).length === 1);
    const calls = (await w.get("/calls", { method: "chat.postMessage" })).calls.filter((call) => call.body.thread_ts === ts);
    same(calls.map((call) => call.response.error ?? "ok"), ["ratelimited", "ok"], "the calls");
    same(calls[1].at - calls[0].at >= 1_000, true, `a second's wait (${calls[1].at - calls[0].at} ms)`);
  },
  "a lost acknowledgement: delivered again": async (w) => {
    // A mention is two events, and either may be acknowledged first.
    await w.fault({ on: "ack", kind: "lost_reply", times: 2 });
    const ts = await w.say("alice", "general", "@patchbay again");
    await again(w, "a second answer", async () => (await replies(w, ts)).length > 1);
    const texts = new Set((await replies(w, ts)).map((message) => message.text.replace(/ \(retry \d\)$/, "")));
    same(texts.size, 1, "the number of different answers");
  },
  "a lost acknowledgement: which attempt it is": async (w) => {
    await w.fault({ on: "ack", kind: "lost_reply", times: 2 });
    const ts = await w.say("alice", "general", "@patchbay once more");
    for (const words of ["(retry 0)", "(retry 1)"]) {
      await again(w, words, async () => (await replies(w, ts)).some((message) => message.text.includes(words)));
    }
  },
  "a socket that Slack refreshes: nothing lost": Object.assign(async (w) => {
    await w.fault({ on: "socket", kind: "disconnect", error: "refresh_requested" });
    const asked = [];
    for (let number = 0; number < 5; number += 1) asked.push(await w.say("alice", "general", `@patchbay refresh ${number}`));
    const answered = async () => (await Promise.all(asked.map((ts) => replies(w, ts)))).every((found) => found.length >= 1);
    // Bolt may be without a socket for longer than the first two attempts last; the third comes after a minute.
    const soon = await w.when("answer to each at once", answered, 12_000).catch(() => false);
    if (!soon) await w.post("/clock", { advance: "60s" });
    await w.when("answer to each after the refresh", answered, 20_000);
  }, { only: "socket" }),
};

// The certification app on Bolt for JavaScript. Usage: node app.mjs socket|http API_URL PORT
import bolt from "@slack/bolt";
import { InstallProvider } from "@slack/oauth";
import { WebClient } from "@slack/web-api";

const [transport, slackApiUrl, port] = process.argv.slice(2);
const common = { token: "xoxb-sim", clientOptions: { slackApiUrl } };
const endpoints = ["/slack/commands", "/slack/events", "/slack/interactivity"];
const app = new bolt.App(transport === "socket"
  ? { ...common, appToken: "xapp-sim", socketMode: true }
  : { ...common, signingSecret: "sim-signing-secret", endpoints });

const text = (words) => ({ type: "plain_text", text: words });
const button = (action_id, words) => ({ type: "actions", elements: [{ type: "button", action_id, text: text(words), value: action_id }] });
const say = (words) => ({ type: "section", text: { type: "mrkdwn", text: words } });
const form = (title) => ({
  type: "modal", callback_id: "form", title: text(title), submit: text("Send"), notify_on_close: true,
  blocks: [{ type: "input", block_id: "name", label: text("Name"), element: { type: "plain_text_input", action_id: "value" } }, button("push", "Push")],
});
const note = (words) => ({ type: "modal", callback_id: "note", title: text("Note"), blocks: [say(words)] });
const home = (words) => ({ type: "home", blocks: [say(words), button("home_ping", "Home ping")] });

const installs = new InstallProvider({
  clientId: "1234567890.0987654321", clientSecret: "sim-client-secret", stateSecret: "certify", legacyStateVerification: true,
  authorizationUrl: new URL("/oauth/v2/authorize", slackApiUrl).href, clientOptions: { slackApiUrl }, logLevel: "error",
});
const noticed = [];
let earlier = "none";
const verbs = {
  ack: ({ ack }) => ack("acked with words"),
  respond: async ({ ack, respond }) => {
    await ack();
    await respond("first answer");
    await respond({ text: "second answer", replace_original: true });
  },
  modal: async ({ ack, client, body }) => {
    await ack();
    const opened = await client.views.open({ trigger_id: body.trigger_id, view: form("Form") });
    const stale = await failure(client.views.update({ view_id: opened.view.id, hash: "0.wrong", view: form("Form") }));
    const spent = await failure(client.views.open({ trigger_id: body.trigger_id, view: form("Form") }));
    await client.chat.postMessage({ channel: body.user_id, text: `views: ${stale} ${spent}` });
  },
  update: async ({ ack, client, body }) => {
    await ack();
    const { view } = await client.views.open({ trigger_id: body.trigger_id, view: note("looking") });
    await client.views.update({ view_id: view.id, hash: view.hash, view: note("found it") });
  },
  once: async ({ ack, respond }) => {
    await ack();
    await respond("soon gone");
    await respond({ delete_original: true });
    await respond({ text: "everybody reads this", response_type: "in_channel" });
  },
  buttons: async ({ ack, client, body }) => {
    await ack();
    await client.chat.postMessage({ channel: body.channel_id, text: "with a button", blocks: [say("with a button"), button("ping", "Ping")] });
  },
  stream: async ({ ack, client, body }) => {
    await ack();
    const root = await client.chat.postMessage({ channel: body.channel_id, text: "a stream follows" });
    const stream = client.chatStream({
      channel: body.channel_id, thread_ts: root.ts, recipient_user_id: body.user_id, recipient_team_id: body.team_id, buffer_size: 10,
    });
    for (const piece of ["One, two, three. ", "Four, five, six. ", "Seven."]) await stream.append({ markdown_text: piece });
    await stream.stop({ blocks: [say("the end")] });
  },
  tasks: async ({ ack, client, body }) => {
    await ack();
    const root = await client.chat.postMessage({ channel: body.channel_id, text: "tasks follow" });
    const place = { channel: body.channel_id, thread_ts: root.ts };
    const task = (status) => ({ type: "task_update", id: "t1", title: "Look", status });
    const begun = await client.chat.startStream({ ...place, recipient_user_id: body.user_id, recipient_team_id: body.team_id, chunks: [task("in_progress")] });
    await client.chat.appendStream({ channel: body.channel_id, ts: begun.ts, chunks: [{ type: "markdown_text", text: "Working on it." }] });
  },
  status: async ({ ack, client, body }) => {
    await ack();
    const root = await client.chat.postMessage({ channel: body.channel_id, text: "a status follows" });
    await client.assistant.threads.setStatus({ channel_id: body.channel_id, thread_ts: root.ts, status: "is touring" });
  },
  // Nothing but the acknowledgement can say this: the token may do nothing else.
  scopes: async ({ ack, client, body }) => {
    const error = await client.users.info({ user: body.user_id }).then(() => ({ data: { error: "worked" } }), (thrown) => thrown);
    await ack(`${error.data.error}: ${error.data.needed}`);
  },
  validate: async ({ ack, client }) => {
    const good = await client.apiCall("blocks.validate", { blocks: [say("fine")] });
    const bad = await client.apiCall("blocks.validate", { message: { blocks: [{ type: "section" }] } }).catch((error) => error.data);
    await ack(`${good.ok}, ${bad.error} at ${bad.errors[0].pointer}`);
  },
  select: async ({ ack, client, body }) => {
    await ack();
    const accessory = { type: "external_select", action_id: "project", min_query_length: 2 };
    await client.chat.postMessage({ channel: body.channel_id, text: "choose a project", blocks: [{ ...say("choose a project"), accessory }] });
  },
  install: async ({ ack }) => ack(await installs.generateInstallUrl({ scopes: ["chat:write", "users:read"], userScopes: ["users:read"], redirectUri: "http://127.0.0.1:9/callback" })),
  // The browser comes back with a code.
  installed: async ({ ack, respond, command }) => {
    await ack();
    const { place, people } = await installation(command.text.split(" ")[1]);
    await respond(`installed in ${place} as ${people}`);
  },
  // The same; then the tokens renewed as if they ran out.
  callback: async ({ ack, respond, command }) => {
    await ack();
    const { installed, source, first, place, people } = await installation(command.text.split(" ")[1]);
    installed.bot.expiresAt = 0;
    await installs.installationStore.storeInstallation(installed);
    const second = await installs.authorize(source);
    const renewed = first.botToken !== second.botToken && (await who(second.botToken)) === "patchbay";
    await respond(`installed in ${place} as ${people}, renewed: ${renewed}`);
  },
  leave: async ({ ack, client }) => {
    await ack();
    await client.apps.uninstall({ client_id: "1234567890.0987654321", client_secret: "sim-client-secret" });
  },
  // Opens with the trigger of the command before this one.
  late: async ({ ack, client, body }) => {
    const opened = await failure(client.views.open({ trigger_id: earlier, view: note("late") }));
    earlier = body.trigger_id;
    await ack(`late: ${opened}`);
  },
  noticed: ({ ack }) => ack(`noticed: ${noticed.join(" ")}`),
  file: async ({ ack, client, body }) => {
    await ack();
    const place = { channel_id: body.channel_id, initial_comment: "a file follows" };
    const { files: [uploaded] } = await client.filesUploadV2({ ...place, file: Buffer.from("Zeile eins\nLine two ✓\n"), filename: "lines.txt", title: "Two lines" });
    const id = uploaded.files[0].id;
    const { file } = await client.files.info({ file: id });
    const { files: listed } = await client.files.list({ channel: body.channel_id });
    if (!listed.some((one) => one.id === id)) throw new Error("files.list does not have it");
    await client.chat.postMessage({ channel: body.user_id, text: `uploaded ${file.title}: ${await read(file)}` });
    await client.files.delete({ file: id });
    await client.chat.postMessage({ channel: body.user_id, text: `then ${await failure(client.files.info({ file: id }))}` });
  },
  tour: async ({ ack, client, body, respond }) => {
    await ack();
    await respond(JSON.stringify(await tour(client, body)));
  },
  rest: async ({ ack, client, body, respond }) => {
    await ack();
    await respond(JSON.stringify(await rest(client, body)));
  },
};

const who = async (token) => (await new WebClient(token, { slackApiUrl }).auth.test()).user;

/** What the address that the browser came back to leads to. */
async function installation(url) {
  const installed = await new Promise((success, failure) => {
    installs.handleCallback({ url, headers: {} }, { setHeader() {}, end() {} }, { success, failure });
  });
  const source = { teamId: installed.team?.id, enterpriseId: installed.enterprise?.id, isEnterpriseInstall: installed.isEnterpriseInstall };
  const first = await installs.authorize(source);
  const people = `${await who(first.botToken)} and ${await who(first.userToken)}`;
  return { installed, source, first, people, place: source.teamId ?? source.enterpriseId };
}

/** The methods that no other verb calls; what came back, for the driver to judge. */
async function rest(client, { channel_id: channel, user_id: user }) {
  const seen = { echo: (await client.api.test({ foo: "bar" })).args.foo, bot: (await client.bots.info({})).bot.name };
  const { ts } = await client.chat.postMessage({ channel, text: "rest: root" });
  for (const name of ["eyes", "tada"]) await client.reactions.add({ channel, timestamp: ts, name });
  await client.reactions.remove({ channel, timestamp: ts, name: "eyes" });
  const session = { channel_id: channel, thread_ts: ts };
  await client.apiCall("agents.sessions.setStatus", { ...session, status: "active" });
  seen.title = (await client.apiCall("agents.sessions.rename", { ...session, title: "The rest" })).title;
  const dm = (await client.conversations.open({ users: user })).channel.id;
  await client.assistant.threads.setSuggestedPrompts({ channel_id: dm, thread_ts: ts, prompts: [{ title: "Ask", message: "What is left?" }] });
  await client.assistant.threads.setTitle({ channel_id: dm, thread_ts: ts, title: "The rest" });
  const whose = await client.apps.event.authorizations.list({ token: "xapp-sim", event_context: "of an event" });
  seen.whose = whose.authorizations[0].user_id;
  seen.team = (await client.team.info({})).team.domain;
  seen.revoked = (await client.auth.revoke({ test: true })).revoked;
  return seen;
}

/** Every other outbound call once; what came back, for the driver to judge. */
async function tour(client, { channel_id: channel, user_id: user }) {
  const seen = {};
  const posted = await client.chat.postMessage({ channel, text: "tour: one" });
  const noted = await client.chat.postMessage({ channel, text: "tour: noted", metadata: { event_type: "tour", event_payload: { n: 1, deep: { er: true } } } });
  await client.chat.update({ channel, ts: posted.ts, text: "tour: two" });
  await client.reactions.add({ channel, timestamp: posted.ts, name: "eyes" });
  await client.chat.postMessage({ channel, thread_ts: posted.ts, text: "tour: reply" });
  const gone = await client.chat.postMessage({ channel, text: "tour: gone" });
  await client.chat.delete({ channel, ts: gone.ts });
  await client.chat.postEphemeral({ channel, user, text: "tour: for you" });
  seen.permalink = (await client.chat.getPermalink({ channel, message_ts: posted.ts })).permalink;
  const replies = await client.conversations.replies({ channel, ts: posted.ts });
  seen.replies = replies.messages.map((message) => message.text);
  const about = await client.conversations.replies({ channel, ts: noted.ts, include_all_metadata: true });
  seen.metadata = about.messages[0].metadata?.event_payload;
  seen.history = (await client.conversations.history({ channel, limit: 1 })).messages.length;
  seen.channel = (await client.conversations.info({ channel })).channel.name;
  seen.channels = 0;
  for await (const page of client.paginate("conversations.list", { limit: 1 })) seen.channels += page.channels.length;
  seen.members = (await client.conversations.members({ channel })).members.length;
  seen.im = (await client.conversations.open({ users: user })).channel.id;
  seen.name = (await client.users.info({ user })).user.name;
  seen.users = (await client.users.list({})).members.length;
  seen.me = (await client.auth.test()).user;
  seen.missing = await failure(client.chat.update({ channel, ts: "1.000001", text: "x" }));
  seen.blocks = await failure(client.chat.postMessage({ channel, text: "x", blocks: [{ type: "nonsense" }] }));
  await client.apiCall("agents.sessions.setStatus", { channel_id: channel, thread_ts: posted.ts, status: "closed" });
  return seen;
}

/** What is in a file, read as an app has to: with its token. */
const read = (file) => fetch(file.url_private, { headers: { authorization: "Bearer xoxb-sim" } }).then((response) => response.text());
const failure = (call) => call.then(() => "worked", (error) => error.data?.error ?? String(error));

app.command("/mcp", async (args) => {
  const verb = verbs[args.command.text.split(" ")[0]];
  await (verb ? verb(args) : args.ack(`unknown: ${args.command.text}`));
});
app.event("app_mention", ({ event, say, context }) => say({ text: `mentioned: ${event.text} (retry ${context.retryNum ?? 0})`, thread_ts: event.thread_ts ?? event.ts }));
app.message(async ({ message, say }) => {
  if (message.channel_type === "im" && !message.subtype && !message.bot_id) await say(`heard: ${message.text}`);
});
app.action("ping", async ({ ack, respond }) => {
  await ack();
  await respond({ text: "pong", replace_original: true });
});
app.options("project", ({ ack, payload }) => ack({ options: ["map", "works"].map((end) => ({ text: text(`${payload.value} ${end}`), value: `${payload.value}-${end}` })) }));
app.action("project", async ({ ack, action, respond }) => {
  await ack();
  await respond({ text: `chose ${action.selected_option.value}`, replace_original: true });
});
app.action("push", async ({ ack, client, body }) => {
  await ack();
  await client.views.push({ trigger_id: body.trigger_id, view: note("pushed on top") });
});
app.action("home_ping", async ({ ack, client, body }) => {
  await ack();
  await client.views.publish({ user_id: body.user.id, view: home("home pong") });
});
app.view("form", async ({ ack, client, body, view }) => {
  const name = view.state.values.name.value.value;
  if (name === "bad") return ack({ response_action: "errors", errors: { name: "not that one" } });
  if (name === "update") return ack({ response_action: "update", view: note("updated in place") });
  if (name === "push") return ack({ response_action: "push", view: note("pushed by answer") });
  if (name === "clear") return ack({ response_action: "clear" });
  await ack();
  return client.chat.postMessage({ channel: body.user.id, text: `saved: ${name}` });
});
app.view({ callback_id: "form", type: "view_closed" }, async ({ ack, client, body }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: "closed the form" });
});
app.event("app_home_opened", ({ event, client }) => event.tab === "home" && client.views.publish({ user_id: event.user, view: home("welcome home") }));
app.event("agent_session_stopped", async ({ event, client }) => {
  const place = { channel_id: event.channel, thread_ts: event.thread_ts };
  await client.apiCall("agents.sessions.setStatus", { ...place, status: "active" });
  await client.chat.postMessage({ channel: event.channel, thread_ts: event.thread_ts, text: `stopped ${event.streaming_message_ts.length} stream` });
});
app.shortcut("ask_about", async ({ ack, client, body }) => {
  await ack();
  await client.chat.postMessage({ channel: body.channel.id, thread_ts: body.message.ts, text: `asked about: ${body.message.text}` });
});
app.shortcut("connect_service", async ({ ack, client, body }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: note("by a shortcut") });
});
app.message(async ({ message, client }) => {
  const { channel, channel_type, subtype } = message;
  if (subtype === "file_share" && !message.bot_id) {
    const texts = await Promise.all(message.files.map(read));
    await client.chat.postMessage({ channel, text: `got ${message.files.length} with “${message.text}”: ${texts.join("|")}` });
  }
  if (channel_type !== "im") return;
  if (subtype === "message_changed" && !message.message.bot_id) {
    await client.chat.postMessage({ channel, text: `edited: ${message.previous_message.text} to ${message.message.text}` });
  }
  if (subtype === "message_deleted" && !message.previous_message.bot_id) {
    await client.chat.postMessage({ channel, text: `taken back: ${message.previous_message.text}` });
  }
});
app.event("reaction_added", async ({ event, client }) => {
  if (event.reaction === "tada") await client.chat.postMessage({ channel: event.item.channel, thread_ts: event.item.ts, text: "saw a reaction" });
});
for (const kind of [
  "tokens_revoked", "app_uninstalled", "member_joined_channel", "member_left_channel", "channel_deleted", "channel_left",
  "group_deleted", "group_left", "app_context_changed", "agent_session_title_changed", "user_change",
]) app.event(kind, ({ event }) => { noticed.push(event.type); });
app.error(async (error) => console.error(`app: ${error.stack ?? error}`));

await app.start(transport === "socket" ? undefined : { port: Number(port), host: "127.0.0.1" });
console.log("ready");

// An app on Bolt for JavaScript that is installed in several workspaces: Bolt's own pages install it, and Bolt's own `authorize`
// picks the token by what each payload says. Usage: node several.mjs socket|http WEB_API PORT
import bolt from "@slack/bolt";
import oauth from "@slack/oauth";

const [transport, slackApiUrl, port] = process.argv.slice(2);
const redirectUri = `http://127.0.0.1:${port}/slack/oauth_redirect`;
const installationStore = new oauth.MemoryInstallationStore();
const app = new bolt.App({
  clientId: "1234567890.0987654321", clientSecret: "sim-client-secret", scopes: ["app_mentions:read", "chat:write", "commands"], redirectUri,
  installationStore, clientOptions: { slackApiUrl }, logLevel: "error",
  installerOptions: {
    directInstall: true, stateVerification: false, redirectUriPath: "/slack/oauth_redirect", port: Number(port),
    authorizationUrl: new URL("/oauth/v2/authorize", slackApiUrl).href, clientOptions: { slackApiUrl },
  },
  ...(transport === "socket" ? { appToken: "xapp-sim", socketMode: true } : { signingSecret: "sim-signing-secret", endpoints: ["/slack/commands", "/slack/events", "/slack/interactivity"] }),
});

const where = async (client) => {
  const { team, user_id: bot } = await client.auth.test();
  return `${team} as ${bot}`;
};
const view = { type: "modal", callback_id: "form", title: { type: "plain_text", text: "Form" }, submit: { type: "plain_text", text: "Send" }, blocks: [{ type: "section", text: { type: "mrkdwn", text: "Nothing to fill in" } }] };

app.command("/mcp", async ({ ack, client, body, context, respond }) => {
  await ack();
  await client.chat.postMessage({ channel: body.channel_id, text: `in ${await where(client)}, said to be ${context.teamId}` });
  await respond("answered privately");
  await client.views.open({ trigger_id: body.trigger_id, view });
});
app.view("form", async ({ ack, client, body }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `sent in ${await where(client)}` });
});
app.event("app_mention", async ({ client, event, say }) => say({ text: `heard in ${await where(client)}`, thread_ts: event.ts }));
// Whichever workspace lets the app go is forgotten, and no other.
app.event("app_uninstalled", ({ context }) => installationStore.deleteInstallation({ teamId: context.teamId, enterpriseId: context.enterpriseId, isEnterpriseInstall: context.isEnterpriseInstall }));
app.event("tokens_revoked", async () => {});
app.error(async (error) => console.error(`app: ${error.stack ?? error}`));

await app.start(transport === "socket" ? undefined : { port: Number(port), host: "127.0.0.1" });
console.log("ready");

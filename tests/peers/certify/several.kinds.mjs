// What is judged of an app that is installed in several workspaces: each check gets the first workspace and where the app listens.
import { same } from "./workspace.mjs";

/** A person lets the app in, over the app's own page and the workspace's. */
async function install(w, address, user) {
  const start = await fetch(`${address}/slack/install`, { redirect: "manual" });
  same(start.status, 302, "the answer of the app's page");
  const { redirect } = await w.post("/authorize", { user, url: start.headers.get("location") });
  const back = await fetch(redirect);
  same(back.status, 200, `the app's answer to ${redirect.split("?")[0]}`);
}

const bots = async (w, channel) => (await w.messages("alice", channel)).filter((one) => one.bot_id && !one.ephemeral).map((one) => one.text);

/** What the app does in a workspace, there and nowhere else. */
async function answers(w, name, number) {
  const me = `${name} as U0BOT000${number}`;
  same((await w.command("go")).ok, true, `the command in ${name}`);
  await w.message(`in ${me}, said to be T0SIM000${number}`);
  await w.message("answered privately");
  const view = await w.when("modal", async () => (await w.views("alice")).at(-1));
  same((await w.post("/submit", { user: "alice", view_id: view.id, values: {} })).closed, true, "the modal");
  await w.message(`sent in ${me}`, { channel: "dm" });
  const ts = await w.say("alice", "data", "@patchbay are you here?");
  await w.message(`heard in ${me}`, { channel: "data", thread_ts: ts });
}

export const several = {
  "two workspaces: installed in each over OAuth, answered with the token of each": async (first, address) => {
    const second = first.within("Second");
    await install(first, address, "bob");
    await install(second, address, "alice");
    await answers(second, "Second", 2);
    same(await bots(first, "general"), [], "what the app said in the other workspace");
    await answers(first, "Simulated", 1);
    same(await bots(second, "general"), ["in Second as U0BOT0002, said to be T0SIM0002"], "what it said in the second");
  },
  "two workspaces: one lets the app go and takes it back, the other keeps it": async (first, address) => {
    const second = first.within("Second");
    await second.post("/app", { what: "uninstall" });
    const { error } = await second.command("go");
    same(error.includes("not a valid command"), true, `“${error}”`);
    const ts = await first.say("alice", "general", "@patchbay still here?");
    await first.message("heard in Simulated as U0BOT0001", { thread_ts: ts });
    await install(second, address, "bob");
    const again = await second.say("alice", "general", "@patchbay back again?");
    await second.message("heard in Second as U0BOT0002", { thread_ts: again });
  },
};

// Nobody is kept out: axe-core judges the page in many states, and a person goes about with the keyboard alone.
// Usage: node accessibility.mjs PLAYGROUND SIMULATOR, the addresses of a fresh playground and of a simulator without an app that has a second
// and a third workspace.
import assert from "node:assert/strict";
import { violations } from "./lib/axe.mjs";
import { freshPage, launch } from "./lib/browser.mjs";
import { messages, startGallery } from "./lib/gallery.mjs";
import { keyboard } from "./lib/keyboard.mjs";
import { Person } from "./lib/person.mjs";
import { interrupted, language, threads } from "./lib/threads.mjs";
import { newsFromTheSecond, workspaces } from "./lib/workspaces.mjs";

const [playground, simulator] = process.argv.slice(2);
assert.ok(playground && simulator, "Usage: node accessibility.mjs <address of a playground> <address of a simulator>");

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone, light", { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ["phone, dark", { colorScheme: "dark", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
];

const troubles = [];
const found = [];
let looks = 0;
const browser = await launch();
const gallery = await startGallery(simulator);
try {
  await keyboard(await someone(playground, "alice"));
  await workspaces(await someone(simulator, "alice"));
  await threads(await someone(simulator, "alice"), gallery.call);
  await language(await someone(simulator, "alice"), gallery.call);
  // What goes wrong there is the point of it.
  await interrupted(new Person(await freshPage(browser, []), simulator, "alice"));
  for (const [name, blocks] of Object.entries(messages)) await gallery.call("chat.postMessage", { channel: "general", text: name, blocks });
  for (const [look, options] of LOOKS) {
    await inThePlayground(look, await someone(playground, "alice", options));
    await inTheGallery(look, await someone(simulator, "alice", options));
  }
  assert.deepEqual(troubles, [], "Nothing goes wrong behind the scenes.");
  assert.ok(found.length === 0, `${found.length} violations:\n${found.join("\n")}`);
  console.log(`${looks} states without a serious violation`);
} finally {
  gallery.stop();
  await browser.close();
}

async function someone(url, name, options = {}) {
  return new Person(await freshPage(browser, troubles, { reducedMotion: "reduce", ...options }), url, name);
}

async function judge(person, look, state) {
  looks += 1;
  found.push(...(await violations(person.page, `${state} (${look})`)));
}

/** What people of the product see: after the story of `keyboard`, Alice has a connection and an answer. */
async function inThePlayground(look, alice) {
  const { page } = alice;
  await alice.opens("data");
  await page.getByTestId("empty").waitFor();
  await judge(alice, look, "an empty channel");
  await alice.opens("general");
  await (await alice.reads("1 reply")).getByTestId("thread-open").click();
  await alice.reads("demo/planner", alice.thread);
  await judge(alice, look, "an answered thread");
  await page.getByTestId("thread-close").click();
  for (const [command, shown] of [["/mcp", "What would you like to do?"], ["/mcp connect postgres", "Connect PostgreSQL"], ["/mcp tools", "3 tools, 3 on"]]) {
    await alice.types(command);
    await alice.sees(shown);
    await judge(alice, look, command);
    await alice.leavesForms();
  }
  await alice.types("/mcp list");
  const list = await alice.reads("You have 1 connection");
  await alice.clicks("Disconnect", list);
  await page.getByTestId("confirm").waitFor();
  await judge(alice, look, "a confirmation");
  await page.getByTestId("confirm-no").click();
  await alice.opensHome("Workspace");
  await judge(alice, look, "the Home");
  await page.context().close();
}

async function inTheGallery(look, alice) {
  const { page } = alice;
  await alice.opens("general");
  await alice.reads("With a button beside it");
  await judge(alice, look, "every block");
  await newsFromTheSecond(alice);
  await page.getByTestId("workspace-unread").waitFor({ state: "attached" });
  if (look.startsWith("phone")) {
    await page.getByTestId("menu").click();
    await page.getByTestId("channel-link").first().waitFor();
    await judge(alice, look, "the sidebar");
    await alice.presses("Escape");
  } else await judge(alice, look, "something unread in another workspace");
  await alice.composer.focus();
  await page.keyboard.type("/mcp c");
  await page.locator("#composer [data-testid=completion]").waitFor();
  await judge(alice, look, "completion");
  await alice.composer.fill("");
  await page.getByTestId("inspector-toggle").click();
  await page.getByTestId("log-entry").last().click();
  await judge(alice, look, "the protocol inspector");
  await page.getByTestId("inspector-close").click();
  await page.getByRole("button", { name: "More actions" }).last().click();
  await page.getByRole("menuitem").first().waitFor();
  await judge(alice, look, "an open menu");
  await alice.presses("Escape");
  await alice.types("/mcp form");
  await alice.sees("Every input");
  await judge(alice, look, "every input");
  await page.getByTestId("modal-submit").click();
  await alice.sees("Fill in this field to go on.");
  await judge(alice, look, "a field with an error");
  await alice.leavesForms();
  await alice.opens("general", "third");
  await page.getByTestId("empty").waitFor();
  await judge(alice, look, "a workspace without the app");
  await page.goto(`${simulator}/oauth/v2/authorize?client_id=1234567890.0987654321&scope=chat:write&redirect_uri=http://127.0.0.1:9/back`);
  await judge(alice, look, "the page that lets the app in");
  await page.context().close();
}

// A newcomer's first ten minutes, in a real browser: `node story.mjs http://127.0.0.1:PORT` of a fresh playground.
// With PATCHBAY_STORY_POSTGRES_URL, a database with the sample in it, a second connection is made to that.
import assert from "node:assert/strict";
import { freshPage, launch } from "./lib/browser.mjs";
import { Person } from "./lib/person.mjs";

const QUESTION = "show me all users from my database";
const url = process.argv[2];
assert.ok(url, "Usage: node story.mjs <address of a playground>");
const postgres = process.env.PATCHBAY_STORY_POSTGRES_URL;

const troubles = [];
const browser = await launch();
try {
  const alice = new Person(await freshPage(browser, troubles), url, "alice");
  const bob = new Person(await freshPage(browser, troubles), url, "bob");
  await chapter("the page comes up", alice, () => opening(alice));
  await chapter("alice changes and takes back what she wrote", alice, () => changing(alice));
  await chapter("alice connects the sample database", alice, () => connecting(alice));
  await chapter("alice asks in a channel", alice, () => asking(alice));
  await chapter("bob asks the same and has nothing connected", bob, () => other(bob));
  await chapter("alice asks in a direct message", alice, () => direct(alice));
  await chapter("alice looks after her connection", alice, () => looking(alice));
  if (postgres) await chapter("alice connects PostgreSQL as well", alice, () => second(alice));
  await chapter("alice disconnects", alice, () => disconnecting(alice));
  assert.deepEqual(troubles, [], "Nothing goes wrong behind the scenes.");
} finally {
  await browser.close();
}

/** Runs a part of the story; when it fails, says which it was and what was on the screen. */
async function chapter(title, person, tell) {
  const began = Date.now();
  try {
    await tell();
  } catch (error) {
    const screen = await person.page.locator("body").innerText().catch(() => "(no page)");
    console.error(`\nFailed: ${title}\n\nOn ${person.name}'s screen:\n${screen}\n\nBehind the scenes:\n${troubles.join("\n") || "nothing went wrong"}\n`);
    throw error;
  }
  console.log(`${title}: ${Date.now() - began} ms`);
}

async function opening(alice) {
  await alice.page.goto(url);
  await alice.composer.waitFor();
  assert.match(alice.page.url(), /#\/alice\/general$/, "The address says who and where one is.");
  await alice.page.getByTestId("empty").filter({ hasText: "This is #general" }).waitFor();
}

async function changing(alice) {
  await alice.types("hello eveyone");
  await alice.chooses("Edit message", await alice.reads("hello eveyone"));
  await alice.page.getByTestId("edit-input").fill("hello everyone");
  await alice.presses("Enter");
  await alice.chooses("Delete message", await alice.reads("hello everyone (edited)"));
  await alice.page.getByTestId("confirm-yes").click();
  await alice.page.getByTestId("empty").waitFor();
  // A shortcut needs no command, and so works from threads as well.
  await alice.page.getByTestId("composer-shortcuts").click();
  await alice.page.getByRole("menuitem", { name: "Connect a service" }).click();
  await alice.sees("Choose a service to connect:");
  await alice.leavesForms();
}

async function connecting(alice) {
  await alice.composer.focus();
  await alice.page.keyboard.type("/mcp conn");
  await alice.page.getByTestId("completion").getByRole("option", { name: "connect" }).waitFor();
  await alice.presses("Tab");
  assert.match(await alice.composer.inputValue(), /^\/mcp connect\s*$/);
  await alice.presses("Enter");
  await alice.sees("Choose a service to connect:");
  await alice.clicks("SQLite");
  await alice.sees("Connect SQLite");
  await alice.fills("Name", "My Shop");
  await alice.presses("Enter");
  await alice.sees("1 to 30 letters");
  await alice.fills("Name", "shop");
  await alice.presses("Enter");
  await alice.sees("Connected! 3 database tools now available");
  await alice.leavesForms();
  const message = await alice.reads("Connected! 3 database tools now available");
  assert.equal(await message.getAttribute("data-ephemeral"), "true", "What a command answers is private.");
}

async function asking(alice) {
  await alice.types(`@patchbay ${QUESTION}`);
  // The thread opens by itself when the answer begins.
  const answer = await alice.reads("demo/planner", alice.thread);
  const head = await answer.locator("thead th").allInnerTexts();
  assert.deepEqual(head.slice(0, 4), ["id", "name", "email", "role"]);
  assert.equal(await answer.locator("tbody tr").count(), 20);
  assert.match(await answer.innerText(), /execute_sql.*20 rows/, "A receipt names the tools that ran.");
  assert.match(alice.page.url(), /#\/alice\/general\/t\/\d+\.\d+$/);
  await alice.reads("1 reply");
  await alice.page.getByTestId("thread-close").click();
}

async function other(bob) {
  await bob.opens("general");
  await bob.reads(QUESTION);
  assert.equal(await bob.channel.getByText("Connected!").count(), 0, "Bob does not see what only Alice was told.");
  await bob.types(`@patchbay ${QUESTION}`);
  const answer = await bob.reads("/mcp connect", bob.thread);
  assert.equal(await answer.locator("table").count(), 0, "Bob gets nothing from Alice's database.");
  await bob.types("/mcp list");
  await bob.reads("You have no connections yet");
}

async function direct(alice) {
  await alice.goesTo("patchbay");
  await alice.types("how many customers are there?");
  const answer = await alice.reads("demo/planner");
  assert.match(await answer.innerText(), /There are 64 rows in customers/);
  // A join: the demo model looks at several tables at once.
  await alice.types("top 5 customers by revenue");
  const top = await alice.reads(/sum.*demo\/planner/);
  assert.equal(await top.locator("tbody tr").count(), 5);
  await alice.goesTo("general");
}

async function looking(alice) {
  await alice.types("/mcp list");
  const list = await alice.reads("You have 1 connection");
  assert.match(await list.innerText(), /shop\s+SQLite[\s\S]*works/);
  await alice.types("/mcp tools");
  await alice.sees("3 tools, 3 on");
  await alice.leavesForms();
  await alice.types("/mcp test");
  await alice.reads(/shop works: 3 tools/);
  await alice.clicks("Test", list);
}

async function second(alice) {
  await alice.types("/mcp connect postgres");
  await alice.sees("Connect PostgreSQL");
  await alice.fills("Connection URL", postgres);
  await alice.presses("Enter");
  await alice.sees("Connected! 6 database tools now available");
  await alice.leavesForms();
  await alice.types("@patchbay how many orders are in postgres?");
  await alice.reads(/execute_sql/, alice.thread);
  await alice.page.getByTestId("thread-close").click();
  const password = new URL(postgres).password;
  assert.ok(!(await alice.page.content()).includes(password), "The password is nowhere on the page.");
  await alice.types("/mcp disconnect postgres");
  const question = await alice.reads("Disconnect postgres?");
  await alice.clicks("Disconnect", question);
  await alice.reads("Disconnected postgres");
}

async function disconnecting(alice) {
  await alice.types("/mcp list");
  const list = await alice.reads("You have 1 connection");
  await alice.clicks("Disconnect", list);
  const sure = alice.page.getByTestId("confirm");
  await sure.getByText("stops working at once").waitFor();
  await alice.clicks("Cancel", sure);
  await alice.clicks("Disconnect", list);
  await alice.page.getByTestId("confirm-yes").click();
  await alice.reads("Disconnected shop");
  await alice.types(`@patchbay ${QUESTION}`);
  await alice.reads("/mcp connect", alice.thread);
}

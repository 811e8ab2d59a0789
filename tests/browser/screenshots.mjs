// Takes the pictures of the documentation: `node screenshots.mjs [http://127.0.0.1:PORT]` of a fresh playground.
// Without an address it starts the program that `cargo build` made.
import { fileURLToPath } from "node:url";
import { freshPage, launch } from "./lib/browser.mjs";
import { Person } from "./lib/person.mjs";
import { startPlayground } from "./lib/playground.mjs";

const PICTURES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const WIDE = { width: 1440, height: 900 };

const troubles = [];
const playground = process.argv[2] ? null : await startPlayground();
const url = process.argv[2] ?? playground.url;
const browser = await launch();
try {
  const alice = await someone("alice");
  await connecting(alice);
  await talking(alice);
  await wide(alice);
  await inspecting(alice);
  await answering(alice);
  await dark();
  await phone();
  if (troubles.length) throw new Error(`On the way:\n${troubles.join("\n")}`);
} finally {
  await browser.close();
  await playground?.stop();
}

async function someone(name, options = {}) {
  return new Person(await freshPage(browser, troubles, { viewport: WIDE, reducedMotion: "reduce", ...options }), url, name);
}

/** A picture of the page as it is, without the marks of a mouse or a caret. */
async function picture(person, name, options = {}) {
  await person.page.mouse.move(0, 0);
  await person.page.evaluate(() => document.fonts.ready);
  await person.page.waitForTimeout(300);
  await person.page.screenshot({ path: `${PICTURES}${name}.png`, caret: "hide", ...options });
  console.log(`${name}.png`);
}

/** The form that connects the sample database. */
async function connecting(alice) {
  await alice.opens("general");
  await alice.types("/mcp connect");
  await alice.sees("Choose a service to connect:");
  await alice.clicks("PostgreSQL");
  await alice.sees("Connect PostgreSQL");
  await alice.page.evaluate(() => document.activeElement.blur());
  await picture(alice, "connect", { clip: { x: 330, y: 130, width: 780, height: 640 } });
  await alice.leavesForms();
  await alice.types("/mcp connect sqlite");
  await alice.sees("Connect SQLite");
  await alice.fills("Name", "shop");
  await alice.presses("Enter");
  await alice.sees("Connected! 3 database tools now available");
  await alice.leavesForms();
}

/** A channel in which things were asked and answered. */
async function talking(alice) {
  const bob = await someone("bob");
  await bob.opens("general");
  await ask(alice, "how many orders are there per status?");
  await ask(alice, "top 5 customers by revenue");
  await bob.types("Nice. And who looks after the support tickets?");
  await bob.reads("And who looks after");
  await ask(alice, "show me all users from my database");
  await bob.page.context().close();
}

async function ask(person, question) {
  await person.types(`@patchbay ${question}`);
  await person.reads("demo/planner", person.thread);
  await person.page.getByTestId("thread-close").click();
  await person.thread.waitFor({ state: "hidden" });
}

async function openThread(person, question) {
  const message = await person.reads(question);
  await message.getByTestId("thread-open").click();
  await person.reads("demo/planner", person.thread);
}

/** The picture of the README: a channel, and a thread with a table. */
async function wide(alice) {
  await openThread(alice, "show me all users");
  await alice.thread.locator(".scroller").evaluate((scroller) => scroller.scrollTo(0, 0));
  await picture(alice, "playground");
}

async function inspecting(alice) {
  await alice.page.getByTestId("inspector-toggle").click();
  await alice.page.getByTestId("inspector").getByTestId("log-entry").filter({ hasText: "chat.stopStream" }).last().click();
  await picture(alice, "inspector");
  await alice.page.getByTestId("inspector-toggle").click();
  await alice.page.getByTestId("thread-close").click();
}

/** One answer from question to receipt. */
async function answering(alice) {
  await alice.page.setViewportSize({ ...WIDE, height: 760 });
  await openThread(alice, "top 5 customers");
  await picture(alice, "answer", { clip: await alice.thread.boundingBox() });
}

async function dark() {
  const alice = await someone("alice", { colorScheme: "dark" });
  await alice.opens("general");
  await openThread(alice, "top 5 customers");
  await picture(alice, "dark");
}

async function phone() {
  const alice = await someone("alice", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await alice.opens("general");
  await openThread(alice, "top 5 customers");
  await picture(alice, "phone");
}

// Every screen of the product, as a person comes to it: each entry is a picture of the guide, docs/images/guide/NAME.png.
import { TOKEN } from "./services.mjs";

/** What was connected, asked and said before any picture is taken. `services` are those of services.mjs. */
export async function prepare(alice, bob, services) {
  await alice.opens("general");
  await connect(alice, "sqlite", { Name: "shop" });
  await connect(alice, "github", { Name: "code", "Access token": TOKEN, "API address": services.github });
  await bob.opens("general");
  await bob.types("Do we know which customers came back this year?");
  for (const question of ["how many orders are there per status?", "top 5 customers by revenue"]) {
    await ask(alice, question);
    await alice.page.getByTestId("thread-close").click();
    await alice.thread.waitFor({ state: "hidden" });
  }
}

/** `who` looks; `show` brings the screen up and gives what to take a picture of; a `tall` one needs a tall window. */
export const screens = [
  { name: "connect-services", who: "alice", show: (alice) => form(alice, "/mcp connect", "Choose a service to connect:") },
  { name: "connect-form", who: "alice", show: (alice) => form(alice, "/mcp connect postgres", "Connect PostgreSQL") },
  { name: "connect-field", who: "alice", show: async (alice) => {
    await form(alice, "/mcp connect github", "Connect GitHub");
    await alice.fills("Access token", "my-password");
    await alice.presses("Enter");
    await alice.modal.getByTestId("field-error").filter({ hasText: /\S/ }).first().waitFor();
    return alice.modal;
  } },
  { name: "list-nothing", who: "bob", show: (bob) => told(bob, "/mcp list", "no connections yet") },
  { name: "connect-connected", who: "bob", show: async (bob) => {
    await form(bob, "/mcp connect sqlite", "Connect SQLite");
    await bob.fills("Name", "shop");
    await bob.presses("Enter");
    await bob.sees("Connected! 3 database tools now available");
    return bob.modal;
  } },
  { name: "connect-failed", who: "alice", show: async (alice) => {
    await form(alice, "/mcp connect postgres", "Connect PostgreSQL");
    await alice.fills("Connection URL", "postgresql://reader:secret@127.0.0.1:1/shop");
    await alice.presses("Enter");
    await alice.sees("Nothing answers");
    return alice.modal;
  } },
  { name: "list", who: "alice", show: (alice) => told(alice, "/mcp list", "You have 2 connections") },
  { name: "tools", who: "alice", show: (alice) => form(alice, "/mcp tools shop", "3 tools, 3 on") },
  { name: "tools-pages", who: "alice", show: (alice) => form(alice, "/mcp tools code", "22 tools, 22 on") },
  { name: "test", who: "alice", show: (alice) => told(alice, "/mcp test", "works") },
  { name: "disconnect", who: "alice", show: (alice) => told(alice, "/mcp disconnect shop", "Disconnect shop?") },
  { name: "disconnect-which", who: "alice", show: (alice) => told(alice, "/mcp disconnect", "Which one should be removed?") },
  { name: "usage", who: "alice", show: (alice) => told(alice, "/mcp usage", "Your usage") },
  { name: "model", who: "alice", show: (alice) => told(alice, "/mcp model", "Your questions are answered by") },
  { name: "channel", who: "alice", show: (alice) => told(alice, "/mcp channel", "I answer when I am mentioned") },
  { name: "help", who: "alice", show: (alice) => told(alice, "/mcp help", "Your tools, in any conversation") },
  { name: "menu", who: "alice", show: (alice) => form(alice, "/mcp", "What would you like to do?") },
  { name: "workspace", who: "alice", tall: true, show: async (alice) => (await alice.opensHome("Workspace")).locator(".home-page") },
  { name: "asking-channel", who: "alice", show: async (alice) => {
    await alice.opens("general");
    await inside(alice, "top 5 customers by revenue");
    await alice.reads("demo/planner", alice.thread);
    return alice.thread;
  } },
  { name: "asking-direct", who: "bob", show: async (bob) => {
    await bob.opens("@patchbay");
    await bob.types("what can you do?");
    await bob.reads("demo/planner");
    return bob.page.locator("#main");
  } },
  { name: "asking-thread", who: "alice", show: async (alice) => {
    await alice.opens("general");
    await inside(alice, "how many orders are there per status?");
    await alice.page.locator("#thread-input").fill("@patchbay list");
    await alice.presses("Enter");
    await alice.reads("You have 2 connections", alice.thread);
    return alice.thread;
  } },
  { name: "approvals", who: "alice", show: async (alice) => {
    await alice.opens("data");
    await begin(alice, "create an issue in acme/web titled \"The window sticks\"");
    await alice.reads("May I run", alice.thread);
    return alice.thread.getByTestId("messages");
  }, after: async (alice) => {
    await alice.clicks("Deny", await alice.reads("May I run", alice.thread));
    await alice.reads("demo/planner", alice.thread);
  } },
  { name: "approvals-done", who: "alice", show: async (alice) => {
    await alice.opens("data");
    await begin(alice, "create an issue in acme/web titled \"The window sticks\"");
    await alice.clicks("Approve", await alice.reads("May I run", alice.thread));
    await alice.reads("demo/planner", alice.thread);
    return alice.thread.getByTestId("messages");
  } },
  { name: "stop", who: "alice", show: async (alice) => {
    await alice.opens("data");
    await alice.types("/mcp model house/careful");
    await alice.reads("house/careful, the one you chose");
    await begin(alice, "what stands out in our sales this year?");
    await alice.reads("the rest together", alice.thread);
    await alice.thread.getByTestId("stop").waitFor();
    return alice.thread.getByTestId("messages");
  } },
  { name: "stop-stopped", who: "alice", show: async (alice) => {
    await alice.opens("data");
    await inside(alice, "what stands out in our sales this year?");
    await alice.reads("the rest together", alice.thread);
    await alice.thread.getByTestId("stop").click();
    await alice.reads("Stopped", alice.thread);
    await alice.thread.getByTestId("stop").waitFor({ state: "hidden" });
    return alice.thread.getByTestId("messages");
  }, after: async (alice) => {
    await alice.page.getByTestId("thread-close").click();
    await alice.types("/mcp model default");
    await alice.reads("demo/planner, the default");
  } },
  { name: "feedback", who: "alice", show: async (alice) => {
    await alice.opens("general");
    await inside(alice, "top 5 customers by revenue");
    const answer = await alice.reads("demo/planner", alice.thread);
    await alice.clicks("Good answer", answer);
    return answer;
  } },
  { name: "shortcuts", who: "alice", show: async (alice) => {
    await alice.opens("general");
    const message = await alice.reads("Do we know which customers came back this year?");
    await message.scrollIntoViewIfNeeded();
    await message.focus();
    await message.getByTestId("message-more").click();
    await alice.page.getByRole("menuitem").first().waitFor();
    return alice.page.locator("#main");
  }, after: (alice) => alice.presses("Escape") },
  { name: "shortcuts-ask", who: "alice", show: async (alice) => {
    await alice.opens("general");
    const message = await alice.reads("Do we know which customers came back this year?");
    await message.scrollIntoViewIfNeeded();
    await message.focus();
    await message.getByTestId("message-more").click();
    await alice.page.getByRole("menuitem", { name: "Ask" }).click();
    await alice.sees("Your question");
    return alice.modal;
  } },
  { name: "home", who: "bob", tall: true, show: async (bob) => (await bob.opensHome("You have 1")).locator(".home-page"), after: disconnect },
  { name: "errors-meant", who: "alice", show: (alice) => told(alice, "/mcp tset", "Did you mean") },
  { name: "errors-test", who: "alice", show: (alice) => told(alice, "/mcp test shp", "no connection called") },
  { name: "language", who: "bob", show: async (bob) => {
    await speaks(bob, "Deutsch");
    return told(bob, "/mcp list", "Du hast");
  }, after: (bob) => speaks(bob, "English (US)") },
];

async function connect(person, service, fields) {
  await form(person, `/mcp connect ${service}`, "Connect");
  for (const [label, text] of Object.entries(fields)) await person.fills(label, text);
  await person.presses("Enter");
  await person.sees("now available");
  await person.leavesForms();
}

async function ask(person, question) {
  await begin(person, question);
  await person.reads("demo/planner", person.thread);
}

/** Asks in a channel and looks into the thread; on a phone none opens by itself. */
async function begin(person, question) {
  const before = await person.channel.getByTestId("message").filter({ hasText: question }).count();
  await person.types(`@patchbay ${question}`);
  const asked = person.channel.getByTestId("message").filter({ hasText: question }).nth(before);
  await asked.getByTestId("thread-open").waitFor();
  if (person.page.viewportSize().width < 900) await asked.getByTestId("thread-open").click();
  await person.thread.waitFor();
}

/** Looks into the thread of a question. */
async function inside(person, question) {
  await (await person.reads(question)).getByTestId("thread-open").click();
  await person.thread.waitFor();
}

/** Opens a form by a command. */
async function form(person, command, words) {
  if (!(await person.composer.isVisible())) await person.opens("general");
  await person.types(command);
  await person.sees(words);
  return person.modal;
}

/** What a command answers. */
async function told(person, command, words) {
  await person.opens("general");
  const before = await person.channel.getByTestId("message").filter({ hasText: words }).count();
  await person.types(command);
  await person.channel.getByTestId("message").filter({ hasText: words }).nth(before).waitFor();
  return person.reads(words);
}

/** Takes away what was connected on the way, so that another round begins from the same. */
async function disconnect(person) {
  const question = await told(person, "/mcp disconnect shop", "Disconnect shop?");
  await person.clicks("Disconnect", question);
  await person.reads("Disconnected shop");
}

/** Chooses the language in which a person uses the workspace. */
async function speaks(person, language) {
  const narrow = person.page.viewportSize().width < 900;
  if (narrow) await person.page.getByTestId("menu").click();
  await person.page.getByTestId("language").click();
  await person.page.getByRole("menuitem", { name: language }).click();
  await person.page.getByTestId("language").filter({ hasText: language }).waitFor();
  if (narrow) await person.presses("Escape");
}

// Takes the pictures of the documentation, of a fresh playground that it starts from what `cargo build` made.
// `node screenshots.mjs --looks FOLDER` instead takes every screen wide and on a phone, light and dark, to be looked at.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { freshPage, launch } from "./lib/browser.mjs";
import { Person } from "./lib/person.mjs";
import { startPlayground } from "./lib/playground.mjs";
import { prepare, screens } from "./lib/screens.mjs";
import { startServices } from "./lib/services.mjs";

const PICTURES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const WIDE = { width: 1440, height: 900 };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const LOOKS = {
  light: { colorScheme: "light" }, dark: { colorScheme: "dark" },
  "phone-light": { colorScheme: "light", ...PHONE }, "phone-dark": { colorScheme: "dark", ...PHONE },
};

const looks = process.argv[2] === "--looks" ? process.argv[3] : null;
const wanted = process.argv.slice(looks ? 4 : 2);
const troubles = [];
const browser = await launch();
try {
  if (looks) await lookAround(looks);
  else {
    if (!wanted.length) await readme();
    await guide();
  }
  if (troubles.length) throw new Error(`On the way:\n${troubles.join("\n")}`);
} finally {
  await browser.close();
}

/** The large pictures, of a workspace where little was done yet. */
async function readme() {
  const playground = await startPlayground();
  try {
    const of = (name, options) => someone(playground.url, name, options);
    const alice = await of("alice");
    await connecting(alice);
    await talking(alice, await of("bob"));
    await wide(alice);
    await inspecting(alice);
    await answering(alice);
    await dark(await of("alice", LOOKS.dark));
    await phone(await of("alice", PHONE));
  } finally {
    await leave();
    await playground.stop();
  }
}

/** A picture a screen for the guide: of the form, message or panel alone. */
async function guide() {
  await mkdir(`${PICTURES}guide`, { recursive: true });
  const viewport = { width: 1200, height: 800 };
  await everyScreen(["light"], { viewport }, async (person, { name, tall }, _look, shown) => {
    await person.page.setViewportSize(tall ? { ...viewport, height: 1600 } : viewport);
    await picture(person, `guide/${name}`, { of: shown });
    await person.page.setViewportSize(viewport);
  });
}

/** Whole pages in every look. */
async function lookAround(folder) {
  await mkdir(folder, { recursive: true });
  await everyScreen(Object.keys(LOOKS), {}, async (person, { name }, look) => {
    await settled(person);
    await person.page.screenshot({ path: `${folder}/${name}.${look}.png` });
  });
}

async function everyScreen(names, options, take) {
  const services = await startServices();
  const playground = await startPlayground(`[models.providers.house]
kind = "openai_compatible"
base_url = "${services.model}"
api_key = "any"
models = ["careful"]
`);
  try {
    const start = await Promise.all(["alice", "bob"].map((name) => someone(playground.url, name)));
    await prepare(...start, services);
    for (const look of names) {
      const people = {};
      for (const screen of screens) {
        const { name, who, show, after } = screen;
        const person = people[who] ??= await someone(playground.url, who, { ...options, ...LOOKS[look] });
        const shown = await show(person).catch((error) => { throw new Error(`${name} (${look})`, { cause: error }); });
        // Those that are not wanted still lead to those that are.
        if (!wanted.length || wanted.includes(name)) await take(person, screen, look, shown);
        await after?.(person);
        await person.leavesForms();
      }
      await leave();
    }
  } finally {
    await leave();
    await playground.stop();
    services.stop();
  }
}

async function someone(url, name, options = {}) {
  return new Person(await freshPage(browser, troubles, { viewport: WIDE, reducedMotion: "reduce", ...options }), url, name);
}

/** Closes every page: one that outlives its playground complains. */
async function leave() {
  for (const context of browser.contexts()) await context.close();
}

async function settled({ page }) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(300);
}

/** A picture of the page, or of a part of it, without the marks of a mouse or a caret. */
async function picture(person, name, { of = person.page, ...options } = {}) {
  await settled(person);
  await of.screenshot({ path: `${PICTURES}${name}.png`, caret: "hide", ...options });
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
async function talking(alice, bob) {
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

async function dark(alice) {
  await alice.opens("general");
  await openThread(alice, "top 5 customers");
  await picture(alice, "dark");
}

async function phone(alice) {
  await alice.opens("general");
  await openThread(alice, "top 5 customers");
  await picture(alice, "phone");
}

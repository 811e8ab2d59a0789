// A person without a mouse: connects, asks, opens a thread and a menu, and never loses the place of the focus.
import assert from "node:assert/strict";

/** Tells the story of `alice` on a fresh playground; leaves her with one connection and one answer in #general. */
export async function keyboard(alice) {
  const { page } = alice;
  await alice.opens("general");
  await alice.arrives();
  await fromTheTop(alice);
  await alice.presses("Tab");
  await focused("the way past the sidebar comes first", alice, { text: "Skip to the message box" });
  await alice.presses("Enter");
  await focused("and leads to the message box", alice, { testid: "composer-input" });

  await page.keyboard.type("/mcp conn");
  await page.getByTestId("completion").getByRole("option", { name: "connect" }).waitFor();
  await alice.presses("Escape");
  await page.locator("#composer [data-testid=completion]").waitFor({ state: "hidden" });
  await focused("Escape shuts the suggestions alone", alice, { testid: "composer-input" });
  await alice.composer.fill("");

  await page.keyboard.type("/mcp connect sqlite");
  await alice.presses("Enter");
  await alice.sees("Connect SQLite");
  await page.waitForFunction(() => document.activeElement.matches("[data-testid=modal] :is(input, textarea, select)"));
  for (let step = 0; step < 12; step += 1) {
    await alice.presses(step % 5 === 4 ? "Shift+Tab" : "Tab");
    assert.ok(await page.evaluate(() => Boolean(document.activeElement.closest("[data-testid=modal]"))), "Tab stays in the form.");
  }
  await alice.presses("Escape");
  await alice.modal.waitFor({ state: "detached" });
  await focused("a form gives the focus back", alice, { testid: "composer-input" });

  await page.keyboard.type("/mcp connect sqlite");
  await alice.presses("Enter");
  await alice.sees("Connect SQLite");
  await alice.fills("Name", "shop");
  await alice.presses("Enter");
  await alice.sees("Connected! 3 database tools now available");
  await alice.leavesForms();
  await focused("also after it was sent", alice, { testid: "composer-input" });

  await page.keyboard.type("@patchbay how many orders are there per status?");
  await alice.presses("Enter");
  await alice.reads("demo/planner", alice.thread);
  await page.locator("#thread-input").focus();
  await alice.presses("Escape");
  await alice.thread.waitFor({ state: "hidden" });
  await focused("a closed thread gives the focus back", alice, { testid: "composer-input" });

  await alice.reads("1 reply");
  await backTo(alice, ".msg");
  const last = await current(alice);
  await alice.presses("ArrowUp");
  const above = await current(alice);
  assert.notEqual(above.ts, last.ts, "Arrow keys walk the messages.");
  await alice.presses("ArrowDown");
  assert.equal((await current(alice)).ts, last.ts);
  await forwardTo(alice, "[data-testid=message-more]");
  await alice.presses("Enter");
  await page.getByRole("menuitem").first().waitFor();
  await page.waitForFunction(() => document.activeElement.matches("[role=menuitem]"));
  await alice.presses("Escape");
  await focused("a menu gives the focus back", alice, { testid: "message-more" });

  await backTo(alice, "[data-testid=inspector-toggle]");
  await alice.presses("Enter");
  await page.getByTestId("inspector").waitFor();
  await forwardTo(alice, "[data-testid=inspector-filter]");
  await alice.presses("Escape");
  await page.getByTestId("inspector").waitFor({ state: "hidden" });
  await focused("the inspector gives the focus back", alice, { testid: "inspector-toggle" });

  const order = await stops(alice);
  const at = (mark) => order.findIndex((stop) => stop.includes(mark));
  const marks = ["skip", "channel-link", "person", "inspector-toggle", "message", "composer-input", "composer-send"].map(at);
  assert.ok(marks.every((place) => place >= 0), `Tab reaches everything: ${order.join(", ")}`);
  assert.deepEqual(marks, [...marks].sort((a, b) => a - b), `Tab goes from the top left to the bottom right: ${order.join(", ")}`);
  await page.context().close();
}

/** Waits until the focus is where it should be; the page may need a moment to give it back. */
async function focused(what, person, { testid, text }) {
  const there = person.page.waitForFunction(([testid, text]) => {
    const here = document.activeElement;
    return testid ? here.dataset.testid === testid : here.textContent === text;
  }, [testid, text]);
  await there.catch(async () => assert.fail(`${what}; the focus is at ${JSON.stringify(await current(person))}`));
}

function current(person) {
  return person.page.evaluate(() => {
    const { tagName, className, dataset } = document.activeElement;
    return { tag: tagName, name: className, testid: dataset.testid, ts: dataset.ts };
  });
}

const MOST_STEPS = 60;

/** As if the page had just come up: the next Tab goes to the first thing on it. */
function fromTheTop(person) {
  return person.page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
}

async function forwardTo(person, selector, key = "Tab") {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await person.presses(key);
    if (await person.page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
  }
  assert.fail(`${key} does not reach ${selector}`);
}

const backTo = (person, selector) => forwardTo(person, selector, "Shift+Tab");

/** Where Tab stops, from the top of the page until it leaves it. */
async function stops(person) {
  await fromTheTop(person);
  const seen = [];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await person.presses("Tab");
    const stop = await person.page.evaluate(() => document.activeElement === document.body ? null : document.activeElement.dataset.testid ?? (document.activeElement.className || document.activeElement.tagName));
    if (stop === null || (step > 0 && stop === seen[0])) break;
    seen.push(stop);
  }
  return seen;
}

// Threads beside a channel, and the ways to a message: what opens by itself, what never does, and where the focus stays.
import assert from "node:assert/strict";

const LONG = Array.from({ length: 60 }, (_, line) => `Line ${line} ${"of words that need more room in a narrow place ".repeat(4)}`).join("\n");

/** Tells the story of `alice` in #data; the app speaks through `call(method, body)`. */
export async function threads(alice, call) {
  const { page, composer, thread } = alice;
  const answer = (ts, text) => call("chat.postMessage", { channel: "data", thread_ts: ts, text });
  const asks = async (text) => {
    await alice.types(text);
    return (await alice.reads(text)).getAttribute("data-ts");
  };
  await alice.opens("data");
  await alice.arrives();
  await call("chat.postMessage", { channel: "data", text: LONG });
  await alice.reads("Line 59");

  const first = await asks("the first question");
  await answer(first, "the first answer");
  await alice.reads("the first answer", thread);
  assert.equal(await focus(page), "composer-input", "a thread that opens leaves the focus where it was");
  await inSight(page, first, "what was at the end stays in sight beside a thread");

  const [second, third] = [await asks("the second question"), await asks("the third question")];
  await answer(second, "the second answer");
  await answer(third, "the third answer");
  await replied(page, third);
  await call("chat.postEphemeral", { channel: "C0DATA001", user: "U0ALICE01", thread_ts: first, text: "for her alone" });
  await alice.reads("for her alone", thread);
  await thread.getByText("1 reply").waitFor();
  await page.locator("#thread-input").focus();
  await alice.presses("Escape");
  await thread.waitFor({ state: "hidden" });
  await alice.arrives();
  await page.keyboard.type("one text");
  await answer(second, "the second answer goes on");
  await replied(page, second, "2 replies");
  assert.ok(await thread.isHidden(), "closing a thread opens no other");

  await composer.fill("");
  const fourth = await asks("the fourth question");
  await page.keyboard.type("a text is ");
  await answer(fourth, "the fourth answer");
  await replied(page, fourth);
  await page.keyboard.type("not split");
  assert.ok(await thread.isHidden(), "no thread opens beside a text that is being written");
  assert.equal(await composer.inputValue(), "a text is not split");
  await composer.fill("");

  await links(alice, call, first);
  await page.context().close();
}

/** Links to messages, which lead to them inside the page and from outside of it. */
async function links(alice, call, root) {
  const { page } = alice;
  const address = async (ts) => (await call("chat.getPermalink", { channel: "C0DATA001", message_ts: ts })).permalink;
  const reply = (await call("chat.postMessage", { channel: "data", thread_ts: root, text: "the linked answer" })).ts;
  const link = await address(reply);
  await call("chat.postMessage", { channel: "general", text: `It is <${link}|here>.` });
  await alice.goesTo("general");
  await (await alice.reads("It is here.")).getByRole("link").click();
  await page.locator("#channel-title", { hasText: "data" }).waitFor();
  await pointed(page, reply);
  await inSight(page, root, "and so is the beginning of its thread");

  const comes = async (to) => {
    const tab = await page.context().newPage();
    await tab.goto(to);
    return tab;
  };
  const inThread = await comes(link);
  await pointed(inThread, reply);
  assert.match(inThread.url(), new RegExp(`#/alice/data/t/${root}$`));
  await inThread.getByTestId("thread-close").click();
  await inThread.getByTestId("thread").waitFor({ state: "hidden" });
  const high = await comes(await address(root));
  await pointed(high, root);
  await inSight(high, root, "a message high up is brought into sight");

  await call("chat.delete", { channel: "data", ts: reply });
  const told = async (to, words) => (await comes(to)).getByTestId("notice").filter({ hasText: words }).waitFor();
  await told(link, "The message that this link leads to is gone.");
  await told(link.replace("C0DATA001", "C0NOWHERE1"), "a conversation that is not here");
}

/** Dates in the language of a person, and the workspace's own command. */
export async function language(alice, call) {
  const { page } = alice;
  const chooses = async (name) => {
    await page.getByTestId("language").click();
    await page.getByText("Which languages it speaks is up to the app.").waitFor();
    await page.getByRole("menuitem", { name }).click();
  };
  await alice.opens("data");
  await alice.arrives();
  const noon = new Date().setHours(19, 5, 0, 0) / 1000;
  await call("chat.postMessage", { channel: "data", text: `Asked <!date^${noon}^{date_short_pretty} {time}|then>.` });
  await alice.reads(/Asked today 7:05\sPM\./);
  await chooses("Deutsch");
  await alice.reads("Asked heute 19:05.");
  await page.locator(".day", { hasText: "Heute" }).first().waitFor();
  await chooses("English (US)");
  await alice.reads(/Asked today 7:05\sPM\./);
  await alice.types("/invite @patchbay");
  await page.getByTestId("notice").filter({ hasText: "@patchbay is already in #data." }).waitFor();
  await page.context().close();
}

/** A message that does not arrive is kept, and the word about it goes when the workspace is there again. */
export async function interrupted(alice) {
  const { page, composer } = alice;
  const trouble = page.locator("#composer").getByText("The workspace cannot be reached.");
  const gone = (route) => route.abort();
  for (const path of ["events", "say"]) await page.route(`**/sim/${path}?*`, gone);
  await alice.opens("data");
  await alice.arrives();
  await alice.types("said into nothing");
  await trouble.waitFor();
  await page.getByText("The connection to the workspace is lost.").waitFor();
  await page.unrouteAll();
  await trouble.waitFor({ state: "detached" });
  assert.equal(await composer.inputValue(), "said into nothing");
  await page.context().close();
}

const focus = (page) => page.evaluate(() => document.activeElement.id);

/** Waits until a message of the channel says how many replies it has. */
const replied = (page, ts, words = "1 reply") => page.locator(`#timeline [data-testid=thread-open][data-ts="${ts}"]`, { hasText: words }).waitFor();

/** Waits until the focus is on a message, which a link led to. */
const pointed = (page, ts) => page.waitForFunction((ts) => document.activeElement.dataset.ts === ts && document.activeElement.matches(".msg-pointed"), ts);

/** Waits until a message of the channel is within its window. */
function inSight(page, ts, what) {
  const there = page.waitForFunction((ts) => {
    const window = document.querySelector("#timeline .scroller").getBoundingClientRect();
    const message = document.querySelector(`#timeline .msg[data-ts="${ts}"]`).getBoundingClientRect();
    return message.top >= window.top && message.bottom <= window.bottom + 1;
  }, ts);
  return there.catch(() => assert.fail(what));
}

// A person in two workspaces: what is new in the other shows, drafts stay where they were begun, and nothing is mixed up.
import assert from "node:assert/strict";

const tile = (page, workspace) => page.locator(`[data-testid=workspace][data-workspace="${workspace}"]`);

let told = 0;
/** Bob writes in the second workspace; gives what he wrote. */
export async function newsFromTheSecond({ url }) {
  told += 1;
  const text = `News ${told} from the second`;
  const body = JSON.stringify({ user: "bob", channel: "general", text });
  const answer = await fetch(`${url}/sim/say?workspace=second-house`, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.ok(answer.ok, await answer.text());
  return text;
}

/** Alice, with the keyboard alone. */
export async function workspaces(alice) {
  const { page, composer } = alice;
  const title = (words) => page.waitForFunction((wanted) => document.title.includes(wanted), words);
  const walksTo = async (workspace) => {
    await alice.arrives();
    for (let step = 0; step < 40; step += 1) {
      if (await tile(page, workspace).evaluate((node) => node === document.activeElement)) return alice.presses("Enter");
      await alice.presses("Shift+Tab");
    }
    throw new Error(`The keyboard does not reach the workspace ${workspace}.`);
  };
  await alice.opens("general");
  await alice.arrives();
  await page.keyboard.type("begun in the first");
  const news = await newsFromTheSecond(alice);
  await tile(page, "second-house").getByTestId("workspace-unread").waitFor();
  assert.equal(await tile(page, "second-house").textContent(), "SHSecond House, unread messages");
  assert.equal(await tile(page, "simulated").getAttribute("aria-current"), "true");
  assert.equal(await page.getByTestId("timeline").getByText(news).count(), 0, "it is not said here");

  await walksTo("second-house");
  await title("Second House");
  await alice.reads(news);
  assert.equal(await composer.inputValue(), "", "a draft of another workspace does not follow");
  await tile(page, "second-house").getByTestId("workspace-unread").waitFor({ state: "detached" });
  await alice.arrives();
  await alice.types("said in the second");
  await alice.reads("said in the second");
  await page.keyboard.type("begun in the second");

  await walksTo("simulated");
  await title("Simulated");
  assert.equal(await composer.inputValue(), "begun in the first");
  assert.equal(await page.getByTestId("timeline").getByText("said in the second").count(), 0);
  await alice.goesTo("data");
  await walksTo("second-house");
  await title("Second House");
  assert.equal(await composer.inputValue(), "begun in the second");
  await page.goBack();
  await page.locator("#channel-title", { hasText: "data" }).waitFor();
  await title("Simulated");

  const rows = page.getByTestId("inspector").locator("tbody tr:has(button)");
  await page.getByTestId("inspector-toggle").click();
  await page.getByTestId("inspector-workspace").selectOption("Second House");
  await rows.filter({ hasText: "said in the second" }).first().waitFor();
  const from = await rows.locator(".log-team").allTextContents();
  assert.ok(from.length > 0 && from.every((name) => name === "Second House"), `only the second's: ${from}`);
  await page.getByTestId("inspector-workspace").selectOption("Simulated");
  await rows.filter({ hasText: "said in the second" }).waitFor({ state: "detached" });
  await page.context().close();
}

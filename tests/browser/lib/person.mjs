// A person at the workspace's page: what they do, in their words, and what they then see.

export class Person {
  constructor(page, url, name) {
    Object.assign(this, { page, url, name });
    this.composer = page.getByTestId("composer-input");
    this.channel = page.getByTestId("timeline");
    this.thread = page.getByTestId("thread");
    this.modal = page.getByTestId("modal");
  }

  /** Opens the page at a place: `general`, or `@patchbay` for the conversation with the bot; perhaps in another workspace. */
  async opens(place, workspace) {
    await this.page.goto(`${this.url}/#/${workspace ? `~${workspace}/` : ""}${this.name}/${place}`);
    await this.composer.waitFor();
  }

  /** Waits until the page has put whoever arrives into the message box, which it does once the messages are there. */
  arrives() {
    return this.page.waitForFunction(() => document.activeElement?.id === "composer-input");
  }

  /** Opens their Home, and gives it once it says this. */
  async opensHome(words) {
    await this.page.goto(`${this.url}/#/${this.name}/@patchbay/home`);
    const home = this.page.getByTestId("app-home").filter({ hasText: words });
    await home.waitFor();
    return home;
  }

  /** Goes to a channel or to the bot by its entry at the side. */
  async goesTo(channel) {
    await this.page.locator(`[data-testid=channel-link][data-channel="${channel}"]`).click();
    await this.page.locator("#channel-title", { hasText: channel }).waitFor();
  }

  /** Writes into the message box and presses Enter, as one does at a keyboard. */
  async types(text) {
    await this.composer.focus();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }

  /** Presses a key. */
  presses(key) {
    return this.page.keyboard.press(key);
  }

  /** Fills in a field of the form by its label. */
  fills(label, text) {
    return this.modal.getByLabel(label).fill(text);
  }

  /** Clicks a button by what it says, in `where` or in the form on top. */
  clicks(words, where = this.modal) {
    return where.getByRole("button", { name: words }).click();
  }

  /** Chooses something from the menu of a message. */
  async chooses(words, message) {
    await message.hover();
    await message.getByTestId("message-more").click();
    await this.page.getByRole("menuitem", { name: words }).click();
  }

  /** The last message in `where` that says this, once it is there. */
  async reads(words, where = this.channel) {
    const message = where.getByTestId("message").filter({ hasText: words }).last();
    await message.waitFor();
    return message;
  }

  /** Waits until the form says this. */
  sees(words) {
    return this.modal.filter({ hasText: words }).waitFor();
  }

  /** Closes every form that is open, with the Escape key. */
  async leavesForms() {
    for (; await this.modal.count() > 0; await this.page.waitForTimeout(50)) await this.presses("Escape");
  }
}

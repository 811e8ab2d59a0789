// Starts Chromium, and notes down whatever goes wrong on its pages.
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Chromium with a profile of its own, which is gone when it closes. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
}

/** A page as of someone who has never been here; what goes wrong on it is added to `troubles`. */
export async function freshPage(browser, troubles, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US", colorScheme: "light", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => troubles.push(`uncaught: ${error.stack ?? error}`));
  page.on("requestfailed", (request) => {
    // The event stream never ends by itself; leaving the page cuts it off.
    const isStream = new URL(request.url()).pathname === "/sim/events";
    if (!isStream) troubles.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) troubles.push(`${response.request().method()} ${response.url()}: status ${response.status()}`);
  });
  return page;
}

// Judges a page with axe-core: what keeps people out who see, hear or move differently.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What axe-core calls the two worst of its four levels. */
const WORST = new Set(["serious", "critical"]);

/** A sentence for each serious or critical violation on the page as it is now; `state` says what it shows. */
export async function violations(page, state) {
  // Evaluated rather than added as a script: the page's policy lets in no script from elsewhere.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "passes"] }));
  if (passes.length < 5) throw new Error(`${state}: axe-core looked at next to nothing.`);
  return violations.filter(({ impact }) => WORST.has(impact)).flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => `${state}: ${impact} ${id} (${help})\n  at ${target.join(" ")}\n  ${html.slice(0, 300)}\n  ${failureSummary.replaceAll("\n", " ")}`));
}

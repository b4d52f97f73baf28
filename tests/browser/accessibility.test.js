/**
 * Every page and view by the rules of WCAG 2.2 AA that a program can check (axe-core), in light and in dark, wide and on
 * a phone.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { launch, openPlayground } from "./browsers.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const VIEWS = {
  "code and tensors": "#attention/causal-attention.py?device=cpu",
  "which keys a query sees": "#attention/causal-attention.py?device=cpu&view=keys",
  "token by token": "#attention/prefill-and-decode.py?device=cpu&view=tokens",
  "the catalogue": "#catalogue",
  "two programs compared": "#compare?a=attention/multi-head-attention.py&b=attention/grouped-query-attention.py",
  "the models": "#models",
  "what models cost": "#costs",
  "the trade": "#trade",
  "a model's layers": "#models/generate.py?model=gemma3_text-shakespeare&device=cpu",
};

// What is drawn is the same in both browsers: one of them is enough for rules about it.
describe("the rules of accessibility", () => {
  let browser;

  before(async () => {
    browser = await launch("chromium");
  });
  after(() => browser?.close());

  for (const [name, fragment] of Object.entries(VIEWS)) {
    test(name, async () => {
      const page = await openPlayground(browser, fragment);
      await page.evaluate(() => window.playground.ready);
      await page.evaluate(AXE);
      for (const scheme of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
        for (const width of [1400, 390]) {
          await page.setViewport({ width, height: 900 });
          await page.evaluate(() => window.playground.whenIdle());
          const { violations, passes } = await page.evaluate((RULES) => window.axe.run(document, { runOnly: RULES }), RULES);
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(" ")} (${failureSummary.split("\n")[1]?.trim()})`).join("; ")}`);
          assert.deepEqual(found, [], `${scheme}, ${width} wide`);
          assert.ok(passes.length > 20, "hardly any rule had something to look at");
        }
      }
      await page.close();
    });
  }
});

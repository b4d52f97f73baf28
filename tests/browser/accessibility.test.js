/**
 * Every page and view by the rules of WCAG 2.2 AA that a program can check (axe-core), in English and in German, in light
 * and in dark, wide and on a phone; and what those rules do not see: ways by keyboard and by finger, forced colours.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { VIEWS, byId, launch, openPlayground, picture, reader } from "./browsers.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What changes with the language, the scheme and the width each changes alone: every two of them meet once. */
const LOOKS = [
  { lang: "en", whole: { scheme: "light", width: 1400 }, colours: { scheme: "dark", width: 390 } },
  { lang: "de", whole: { scheme: "light", width: 390 }, colours: { scheme: "dark", width: 1400 } },
];

// What is drawn is the same in both browsers: one of them is enough for rules about it.
describe("the rules of accessibility", () => {
  let browser;

  before(async () => {
    browser = await launch("chromium");
  });
  after(() => browser?.close());

  for (const { lang, whole, colours } of LOOKS) {
    describe(`in ${lang}`, () => {
      let page;

      before(async () => {
        page = await openPlayground(browser, `?lang=${lang}`);
        await page.evaluate(() => window.playground.ready);
        await page.evaluate(AXE);
      });
      after(() => page?.close());

      for (const [name, fragment] of Object.entries(VIEWS)) {
        test(name, async () => {
          await go(page, fragment);
          await look(whole);
          assert.deepEqual(await violations(page, { runOnly: RULES }), [], `${whole.scheme}, ${whole.width} wide`);
          // Nothing but its colours is another in the dark.
          await look(colours);
          assert.deepEqual(await violations(page, { runOnly: ["color-contrast"] }), [], `${colours.scheme}, ${colours.width} wide`);
        });
      }

      async function look({ scheme, width }) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
        await page.setViewport({ width, height: 900 });
        await page.evaluate(() => window.playground.whenIdle());
      }
    });
  }

  test("by keyboard: the focus is seen wherever it goes, and Escape leads back to the page", async () => {
    const page = await openPlayground(browser, VIEWS["code and tensors"]);
    await page.evaluate(() => window.playground.ready);
    const seen = new Set();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      const { what, isSeen } = await page.evaluate(async () => {
        const element = document.activeElement;
        // The editor shows its focus a moment later.
        if (element.closest(".cm-editor")) await new Promise((resolve) => setTimeout(resolve, 100));
        const around = element.closest(".cm-editor") ?? element;
        const { outlineStyle, outlineWidth } = getComputedStyle(around);
        return { what: element.dataset.testid ?? `${element.localName}.${element.className}`, isSeen: element === document.body || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) };
      });
      assert.ok(isSeen, `no focus is seen on ${what}`);
      if (what === "code") {
        await page.keyboard.press("Escape");
        seen.add(await page.evaluate(() => document.activeElement.dataset.testid));
      }
      seen.add(what);
    }
    for (const expected of ["picker", "device", "help", "code", "run", "scrubber", "save-tensor"]) assert.ok(seen.has(expected), `Tab does not come to ${expected}, but to ${[...seen].join(", ")}`);
    await page.keyboard.press("t");
    await page.keyboard.press("Enter");
    assert.ok(await page.evaluate(() => window.playground.state.pinned !== null), "Enter did not keep the cell");
    await page.keyboard.press("Escape");
    assert.ok(await page.evaluate(() => window.playground.state.pinned === null && document.activeElement.getAttribute("role") === "gridcell"), "the first Escape lets go");
    await page.keyboard.press("Escape");
    assert.ok(await page.evaluate(() => document.activeElement === document.body), "the second leads back to the page");
    await page.close();
  });

  test("weights are a sentence and a table, and the picture of a mask is a table", async () => {
    const page = await openPlayground(browser, VIEWS["code and tensors"]);
    await page.evaluate(() => window.playground.ready);
    const weights = `${byId("tensor")}[data-name="weights"]`;
    await page.waitForSelector(weights);
    await page.$eval(weights, (element) => element.scrollIntoView());
    await page.waitForSelector(`${weights}[data-state="drawn"]`);
    await page.evaluate(() => window.playground.whenIdle());
    const said = await page.$eval(`${weights} [role="grid"]`, (grid) => grid.getAttribute("aria-label"));
    assert.match(said, /^weights, .*token \d+ \(\w+\) attends \d+ % to token \d+ \(\w+\), its most\.$/);
    await page.$eval(`${weights} figcaption [aria-expanded][aria-label$="as a table"]`, (button) => button.click());
    assert.match(await page.$eval(`${weights} caption`, (caption) => caption.textContent), /attends \d+ % to/);
    await go(page, VIEWS["which keys a query sees"]);
    await page.$eval(`${byId("mask-table")} summary`, (summary) => summary.click());
    await page.waitForSelector(`${byId("mask-table")} tbody tr`);
    const rows = await page.$$eval(`${byId("mask-table")} tbody tr`, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    assert.deepEqual(rows.map(([, count]) => Number(count)), rows.map((_, row) => row + 1), "a causal query sees itself and what came before");
    assert.deepEqual(rows[3].slice(1), ["4", "0–3"]);
    await page.close();
  });

  test("without motion it plays, and with forced colours masked cells, the line and the focus are seen", async () => {
    const page = await openPlayground(browser, "#attention/attention-dropout.py?device=cpu");
    await page.evaluate(() => window.playground.ready);
    const session = await page.createCDPSession();
    await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }, { name: "prefers-reduced-motion", value: "reduce" }] });
    const see = reader(page);
    await page.select(byId("speed"), "30");
    const before = await see.state("step");
    await page.click(byId("play"));
    await page.waitForFunction((before) => window.playground.state.step > before + 2, {}, before);
    await page.click(byId("stop"));
    await see.idle();
    const masked = `${byId("tensor")}[data-name="scores"]`;
    await page.waitForSelector(masked);
    await page.$eval(masked, (element) => element.scrollIntoView());
    await page.waitForSelector(`${masked}[data-state="drawn"]`);
    await see.idle();
    assert.ok((await see.drawn(`${masked} canvas`)) > 0.1, "hatching and numbers are drawn");
    assert.equal(await page.$eval(".step.current", (row) => getComputedStyle(row).outlineStyle), "solid");
    await page.focus(byId("picker"));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth), "3px");
    await picture(page, "forced-colours");
    await page.close();
  });

  test("a finger reaches what a pointer shows by moving", async () => {
    const page = await openPlayground(browser, `${VIEWS["which keys a query sees"]}&tokens=16&row=9`, { width: 390, height: 844, hasTouch: true, isMobile: true });
    const see = reader(page);
    assert.match(await see.text("mask-sentence"), /^Token 9 /);
    const { x, y, height } = await page.$eval(byId("mask"), (element) => (element.scrollIntoView({ block: "center" }), element.getBoundingClientRect().toJSON()));
    await page.touchscreen.tap(x + 100, y + height - 12);
    await see.idle();
    assert.match(await see.text("mask-sentence"), /^Token 15 /);
    await page.close();
  });
});

/** Another view of the same page. */
async function go(page, fragment) {
  await page.evaluate((fragment) => (location.hash = fragment), fragment);
  await page.waitForFunction((fragment) => decodeURIComponent(location.hash).startsWith(fragment.split(/[?&]/)[0]), {}, fragment);
  // The page has heard of its new address by then.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  await page.evaluate(() => window.playground.whenIdle());
}

async function violations(page, options) {
  const { violations, passes } = await page.evaluate((options) => window.axe.run(document, options), options);
  assert.ok(options.runOnly.length === 1 || passes.length > 20, "hardly any rule had something to look at");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(" ")} (${failureSummary.split("\n")[1]?.trim()})`).join("; ")}`);
}

/**
 * The catalogue: from the header into it, by search to a program, and back, in a real browser.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { NAMES, byId, launch, openPlayground, picture, reader } from "./browsers.js";

const GROUPED = "attention/grouped-query-attention.py";

for (const name of NAMES) {
  describe(`the catalogue in ${name}`, () => {
    let browser, page, see, complaints;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());
    beforeEach(async () => {
      page = await openPlayground(browser, `#${GROUPED}?device=cpu`);
      see = reader(page);
      complaints = [];
      page.on("pageerror", (error) => complaints.push(error.message));
    });
    afterEach(async () => {
      await page.close();
      assert.deepEqual(complaints, [], "the page threw");
    });

    const titles = () => page.$$eval("[data-testid=card] .card-title", (links) => links.map((link) => link.textContent));

    test("tells the story in chapters, with pictures that the programs compute", async () => {
      await page.click(byId("to-catalogue"));
      await see.idle();
      assert.equal(await see.hash(), "#catalogue");
      const all = await titles();
      const listed = await page.evaluate(() => window.playground.state.programs.filter(({ path }) => !path.startsWith("models/")).length);
      assert.equal(all.length, listed);
      assert.ok((await page.$$(".chapter")).length >= 2);
      assert.ok((await page.$$('.picture[data-state="drawn"]')).length > 0, "no picture is drawn");
      assert.equal(await page.$eval(`[data-testid=card][data-path="${GROUPED}"] [aria-current]`, (link) => link.textContent), "Grouped-query attention");
      await picture(page, `${name}-catalogue`);
    });

    test("has a picture of every program, and what every identity measured", { timeout: 120_000 }, async () => {
      await page.click(byId("to-catalogue"));
      const left = await page.evaluate(async () => {
        for (const card of document.querySelectorAll("[data-testid=card]")) {
          card.scrollIntoView();
          await window.playground.whenIdle();
        }
        const without = [...document.querySelectorAll("[data-testid=card]")].filter((card) => card.querySelector(".picture").dataset.state !== "drawn" || card.querySelector(".measured")?.textContent === "");
        return without.map((card) => `${card.dataset.path}: ${card.querySelector(".picture").title || "no number"}`);
      });
      assert.deepEqual(left, []);
    });

    test("finds a program by alias and model, opens it, and leads back", async () => {
      await page.keyboard.press("g");
      await page.waitForSelector(byId("search"), { visible: true });
      await page.type(byId("search"), "qwen3 gqa");
      assert.deepEqual(await titles(), ["Grouped-query attention"]);
      assert.match(await see.text("found"), /^1 of \d+$/);
      await see.idle();
      assert.ok((await see.drawn(`[data-testid=card][data-path="${GROUPED}"] canvas`)) > 0.2, "the picture is empty");
      const card = await page.$eval(`[data-testid=card][data-path="${GROUPED}"]`, (element) => element.textContent);
      assert.match(card, /Keeps.*Gives up.*Cache.*2·G·D.*2·H·D.*Used by.*Llama 3/);
      await page.type(byId("search"), " "); // a word more changes nothing
      await page.keyboard.press("Enter");
      await see.idle();
      assert.equal(await see.state("page"), "program");
      assert.equal(await see.state("program"), GROUPED);
      assert.match(await see.hash(), new RegExp(`^#${GROUPED}`));
      await page.goBack();
      await page.waitForFunction(() => window.playground.state.page === "catalogue");
      assert.equal(await see.state("query"), "qwen3 gqa ");
    });

    test("turns from program to program, and back", async () => {
      const paths = await page.evaluate(() => window.playground.state.programs.map(({ path }) => path));
      const at = paths.indexOf(GROUPED);
      await page.click(byId("next"));
      await page.waitForFunction((path) => window.playground.state.program === path, {}, paths[at + 1]);
      await see.idle();
      assert.equal(await see.state("error"), null);
      await page.keyboard.press("[");
      await page.waitForFunction((path) => window.playground.state.program === path, {}, GROUPED);
      await see.idle();
      assert.equal(await see.hash(), `#${GROUPED}?device=cpu`);
    });

    test("leaves the run as it was when Escape leads back", async () => {
      const before = await page.evaluate(() => window.playground.state.run.steps[0].names.length + window.playground.state.run.milliseconds);
      await page.focus(byId("to-catalogue"));
      await page.keyboard.press("Enter");
      await page.waitForSelector(byId("search"), { visible: true });
      await page.type(byId("search"), "x");
      await page.keyboard.press("Escape");
      if ((await see.state("page")) === "catalogue") await page.keyboard.press("Escape"); // the first only cleared the search
      await see.idle();
      assert.equal(await see.state("page"), "program");
      assert.equal(await page.evaluate(() => window.playground.state.run.steps[0].names.length + window.playground.state.run.milliseconds), before);
    });

    test("fits a phone", async () => {
      await page.setViewport({ width: 390, height: 844 });
      await page.click(byId("to-catalogue"));
      await see.idle();
      assert.equal(await see.scrollsSideways(), false);
      await picture(page, `${name}-catalogue-narrow`);
    });
  });
}

/**
 * What comes between a reader and the page: a network that goes in the middle of something, another tab, another page.
 * Each is said plainly, can be tried again, and takes nothing that was typed.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMES, REST, byId, keepNothing, launch, picture, reader } from "./browsers.js";
import { onSite as openOnSite } from "./own-site.js";

/** It needs the engine's second part: none of the page's programs calls what it calls. */
const UNUSUAL = `import torch
x = torch.tensor([[3.0, 1.0], [2.0, 4.0]])
print(torch.linalg.det(x) if hasattr(torch, "linalg") else x.sort())
print(x.cumprod(0), x.var(0), x.atan2(x), torch.nn.functional.conv1d(x[None], x[None]))
`;
const TYPED = "print('typed')\n";

for (const name of NAMES) {
  describe(`interrupted in ${name}`, () => {
    let browser;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    const onSite = (ways, action) => openOnSite(browser, ways, action);
    const missing = async (page) => {
      await page.waitForSelector(`${byId("missing")}:not([hidden])`, { timeout: 30_000 });
      return await page.$eval(`${byId("missing")} span`, (text) => text.textContent);
    };
    const again = (page) => page.$eval(byId("again"), (button) => button.click());
    const isBack = (page) => page.waitForSelector(byId("missing"), { hidden: true, timeout: 30_000 });
    const type = async (page) => {
      await page.waitForSelector(".cm-content");
      // Where the cursor is, since a press on a line goes to its step.
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("e");
      await page.keyboard.type(TYPED);
      await reader(page).idle();
    };

    test("the engine's second part, a program and a part of a model do not come, and come when they are asked for again", async () => {
      /** @type {Record<string, boolean | number>} */
      const lost = { [REST[name]]: true };
      await onSite({ lost: (path) => lost[path] ?? false }, async (open, { asked }) => {
        const page = await open(undefined, keepNothing);
        const see = reader(page);
        await page.waitForSelector(".cm-content");
        await page.keyboard.press("e");
        await page.keyboard.down("Control");
        await page.keyboard.press("KeyA");
        await page.keyboard.up("Control");
        await page.evaluate((text) => document.execCommand("insertText", false, text), UNUSUAL);
        await page.waitForFunction(() => window.playground.state.error !== null, { timeout: 30_000 });
        assert.match(await see.text("error"), /^ConnectionError: later\/engine(_relaxed)?\.wasm did not come: its host could not be reached\./);
        assert.match(await missing(page), /What is here stays as it is\.$/);
        assert.equal(await see.state("code"), UNUSUAL);
        delete lost[REST[name]];
        await again(page);
        await isBack(page);
        await see.idle();
        assert.doesNotMatch(JSON.stringify(await see.state("error")), /ConnectionError/);

        await type(page);
        lost["programs/attention/self-attention.py"] = true;
        await page.select(byId("picker"), "attention/self-attention.py");
        assert.match(await missing(page), /^The program attention\/self-attention\.py did not come: its host could not be reached\. What is here stays as it is\.$/);
        assert.ok((await see.state("code")).includes(TYPED), "what was typed is gone");
        await picture(page, `${name}-missing`);
        delete lost["programs/attention/self-attention.py"];
        await again(page);
        await isBack(page);
        await see.idle();
        assert.equal(await see.state("program"), "attention/self-attention.py");

        const weights = "models/qwen3-shakespeare/model.safetensors";
        lost[weights] = 400_000;
        await page.evaluate(() => (location.hash = "#models/generate.py?model=qwen3-shakespeare&device=cpu"));
        assert.match(await missing(page), /qwen3-shakespeare\/model\.safetensors did not come whole: \d+ KB of 1\.3 MB came, then the connection was lost\./);
        delete lost[weights];
        const before = asked.length;
        await again(page);
        await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
        await see.idle();
        assert.match(await see.text("output"), /tokens a second/);
        assert.deepEqual(asked.slice(before).filter((path) => /qwen3-shakespeare\/(config|tokenizer)\.json$/.test(path)), [], "what had come was asked for again");
      });
    });

    test("the later bundle and the editor do not come, and the page says so and goes on", async () => {
      /** @type {Record<string, boolean>} */
      const lost = { "later/others.js": true };
      await onSite({ lost: (path) => lost[path] ?? false }, async (open) => {
        const page = await open(undefined, keepNothing);
        const see = reader(page);
        assert.match(await missing(page), /^The other pages and views did not come: their host could not be reached\. What is here goes on working\.$/);
        await type(page);
        assert.match(await see.text("output"), /^typed$/m);
        delete lost["later/others.js"];
        await again(page);
        // Firefox loads the page anew for it.
        await page.waitForSelector(byId("offline"), { timeout: 30_000 });
        await page.waitForFunction(() => window.playground !== undefined);
        await see.idle();
        assert.equal(await page.$eval(byId("missing"), (element) => element.hidden), true);
        assert.ok((await see.state("code")).includes(TYPED), "what was typed is gone");
      });
    });

    test("the program of an element does not come, nor what runs it, and both come when the reader asks again", async () => {
      const article = `<!doctype html><meta charset="utf-8"><title>An article</title><script type="module" src="attention-playground.js"></script><attention-playground id="a" device="cpu" src="own.py"></attention-playground><div style="height: 4000px"></div>`;
      /** @type {Record<string, boolean>} */
      const lost = { "own.py": true, "engine/worker.js": true };
      const changed = { "article.html": article, "own.py": "import torch\nx = torch.ones(2, 3)\ny = x + 1\nz = y * 2\nw = z - x\n" };
      await onSite({ lost: (path) => lost[path] ?? false, changed }, async (_, site) => {
        const page = await browser.newPage();
        try {
          await page.goto(`${site.address}article.html`);
          const inElement = (action, ...words) => page.evaluate(`(${action})(document.getElementById("a"), ...${JSON.stringify(words)})`);
          const told = async (pattern) => {
            await page.waitForFunction((source) => new RegExp(source).test(document.getElementById("a").shadowRoot?.querySelector(".fatal")?.textContent ?? ""), { timeout: 30_000 }, pattern);
            await inElement((element) => element.shadowRoot.querySelector("[data-testid=again]").click());
          };
          await page.waitForFunction(() => document.getElementById("a").shadowRoot?.querySelector(".fatal [data-testid=again]"));
          delete lost["own.py"];
          await told("own\\.py could not be reached\\.");
          await page.waitForFunction(() => /engine\/worker\.js did not come/.test(document.getElementById("a").shadowRoot?.querySelector(".fatal")?.textContent ?? ""), { timeout: 30_000 });
          assert.match(await inElement((element) => element.shadowRoot.querySelector(".plain-code").textContent), /torch\.ones/);
          delete lost["engine/worker.js"];
          await told("engine/worker\\.js did not come");
          await page.waitForFunction(() => document.getElementById("a").lastRun?.ok, { timeout: 30_000 });

          // Out of view, what plays waits; in view it goes on.
          await inElement((element) => element.whenIdle());
          await inElement((element) => {
            element.step = 1;
            const speed = element.shadowRoot.querySelector("[data-testid=speed]");
            speed.value = "10";
            speed.dispatchEvent(new Event("change"));
            element.shadowRoot.querySelector("[data-testid=play]").click();
            scrollTo(0, document.body.scrollHeight);
          });
          await page.waitForFunction(() => document.getElementById("a").getBoundingClientRect().bottom < 0);
          await new Promise((resolve) => setTimeout(resolve, 400));
          const stood = await inElement((element) => element.step);
          await new Promise((resolve) => setTimeout(resolve, 600));
          assert.equal(await inElement((element) => element.step), stood, "it played on where nobody sees it");
          await page.evaluate(() => scrollTo(0, 0));
          await page.waitForFunction(() => document.getElementById("a").step === 4, { timeout: 30_000 });
        } finally {
          await page.close();
        }
      });
    });

    test("in a tab behind another what plays waits, and a page that is left and come back to is as it was", async () => {
      await onSite({ changed: { "away.html": "<!doctype html><title>Elsewhere</title>" } }, async (open, site) => {
        const page = await open(undefined, keepNothing);
        const see = reader(page);
        await type(page);
        await page.select(byId("speed"), "10");
        await page.$eval(byId("scrubber"), (input) => ((input.value = "0"), input.dispatchEvent(new Event("input"))));
        const front = await browser.newPage();
        try {
          await page.bringToFront();
          await page.$eval(byId("play"), (button) => button.click());
          await front.bringToFront();
          await page.waitForFunction(() => document.hidden, { polling: 100 });
          const stood = await see.state("step");
          await new Promise((resolve) => setTimeout(resolve, 1500));
          assert.deepEqual([await see.state("step"), await see.state("playing")], [stood, true], "it played on behind another tab");
          await page.bringToFront();
          await page.waitForFunction((stood) => window.playground.state.step > stood, {}, stood);
          await page.$eval(byId("play"), (button) => button.click());
        } finally {
          await front.close();
        }

        await page.evaluate(() => {
          window.isSame = true;
          addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted));
        });
        await see.address("1.");
        await page.goto(`${site.address}away.html`);
        await page.evaluate(() => history.back());
        await page.waitForFunction(() => window.playground !== undefined, { polling: 100 });
        await see.idle();
        assert.ok((await see.state("code")).includes(TYPED), "what was typed is gone");
        const isRestored = await page.evaluate(() => window.isSame === true && window.persisted === true);
        console.log(`      ${name} ${isRestored ? "restored the page with its worker" : "loaded the page anew"}`);
        await page.click(byId("run"));
        await see.idle();
        assert.equal(await see.state("error"), null);
        assert.match(await see.text("output"), /^typed$/m);
      });
    });
  });
}

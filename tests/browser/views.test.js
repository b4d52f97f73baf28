/**
 * The views of one program beyond its tensors: which keys a query sees, token by token, and its costs.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { NAMES, byId, launch, openPlayground, picture, reader } from "./browsers.js";

for (const name of NAMES) {
  describe(`the views in ${name}`, () => {
    let browser, page, see, complaints;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());
    afterEach(async () => {
      await page?.close();
      assert.deepEqual(complaints, [], "the page threw");
    });

    /** Opens an address, on the CPU, where these programs take a moment only. */
    async function open(fragment, viewport) {
      complaints = [];
      page = await openPlayground(browser, `${fragment}${fragment.includes("?") ? "&" : "?"}device=cpu`, viewport);
      page.on("pageerror", (error) => complaints.push(error.message));
      see = reader(page);
    }

    test("which keys a query sees, at 512 tokens and beside the reader's run", async () => {
      await open("#attention/sliding-window-attention.py?view=keys&tokens=512&row=300");
      assert.equal(await see.text("mask-sentence"), "Token 300 sees 4 of 301 keys: 297–300.");
      assert.ok((await see.drawn(`${byId("mask")} canvas`)) > 0.1);
      const run = await page.evaluate(() => window.playground.state.run.milliseconds);
      await page.focus(byId("mask"));
      await page.keyboard.press("ArrowUp");
      await see.idle();
      assert.equal(await see.text("mask-sentence"), "Token 299 sees 4 of 300 keys: 296–299.");
      assert.equal(await page.$eval(byId("mask"), (slider) => slider.getAttribute("aria-valuetext")), await see.text("mask-sentence"));
      await see.turn(byId("mask-tokens"), 10);
      await see.idle();
      assert.equal(await see.text("mask-sentence"), "Token 6 sees 4 of 7 keys: 3–6.");
      assert.equal(await page.evaluate(() => window.playground.state.run.milliseconds), run, "the program ran again");
      await see.address("tokens=10");
      await picture(page, `${name}-keys`);
    });

    test("a mask answers what is turned in the program", async () => {
      await open("#attention/sliding-window-attention.py?view=keys&tokens=64&row=40");
      assert.match(await see.text("mask-sentence"), /sees 4 of 41 keys/);
      await see.turn("#control-window", 7);
      await see.idle();
      assert.match(await see.text("mask-sentence"), /sees 7 of 41 keys: 34–40/);
    });

    test("token by token: the transport steps by token, and the bytes are those of the cache", async () => {
      await open("#attention/grouped-query-attention.py?view=tokens");
      assert.equal(await see.text("position"), "Token 0: the");
      for (let token = 0; token < 3; token += 1) await page.keyboard.press("n");
      await see.idle();
      assert.equal(await see.text("position"), "Token 3: the");
      assert.match(await see.text("cache-events"), /“the” enters keys and values\. Its query reads all 4 entries\./);
      // Two groups of four channels, keys and values, four bytes each: 64 a token, where four heads keep 128.
      assert.match(await see.text("cache-bytes"), /^The cache holds 256 bytes \(keys: 128, values: 128\)\. Multi-head attention would hold 512: 2·H·D·4 = 128 bytes/);
      assert.equal((await page.$$(`${byId("cache-drawing")} .entry`)).length, 8);
      assert.equal((await page.$$(`${byId("cache-drawing")} .entry.entered`)).length, 2);
      const areas = await page.$$eval(`${byId("cache-drawing")} .entry, ${byId("cache-drawing")} .outline`, (rects) => rects.map((rect) => ({ outline: rect.classList.contains("outline"), area: Math.round((Number(rect.getAttribute("width")) + (rect.classList.contains("outline") ? 0 : 1)) * (Number(rect.getAttribute("height")) + (rect.classList.contains("outline") ? 0 : 1))) })));
      const outline = areas.find((rect) => rect.outline).area;
      const entries = areas.filter((rect) => !rect.outline).reduce((sum, { area }) => sum + area, 0);
      // Sides are written with two decimals.
      assert.ok(Math.abs(entries / outline - 256 / 512) < 0.01, `${entries} of ${outline}`);
      await page.keyboard.press("p");
      await see.idle();
      assert.equal(await see.text("position"), "Token 2: drank");
      await picture(page, `${name}-tokens`);
    });

    test("token by token: a window lets go, a state does not grow", async () => {
      await open("#attention/sliding-window-attention.py?view=tokens");
      for (let token = 0; token < 5; token += 1) await page.keyboard.press("n");
      await see.idle();
      assert.match(await see.text("cache-events"), /“milk” enters keys and values\. “cat” leaves keys and values\./);
      assert.equal((await page.$$(`${byId("cache-drawing")} .entry.gone`)).length, 2);
      await page.close();
      await open("#attention/lightning-attention.py?view=tokens");
      const bytes = /holds ([\d,]+) bytes/;
      const first = bytes.exec(await see.text("cache-bytes"))[1];
      for (let token = 0; token < 5; token += 1) await page.keyboard.press("n");
      await see.idle();
      assert.match(await see.text("cache-events"), /^State takes “milk” in without growing\./);
      assert.equal(bytes.exec(await see.text("cache-bytes"))[1], first);
      assert.ok((await page.$$(`${byId("tokens")} ${byId("tensor")}[data-state="drawn"]`)).length > 0, "the state is not drawn");
    });

    test("costs follow a control, beside their formulas", async () => {
      await open("#attention/grouped-query-attention.py");
      assert.match(await see.text("costs"), /cache bytes1,0242·T·G·D·4/);
      // The query and what was found are four heads of four channels, sixteen words two groups of them twice.
      assert.match(await see.text("costs"), /bytes moved1,152\(2·H·D \+ 2·T·G·D\)·4/);
      await see.turn("#control-num_kv_heads", 4);
      await see.idle();
      assert.match(await see.text("costs"), /cache bytes2,048was 1,0242·T·G·D·4/);
      assert.match(await see.text("costs"), /the whole run: [\d,]+ FLOPs, [\d,]+ bytes read and written/);
    });

    test("they fit a phone, and are not offered where a program has nothing of the kind", async () => {
      await open("#attention/grouped-query-attention.py?view=tokens", { width: 390, height: 844 });
      assert.equal(await see.scrollsSideways(), false);
      await page.click(byId("tab-keys"));
      await see.idle();
      assert.equal(await see.scrollsSideways(), false);
      await page.evaluate(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["print(6 * 7)\n"], "plain.py"));
        document.querySelector('[data-testid="editor"]').dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
      });
      await page.waitForFunction(() => window.playground.state.code.includes("6 * 7"));
      await see.idle();
      assert.equal(await see.state("view"), "tensors");
      assert.equal(await page.$eval(byId("tab-keys"), (tab) => tab.offsetParent), null);
    });
  });
}

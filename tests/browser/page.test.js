/**
 * The page as a reader uses it, in a real browser. Pictures of it are kept under tests/output.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { NAMES, OUTPUT, PLAYGROUND, REST, launch, openPlayground, picture } from "./browsers.js";

const PROGRAM = `import torch
torch.manual_seed(1)
x = torch.randn(3, 4)
scores = x @ x.T
for head in range(2):
    weights = torch.softmax(scores, dim=-1)
out = weights @ x
print("done")
`;

for (const name of NAMES) {
  describe(`the page in ${name}`, () => {
    let browser, page, complaints;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    beforeEach(async () => {
      page = await openPlayground(browser);
      complaints = [];
      page.on("pageerror", (error) => complaints.push(error.message));
    });
    afterEach(async () => {
      await page.close();
      assert.deepEqual(complaints, [], "the page threw");
    });

    const byId = (id) => `[data-testid="${id}"]`;
    const idle = () => page.evaluate(() => window.playground.whenIdle());
    const state = (key) => page.evaluate((key) => window.playground.state[key], key);
    const text = (id) => page.$eval(byId(id), (element) => element.textContent);

    /** Opens a program as a file of the reader's own. */
    async function open(code, file = "program.py") {
      mkdirSync(OUTPUT, { recursive: true });
      const path = join(OUTPUT, file);
      writeFileSync(path, code);
      const input = await page.$(byId("file"));
      await input.uploadFile(path);
      await page.waitForFunction((code) => window.playground.state.code === code, {}, code);
      await idle();
    }

    /** Replaces the whole program by typing over it. */
    async function type(code) {
      await page.click(byId("code"));
      await page.keyboard.down("Control");
      await page.keyboard.press("KeyA");
      await page.keyboard.up("Control");
      await page.keyboard.type(code);
      await page.waitForFunction((code) => window.playground.state.code.startsWith(code), {}, code);
      // The page runs it by itself a moment after the last key.
      await page.waitForFunction(() => window.playground.state.run?.code === window.playground.state.code || window.playground.state.error);
      await idle();
    }

    test("opens with a program that has run, on the device it can have", async () => {
      assert.equal(await state("runningOn"), "webgpu", await state("deviceReason"));
      assert.equal(await state("error"), null);
      assert.ok((await page.$$(`${byId("tensor")}[data-state="drawn"]`)).length > 0, "no tensor is drawn");
      await picture(page, `${name}-light`);
      await page.emulateMediaFeatures?.([{ name: "prefers-color-scheme", value: "dark" }]).catch(() => {});
      await picture(page, `${name}-dark`);
      await page.setViewport({ width: 390, height: 844 });
      await idle();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways on a phone");
      await picture(page, `${name}-narrow`);
    });

    test("has a program's first tensors from the CPU, and then those of the GPU, at the same place", async () => {
      const isFirstDrawn = () => window.playground?.state.run?.isPreview && document.querySelector('[data-testid="tensor"][data-state="drawn"]') !== null;
      await page.reload();
      await page.waitForFunction(isFirstDrawn, { polling: "mutation" });
      const [first, step] = [await state("run"), await state("step")];
      assert.equal(first.device, "cpu");
      await idle();
      const run = await state("run");
      assert.deepEqual([run.device, run.isPreview, run.stdout], ["webgpu", undefined, first.stdout]);
      assert.equal(await state("step"), step);
    });

    test("loads what lies in later/ only once a tensor is drawn", async () => {
      // Between the page and its files, since a browser does not tell the page what its workers load.
      const asked = new Map();
      const between = createServer(async (request, response) => {
        if (!asked.has(request.url)) asked.set(request.url, Date.now());
        const answer = await fetch(new URL(`.${request.url}`, PLAYGROUND));
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
      await new Promise((resolve) => between.listen(0, resolve));
      const fresh = await browser.newPage();
      try {
        await fresh.evaluateOnNewDocument(() => {
          const watch = new MutationObserver(() => {
            if (!document.querySelector('[data-testid="tensor"][data-state="drawn"]')) return;
            window.firstTensorAt = Date.now();
            watch.disconnect();
          });
          watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
        });
        await fresh.goto(`http://localhost:${between.address().port}/`);
        await fresh.waitForFunction(() => window.firstTensorAt !== undefined);
        const firstTensorAt = await fresh.evaluate(() => window.firstTensorAt);
        for (const path of ["/later/code-mirror.js", "/later/others.js", `/${REST[name]}`, "/later/texts.txt"]) {
          while (!asked.has(path)) await new Promise((resolve) => setTimeout(resolve, 100));
          const before = firstTensorAt - asked.get(path);
          assert.ok(before <= 0, `${path} was asked for ${before} ms before the first tensor was drawn`);
        }
      } finally {
        await fresh.close();
        between.closeAllConnections();
        between.close();
      }
    });

    test("steps forward and back, with the line and the iteration", async () => {
      await open(PROGRAM);
      await page.$eval(byId("scrubber"), (input) => ((input.value = "0"), input.dispatchEvent(new Event("input"))));
      assert.equal(await state("step"), 0);
      await page.click(byId("forward"));
      await page.click(byId("forward"));
      assert.equal(await state("step"), 2);
      assert.match(await text("where"), /Step 3 of \d+ · line 3/);
      const marked = await page.$eval(".cm-current", (line) => line.textContent);
      assert.equal(marked, "x = torch.randn(3, 4)");
      const current = await page.$eval(`${byId("step")}[aria-current="step"]`, (row) => row.dataset.line);
      assert.equal(current, "3");
      await page.click(byId("back"));
      assert.equal(await state("step"), 1);
      const places = await page.$$eval(`${byId("step")}[data-line="6"] .place`, (places) => places.map((place) => place.textContent));
      assert.equal(places.length, 2, "the loop's two turns");
      assert.notEqual(places[0], places[1]);
    });

    test("runs an edit by itself, and keeps the place", async () => {
      await open(PROGRAM);
      await page.$eval(byId("scrubber"), (input) => ((input.value = "3"), input.dispatchEvent(new Event("input"))));
      const before = await state("step");
      // By keyboard, since pressing a line goes to its step: the seed, at the end of the second line.
      await page.keyboard.press("e");
      for (const key of ["ArrowDown", "End", "ArrowLeft", "Backspace", "2"]) await page.keyboard.press(key);
      await idle();
      assert.match(await page.evaluate(() => window.playground.state.run.code), /manual_seed\(2\)/);
      assert.equal(await state("step"), before);
      await type("print(6 * 7)");
      assert.equal((await text("output")).trim(), "42");
    });

    test("underlines an error, says what PyTorch says, and keeps the last good tensors", async () => {
      await open(PROGRAM);
      await page.keyboard.press("e");
      for (let line = 1; line < 7; line += 1) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("End");
      await page.keyboard.type(" @ x");
      await page.waitForFunction(() => window.playground.state.error);
      await idle();
      assert.match(await text("error"), /RuntimeError in line 7: .*mat1 and mat2 shapes cannot be multiplied \(3x4 and 3x4\)/);
      assert.ok(await page.$(".cm-lintRange-error"), "nothing is underlined");
      assert.ok((await page.$$(byId("tensor"))).length > 0, "the last good tensors are gone");
      await picture(page, `${name}-error`);
    });

    test("shows where a cell came from", async () => {
      await open(PROGRAM);
      const grid = await page.waitForSelector(`${byId("tensor")}[data-name="scores"][data-state="drawn"] [role="grid"]`);
      await grid.scrollIntoView();
      const cell = await page.$(`${byId("tensor")}[data-name="scores"] [role="gridcell"]`);
      await cell.focus();
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction(() => window.playground.state.provenance?.origin);
      assert.match(await text("provenance"), /scores\[0, 1\] = .*·.*from x/s);
      await page.keyboard.press("Enter");
      assert.deepEqual((await state("pinned")).index, [0, 1]);
      await idle();
      await picture(page, `${name}-provenance`);
    });

    test("comes back from its link as it was", async () => {
      await open(PROGRAM);
      await page.$eval(byId("scrubber"), (input) => ((input.value = "3"), input.dispatchEvent(new Event("input"))));
      const cell = await page.$(`${byId("tensor")}[data-name="scores"] [role="gridcell"]`);
      await cell.focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => location.hash.length > 10);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // the address follows the last change a moment later
      const hash = await page.evaluate(() => location.hash);
      const left = { code: await state("code"), step: await state("step"), pinned: await state("pinned") };
      const other = await openPlayground(browser, hash);
      const found = await other.evaluate(() => {
        const { code, step, pinned } = window.playground.state;
        return { code, step, pinned };
      });
      await other.close();
      assert.equal(found.code, left.code);
      assert.equal(found.step, left.step);
      assert.deepEqual({ ...found.pinned, id: 0 }, { ...left.pinned, id: 0 });
    });

    test("has the step of a link in view, in the code and beside it", async () => {
      await page.evaluate(() => (location.hash = "#attention/causal-attention.py?device=cpu&step=26"));
      await page.reload();
      await page.waitForFunction(() => window.playground !== undefined);
      await page.evaluate(() => window.playground.ready);
      await idle();
      const isInView = (inner, outer) => {
        const [row, box] = [inner, outer].map((selector) => document.querySelector(selector)?.getBoundingClientRect());
        return Boolean(row && box) && row.top >= box.top && row.bottom <= box.bottom;
      };
      await page.waitForFunction(isInView, {}, ".cm-current", ".cm-scroller");
      await page.waitForFunction(isInView, {}, ".step.current", ".trace");
    });

    test("stops a program without an end, and runs the next one", async () => {
      const input = await page.$(byId("file"));
      const path = join(OUTPUT, "endless.py");
      writeFileSync(path, "x = 0\nwhile True:\n    x = x + 1\n");
      await input.uploadFile(path);
      await page.waitForFunction(() => window.playground.state.engine === "running");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const started = Date.now();
      await page.click(byId("stop"));
      await page.waitForFunction(() => window.playground.state.engine === "idle");
      assert.ok(Date.now() - started < 3000);
      assert.match(await text("error"), /KeyboardInterrupt/);
      assert.match(await state("code"), /while True/);
      await open(PROGRAM);
      assert.match(await text("output"), /done/);
    });

    test("takes a dropped notebook's code cells", async () => {
      const cell = (cell_type, source) => ({ cell_type, source, metadata: {}, outputs: [], execution_count: null });
      const cells = [cell("markdown", ["# Two cells\n"]), cell("code", ["a = 20\n", "b = 22"]), cell("code", "print(a + b)")];
      const notebook = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
      await page.evaluate((notebook) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([notebook], "two-cells.ipynb"));
        document.querySelector('[data-testid="editor"]').dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
      }, notebook);
      await page.waitForFunction(() => window.playground.state.code.includes("print(a + b)"));
      await idle();
      assert.equal((await text("output")).trim(), "42");
    });

    test("switches the device and compares the two", async () => {
      await open(PROGRAM);
      await page.select(byId("device"), "cpu");
      await idle();
      assert.equal(await state("runningOn"), "cpu");
      await page.select(byId("device"), "webgpu");
      await idle();
      assert.equal(await state("runningOn"), "webgpu");
      await page.click(byId("compare"));
      await page.waitForFunction(() => window.playground.state.comparison.state === "done");
      assert.match(await text("comparison"), /\d/);
    });

    test("says of a tensor on meta that it has no values, and compares the others", async () => {
      await open(`import torch\nshape = torch.empty(40000, 10000, device="meta")\nx = torch.ones(2, 3)\n`);
      const meta = await page.waitForSelector(`${byId("tensor")}[data-name="shape"][data-state="drawn"]`);
      assert.match(await meta.evaluate((figure) => figure.textContent), /\[40000, 10000\].*float32 · meta.*a shape and a dtype, without values/);
      assert.equal(await meta.evaluate((figure) => figure.querySelectorAll("canvas, button:not(.name)").length), 0);
      await page.click(byId("compare"));
      await page.waitForFunction(() => window.playground.state.comparison.state === "done");
      assert.match(await text("comparison"), /The tensor is equal on WebGPU and on the CPU/);
    });
  });
}

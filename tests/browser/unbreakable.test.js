/**
 * What breaks around a program: the GPU, its memory, the engine's memory, its worker. Each time the page says what
 * happened and goes on, and nothing that a reader typed is lost.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fragmentFromState } from "../../www/src/link.js";
import { CRASHING, FULL, LOSABLE, REFUSED, WRONG, brokenSite, narrow, watchWorkers } from "./broken.js";
import { NAMES, OUTPUT, byId, launch, reader } from "./browsers.js";

const SMALL = "import torch\nx = torch.ones(2, 3)\ny = x @ x.T\nprint(y)\n";
const SMALL_OUTPUT = "tensor([[3., 3.],\n        [3., 3.]])\n";
const WRONGLY = /computes wrongly and is not used: a matrix product gave -?[\d.]+ where the CPU gives -?[\d.]+\. Programs run on the CPU\./;

/** The page with the small program, whose shaders are soon compiled. @param {"auto" | "cpu"} device */
const linkOf = (device) => fragmentFromState({ code: SMALL, program: "", model: "", step: 0, device, selection: null, view: "tensors", mask: { tokens: 0, row: -1 } });

for (const name of NAMES) {
  describe(`unbreakable in ${name}`, () => {
    let browser;
    const sites = [];

    before(async () => {
      browser = await launch(name);
    });
    after(async () => {
      sites.forEach((site) => site.close());
      await browser?.close();
    });

    async function siteOf(...words) {
      const site = await brokenSite(...words);
      sites.push(site);
      return site;
    }

    /** The playground on a site whose workers are broken. */
    async function open(script, device = "auto") {
      const site = await siteOf(script);
      const page = await browser.newPage();
      await watchWorkers(page);
      await page.goto(`${site.address}playground/index.html${await linkOf(device)}`);
      await page.waitForFunction(() => window.playground !== undefined);
      const see = reader(page);
      await see.idle();
      return { page, ...see, close: () => page.close() };
    }

    /** Opens a program as a file of the reader's own, which runs at once; does not wait for its end. */
    async function give(page, code, file) {
      mkdirSync(OUTPUT, { recursive: true });
      const path = join(OUTPUT, file);
      writeFileSync(path, code);
      await (await page.$(byId("file"))).uploadFile(path);
      await page.waitForFunction((code) => window.playground.state.code === code, {}, code);
    }

    /** What a function in a page finds that has an engine in broken workers. @param {(engine: any) => any} action */
    async function inEngine(script, action, ...words) {
      const site = await siteOf(script, { "/": "<!doctype html><title>A page</title>" });
      const page = await browser.newPage();
      try {
        await page.goto(site.address);
        return await page.evaluate(`(async () => {
          const { createEngine } = await import("./playground/attention-playground.js");
          const engine = await createEngine();
          try {
            return await (${action})(engine, ...${JSON.stringify(words)});
          } finally {
            engine.close();
          }
        })()`);
      } finally {
        await page.close();
      }
    }

    test("a GPU that computes wrongly is not used, and the page says why", async () => {
      const { page, state, text, idle, close } = await open(WRONG);
      await page.waitForFunction(() => window.playground.state.runningOn === "cpu");
      await idle();
      const told = async () => {
        assert.equal((await state("run")).device, "cpu", "what it computed is on display");
        assert.match(await state("deviceReason"), WRONGLY);
        assert.match(await text("device-status"), WRONGLY);
      };
      await told();
      assert.match(await text("notice"), WRONGLY);
      // The next page asks before it shows anything.
      await page.reload();
      await page.waitForFunction(() => window.playground !== undefined);
      await idle();
      await told();
      await close();
    });

    test("so do the elements of an article, and createEngine", async () => {
      const article = `<!doctype html><title>An article</title><script type="module" src="playground/attention-playground.js"></script><attention-playground><pre>${SMALL}</pre></attention-playground><attention-playground><pre>${SMALL}z = y.sum()</pre></attention-playground>`;
      const site = await siteOf(WRONG, { "/": article });
      const page = await browser.newPage();
      await page.goto(site.address);
      const told = await page.waitForFunction(() => {
        const elements = [...document.querySelectorAll("attention-playground")];
        const told = elements.map((element) => ({ device: element.lastRun?.device, stdout: element.lastRun?.stdout, notice: element.shadowRoot?.querySelector('[data-testid="notice"]')?.textContent }));
        return told.every(({ device, notice }) => device === "cpu" && /wrongly/.test(notice)) && told;
      });
      for (const { notice, stdout } of await told.jsonValue()) {
        assert.match(notice, WRONGLY);
        assert.equal(stdout, SMALL_OUTPUT);
      }
      await page.close();
      const found = await inEngine(WRONG, async (engine, code) => {
        const devices = [engine.device];
        engine.on("device", (device) => devices.push(device));
        const { device, stdout } = await engine.run(code);
        return { device, stdout, devices, said: engine.deviceReason, reason: await engine.checkGpu() };
      }, SMALL);
      assert.match(found.reason, WRONGLY);
      assert.equal(found.said, found.reason);
      assert.deepEqual([found.device, found.stdout, found.devices], ["cpu", SMALL_OUTPUT, ["webgpu", "cpu"]]);
      const right = await inEngine("", async (engine) => ({ reason: await engine.checkGpu(), device: engine.device, stored: localStorage.getItem("attention-playground:gpu") }));
      assert.deepEqual([right.reason, right.device, JSON.parse(right.stored).verdict], ["", "webgpu", "right"]);
    });

    test("a GPU that is lost in the middle of a run: the program runs on the CPU", async () => {
      const { page, state, text, idle, close } = await open(LOSABLE);
      // Each turn waits for the GPU, so that there is a middle.
      const code = "import torch\nx = torch.ones(16, 16)\ntotal = 0.0\nfor turn in range(4000):\n    total = total + (x @ x).sum().item()\nprint(total)\n";
      const crashed = await inEngine(CRASHING, async (engine, code) => {
        const devices = [engine.device];
        engine.on("device", (device) => devices.push(device));
        const { stdout, device } = await engine.run(code);
        return { stdout, device, devices, reason: engine.deviceReason };
      }, code);
      assert.deepEqual(crashed, { stdout: "16384000.0\n", device: "cpu", devices: ["webgpu", "cpu"], reason: crashed.reason });
      assert.match(crashed.reason, /The GPU was lost: .*The GPU process crashed\. Programs run on the CPU now\./);
      await give(page, code, "lost.py");
      await page.waitForFunction(() => window.playground.state.stepsSoFar > 20);
      assert.equal(await state("runningOn"), "webgpu");
      await page.evaluate(() => window.workers[0].postMessage("lose"));
      await page.waitForFunction(() => window.playground.state.runningOn === "cpu");
      await idle();
      assert.equal(await state("error"), null);
      assert.equal(await text("output"), "16384000.0\n");
      assert.match(await text("device-status"), /on the CPU: The GPU was lost: .* Programs run on the CPU now\./);
      assert.match(await text("notice"), /The GPU was lost/);
      assert.equal(await state("code"), code);
      await close();
    });

    test("a GPU that is refused: programs run on the CPU, and it is said why", async () => {
      for (const [how, script] of Object.entries(REFUSED)) {
        const found = await inEngine(script, async (engine, code) => ({ device: engine.device, reason: engine.deviceReason, stdout: (await engine.run(code)).stdout, check: await engine.checkGpu() }), SMALL);
        assert.deepEqual([found.device, found.stdout], ["cpu", SMALL_OUTPUT], how);
        assert.match(found.reason, /adapter/, how);
        assert.equal(found.check, found.reason, how);
      }
      const { text, close } = await open(REFUSED["there is no adapter"]);
      assert.match(await text("device-status"), /on the CPU: This browser has WebGPU but found no graphics adapter/);
      await close();
    });

    test("a GPU without memory: an error in the line that asked, and the next program runs there", async () => {
      const large = "import torch\nx = torch.ones(1024, 2000)\ny = x + 1\nprint(y.sum())\n";
      const found = await inEngine(FULL, async (engine, large, small) => {
        const failed = await engine.run(large);
        const quiet = await engine.run(large.replace(/print.*/, ""));
        const { id } = quiet.steps.at(-1).names[0];
        const read = await engine.read(id).catch((error) => error.message);
        const huge = await engine.run("import torch\nx = torch.zeros(60000, 60000)\n");
        const after = await engine.run(small);
        return { failed, read, huge, after, device: engine.device };
      }, large, SMALL);
      assert.deepEqual([found.failed.error?.type, found.failed.error?.line], ["RuntimeError", 4], JSON.stringify(found.failed));
      assert.match(found.failed.error.message, /the GPU has no memory left/);
      assert.match(String(found.read), /the GPU has no memory left/, "a tensor that there was no memory for was read");
      assert.equal(found.huge.error?.line, 2);
      assert.match(found.huge.error.message, /not enough memory/i);
      assert.deepEqual([found.after.device, found.after.stdout, found.device], ["webgpu", SMALL_OUTPUT, "webgpu"]);
    });

    test("WebAssembly without memory: an error that says so, and an engine that runs the next program", async () => {
      const { page, state, text, idle, close } = await open(narrow(2048), "cpu");
      const code = "import torch\nkept = []\nwhile True:\n    kept.append(torch.ones(512, 1024))\n";
      await give(page, code, "full.py");
      await page.waitForFunction(() => window.playground.state.error !== null);
      await idle();
      assert.match(await text("error"), /MemoryError.*memory/);
      assert.equal(await state("code"), code);
      await give(page, SMALL, "small.py");
      await idle();
      assert.equal(await text("output"), SMALL_OUTPUT);
      await close();
    });

    test("a worker that was ended: another is started, at rest and in the middle of a run", async () => {
      const { page, state, text, idle, close } = await open("");
      // The page's is at rest; that of an engine beside it runs.
      await page.evaluate(async () => {
        const { createEngine } = await import("./attention-playground.js");
        window.restarts = [];
        window.beside = await createEngine({ device: "cpu" });
        window.beside.on("restart", (reason) => window.restarts.push(reason));
        await new Promise((resolve) => (window.ended = window.beside.run("x = 0\nwhile True:\n    x = x + 1\n", { onStep: resolve })));
        for (const worker of window.workers) worker.terminate();
      });
      await page.click(byId("run"));
      const { error, restarts, stdout } = await page.evaluate(async (code) => {
        const { error } = await window.ended;
        const { stdout } = await window.beside.run(code);
        window.beside.close();
        return { error, restarts: window.restarts, stdout };
      }, SMALL);
      assert.equal(error.type, "SystemError");
      assert.match(error.message, /started anew; your code is untouched\. \(its worker was ended\)/);
      assert.deepEqual(restarts, [error.message]);
      assert.equal(stdout, SMALL_OUTPUT);
      // At rest nothing was lost: the program that was asked for ran in the next worker.
      await page.waitForFunction(() => /started again/.test(window.playground.state.notice));
      await idle();
      assert.equal(await state("error"), null);
      assert.equal(await state("code"), SMALL);
      assert.equal(await text("output"), SMALL_OUTPUT);
      assert.match(await text("notice"), /^Ran 4 steps .*started again/);
      await close();
    });
  });
}

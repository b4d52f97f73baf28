/**
 * Whole models in the page: every architecture of the checkpoints gives what transformers gave, and a reader opens
 * one, lets it write, and looks inside.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { NAMES, ROOT, blankPage, byId, launch, openPlayground, picture, reader } from "./browsers.js";

const CHECKPOINTS = join(ROOT, "tests/checkpoints");
const MODELS = join(ROOT, "www/programs/models");
const folders = readdirSync(CHECKPOINTS).filter((name) => existsSync(join(CHECKPOINTS, name, "config.json")));
const base64 = (path) => readFileSync(path).toString("base64");
const text = (path) => readFileSync(path, "utf8");
const python = (folder) => readdirSync(folder).filter((name) => name.endsWith(".py"));
/** What `check.py` and the architectures import. */
const modules = Object.fromEntries([CHECKPOINTS, MODELS].flatMap((folder) => python(folder).map((name) => [basename(name, ".py"), text(join(folder, name))])));

for (const name of NAMES) {
  describe(`models in ${name}`, () => {
    let browser, page, see, complaints;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());
    afterEach(async () => {
      await page?.close();
      assert.deepEqual(complaints ?? [], [], "the page threw");
    });

    async function open(fragment, viewport) {
      complaints = [];
      page = await openPlayground(browser, fragment, viewport);
      page.on("pageerror", (error) => complaints.push(error.message));
      see = reader(page);
    }

    for (const device of ["cpu", "webgpu"]) {
      // Firefox computes on lavapipe here, as the native tests do, which take all of them through it.
      const chosen = name === "firefox" && device === "webgpu" ? ["deepseek_v4"] : folders;
      test(`${chosen.length === 1 ? `the checkpoint ${chosen[0]} gives` : `${chosen.length} checkpoints give`} what transformers gave, on ${device}`, async () => {
        assert.ok(folders.length >= 16, "checkpoints are missing");
        page = await blankPage(browser);
        await page.evaluate(async (device) => {
          const { createEngine } = await import("./attention-playground.js");
          window.engine = await createEngine({ device });
        }, device);
        for (const folder of chosen) {
          const parts = ["config.json", "model.safetensors", "expected.safetensors"];
          const files = Object.fromEntries(parts.map((part) => [part, base64(join(CHECKPOINTS, folder, part))]));
          const run = await page.evaluate(
            async (code, modules, files, device) => {
              const blob = async (content) => (await fetch(`data:;base64,${content}`)).blob();
              const blobs = Object.fromEntries(await Promise.all(Object.entries(files).map(async ([path, content]) => [path, await blob(content)])));
              const { ok, stdout, error, device: used } = await window.engine.run(code, { files: blobs, modules, untraced: Object.keys(modules), arguments: [".", "--quick"], device, limits: { seconds: 300 } });
              return { ok, stdout, error, used };
            },
            modules.check,
            modules,
            files,
            device,
          );
          assert.deepEqual([run.used, run.ok], [device, true], `${folder}: ${run.error?.message}\n${run.stdout}`);
          assert.match(run.stdout, /greedy tokens/, folder);
        }
      });
    }

    test("a model of this site writes, the same text from the same seed, and its layers open", async () => {
      await open("#models");
      const card = `${byId("model-card")} a.card-title`;
      await page.waitForSelector(card);
      await page.select(byId("device"), "cpu");
      await see.idle();
      assert.equal(await see.state("run"), null, "a page without a program ran one");
      await page.click(card);
      await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
      await see.idle();
      const written = await see.text("output");
      assert.match(written, /^To be, or not to be.+\n\n24 tokens; the first after [\d.]+ s, then [\d.]+ tokens a second/s);
      assert.equal(await page.$$eval(`${byId("token-strip")} .written`, (list) => list.length), 24);
      assert.equal(await page.$$eval(byId("candidates") + " li", (list) => list.length), 5);
      await picture(page, `${name}-model`);

      await page.click('[data-testid="run"]');
      await see.idle();
      const again = await see.text("output");
      assert.equal(again.split("\n\n")[0], written.split("\n\n")[0], "the same seed gives another text");

      await page.click(byId("open-layer"));
      await see.idle();
      assert.equal(await see.state("view"), "tensors");
      assert.ok(await page.$eval(byId("module"), (element) => !element.hidden), "the module is not shown");
      await see.address("model=");
    });

    test("a folder that is dropped is opened, and one that is no checkpoint is told why", async () => {
      await open("#models");
      const input = await page.$(byId("model-files"));
      const parts = ["config.json", "model.safetensors"].map((part) => join(CHECKPOINTS, "deepseek_v4", part));
      await input.uploadFile(...parts);
      await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
      await see.idle();
      assert.match(await see.text("output"), /^1 2 3 4 5 \d/);

      // A .gguf file without a vocabulary, whose texts are numbers.
      await page.click(byId("to-models"));
      await (await page.$(byId("model-files"))).uploadFile(join(ROOT, "tests/gguf/qwen3/model.gguf"));
      await page.waitForFunction(() => window.playground.state.error !== null, { timeout: 60_000 });
      assert.match(await see.text("error"), /a text is the numbers of its tokens/);
      await page.$eval("#control-prompt", (input) => ((input.value = "3 1 4"), input.dispatchEvent(new Event("change"))));
      await page.waitForFunction(() => /^3 1 4 \d/.test(window.playground.state.output), { timeout: 60_000 });
      await see.idle();

      await page.click(byId("to-models"));
      await (await page.$(byId("model-files"))).uploadFile(parts[0]);
      await page.waitForFunction((selector) => document.querySelector(selector).textContent !== "", {}, byId("model-notice"));
      assert.match(await see.text("model-notice"), /Beside config\.json there are no weights/);
    });
  });
}

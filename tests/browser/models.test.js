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

    test("a head is switched off, the prediction changes beside what it was, and back it is the same to the last digit", { timeout: 240_000 }, async () => {
      await open("#models/generate.py?model=gpt2-shakespeare&device=cpu");
      await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
      await see.idle();
      const before = await seen();
      assert.equal(before.switches, 6 * (4 + 3), "of six layers, four heads, attention, feed-forward and all of it each");
      assert.match(before.titles[0], /^Token 7: [\d.]+ % likely when it was written$/);
      assert.match(before.kept[0], /keeps 5\.4 KB after the prompt, 23 KB after this token, 23 KB after the last/);
      assert.match(before.changes[0], /^\+ 768 bytes$/);

      // The first token after the prompt: what comes after it may be another text.
      await page.click(`${byId("token-strip")} li:nth-child(7) button`);
      await see.idle();
      const prompt = await seen();
      await page.focus('[data-part="5.0"]');
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await see.idle();
      assert.equal(await page.$eval("#control-scaled", (input) => input.value), "5.1=0");
      assert.equal(await page.evaluate(() => document.activeElement.dataset.part), "5.1", "the focus is lost");
      assert.equal(await page.$eval('[data-part="5.1"]', (button) => button.getAttribute("aria-checked")), "false");
      assert.match(await see.text("scaled"), /^head 1 of layer 5 off$/);
      const off = await seen();
      assert.deepEqual(off.asItWas, prompt.candidates, "what was expected before is not what stands beside");
      assert.notDeepEqual(off.scaled, off.asItWas);
      await picture(page, `${name}-head-off`);

      // A link carries it.
      await see.address("#");
      await page.waitForFunction(() => !location.hash.startsWith("#models/"));
      const hash = await see.hash();
      await page.close();
      await open(hash);
      await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
      await see.idle();
      assert.deepEqual((await seen()).scaled, off.scaled);
      assert.equal(await page.$eval('[data-part="5.1"]', (button) => button.getAttribute("aria-checked")), "false");

      await see.turn(byId("scale-to"), 0.5);
      await page.click('[data-part="2.attention"]');
      await see.idle();
      assert.match(await see.text("scaled"), /^attention of layer 2 × 0\.5, head 1 of layer 5 off$/);
      await page.click(byId("all-on"));
      await see.idle();
      assert.equal(await see.text("scaled"), "");
      assert.deepEqual(await seen(), prompt);

      // What cannot be scaled is told in a sentence, and what was on display stays.
      for (const [wrong, sentence] of [["7.0=0", /7\.0=0: the model has layers 0 to 5, and no layer 7/], ["0.9=0", /layer 0 has heads 0 to 3, and no head 9/], ["all", /“all” does not say what is scaled, and by how much: write 3\.1=0/]]) {
        await page.$eval("#control-scaled", (input, value) => ((input.value = value), input.dispatchEvent(new Event("change"))), wrong);
        await page.waitForFunction((value) => window.playground.state.error !== null && window.playground.state.code.includes(`"${value}"`), {}, wrong);
        await see.idle();
        assert.match(await see.text("error"), sentence);
      }
      assert.deepEqual((await seen()).candidates, prompt.candidates);

      function seen() {
        return page.evaluate(() => {
          const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
          const numbers = (column) => texts(`.compared tbody tr td:nth-child(${column})`).map(Number.parseFloat);
          const tokens = texts(".compared tbody th");
          const five = (list) => list.map((chance, index) => [tokens[index], chance]).sort((a, b) => b[1] - a[1]).slice(0, 5);
          return {
            candidates: texts("ol.candidates li").map((text) => /^(.*?)([\d.]+) %$/.exec(text)).map(([, token, chance]) => [token, Number(chance)]),
            asItWas: five(numbers(2)),
            scaled: five(numbers(3)),
            switches: document.querySelectorAll('[role="switch"]').length,
            titles: [...document.querySelectorAll(".token-strip .written button")].map(({ title }) => title),
            kept: [...document.querySelectorAll(".kept-chart")].map(({ title }) => title),
            changes: texts(".layers-table .change"),
          };
        });
      }
    });

    test("what a layer keeps is drawn as it is: a window makes room, a state stays, a layer that shares keeps nothing", { timeout: 240_000 }, async () => {
      const told = async (model) => {
        await open(`#models/generate.py?model=${model}-shakespeare&device=cpu`);
        await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
        await see.idle();
        return await page.$$eval(byId("layer"), (rows) => rows.map((row) => `${row.querySelector(".keeps > span").textContent}, ${row.querySelector(".change").textContent}`));
      };
      const gemma4 = await told("gemma4_text");
      assert.ok(gemma4.some((text) => text === "nothing, reads what a layer below keeps"), gemma4.join("\n"));
      await page.close();
      const kimi = await told("kimi_linear");
      assert.ok(kimi.some((text) => /KB, written anew, no larger$/.test(text)) && kimi.some((text) => /KB, \+ \d+ bytes$/.test(text)), kimi.join("\n"));
      await page.close();
      const deepseek = await told("deepseek_v4");
      assert.ok(deepseek.some((text) => /the oldest token left$/.test(text)), deepseek.join("\n"));
      await page.focus(`${byId("token-strip")} li:nth-child(24) button`);
      await page.keyboard.press("Enter");
      await see.idle();
      // Token 23 is the last of a block of four.
      const changes = await page.$$eval(`${byId("layer")} .change`, (list) => list.map(({ textContent }) => textContent));
      assert.ok(changes.includes("the oldest token left; an entry for tokens 20 to 23"), changes.join("\n"));
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

/**
 * What models cost: chosen, counted in the page, compared with what is published, linked, stopped, in a real browser.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { NAMES, ROOT, byId, launch, openPlayground, picture, reader } from "./browsers.js";

const config = (name) => JSON.parse(readFileSync(join(ROOT, "www/configs", `${name}.json`), "utf8"));
const published = config("published");
const parameters = config("parameters");
/** What `cargo xtask cost` prints for these configurations with 131,072 tokens. */
const LLAMA = { kv_cache_bytes: 17_179_869_184, decode_flops: 83_728_793_600 };
const GEMMA = { kv_cache_bytes: 11_173_625_856 };

for (const name of NAMES) {
  describe(`what models cost in ${name}`, () => {
    let browser, page, see, complaints;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());
    beforeEach(() => (complaints = []));
    afterEach(async () => {
      await page.close();
      assert.deepEqual(complaints, [], "the page threw");
    });

    /** @param {string} fragment */
    async function open(fragment, viewport) {
      page = await openPlayground(browser, fragment, viewport);
      see = reader(page);
      page.on("pageerror", (error) => complaints.push(error.message));
    }

    const choose = (model) => page.click(`.chip[data-config="${model}"]`);
    const counted = async () => (await new Promise((resolve) => setTimeout(resolve, 400)), await see.idle());
    /** The numbers in a model's row. */
    const numbers = (model, table = "costs-table") => page.$$eval(`${byId(table)} tr[data-config="${model}"] .number`, (cells) => cells.map((cell) => cell.textContent));
    const number = (value) => value.toLocaleString("en");

    test("counts the models that are chosen, as the command does, beside the published figures", { timeout: 240_000 }, async () => {
      await open("#models");
      await page.click(byId("to-costs"));
      await page.waitForSelector(".chip");
      for (const model of await see.state("costs").then(({ models }) => models)) await choose(model);
      for (const model of ["llama-3-8b", "gemma-3-27b", "qwen3-8b"]) await choose(model);
      await counted();
      assert.deepEqual((await numbers("llama-3-8b")).slice(0, 2), [number(LLAMA.kv_cache_bytes), "1"]);
      assert.deepEqual((await numbers("gemma-3-27b")).slice(0, 2), [number(GEMMA.kv_cache_bytes), "0.65"]);
      assert.match(await see.text("costs-sentence"), /^At 131,072 tokens Llama 3 8B keeps 17.GB; Qwen3 8B 19.GB, 1\.1 times as much; Gemma 3 27B 11.GB, 0\.65 of it\.$/);
      assert.equal(await page.$eval('.line[data-config="qwen3-8b"]', (line) => line.dataset.points), "21");
      // What is published of Qwen3 8B's cache at 32,768 tokens is a diamond, and is what is counted.
      const { source, value } = published.find((entry) => entry.config === "qwen3-8b" && entry.quantity === "kv_cache_bytes");
      const mark = await page.$eval('.mark[data-config="qwen3-8b"]', (element) => element.getAttribute("aria-label"));
      assert.ok(mark.includes(source) && mark.includes("at 32K tokens"), mark);
      await page.$eval('.mark[data-config="qwen3-8b"]', (element) => element.focus());
      assert.ok((await page.$eval(".plot-reading", (element) => element.textContent)).includes(source));
      await see.turn(byId("costs-slider"), 10);
      await counted();
      assert.equal(await page.$eval(byId("costs-context"), (input) => input.value), "32768");
      assert.equal((await numbers("qwen3-8b"))[0], number(value));
      await picture(page, `${name}-costs`);
    });

    test("any number of tokens, dtype and quantity, in a link", { timeout: 240_000 }, async () => {
      await open("#costs?models=llama-3-8b&what=cache&context=1000&dtype=int8");
      assert.equal((await numbers("llama-3-8b"))[0], number(65_536_000));
      await page.$eval(byId("costs-context"), (input) => ((input.value = "131072"), input.dispatchEvent(new Event("change"))));
      await page.select(byId("costs-what"), "decode");
      await counted();
      assert.equal((await numbers("llama-3-8b"))[0], number(LLAMA.decode_flops));
      await choose("llama-3.2-1b");
      await page.select(byId("costs-what"), "parameters");
      await counted();
      assert.equal((await numbers("llama-3-8b"))[0], number(parameters["llama-3-8b"]));
      assert.equal((await numbers("llama-3.2-1b"))[0], number(parameters["llama-3.2-1b"]));
      await see.address("what=parameters");
      const hash = await see.hash();
      assert.equal(hash, "#costs?models=llama-3-8b,llama-3.2-1b&what=parameters&context=131072&dtype=int8");
      await page.close();
      await open(hash);
      assert.equal((await numbers("llama-3.2-1b"))[0], number(parameters["llama-3.2-1b"]));
    });

    test("a model with fewer positions ends there, and the reader's own configuration is counted too", { timeout: 240_000 }, async () => {
      await open("#costs?models=gpt2-124m&what=cache&context=131072&dtype=bf16");
      assert.match(await see.text("costs-table"), /no positions for so many tokens/);
      assert.equal(await page.$eval('.line[data-config="gpt2-124m"]', (line) => line.dataset.points), "1");
      const own = await page.$(byId("costs-file"));
      await own.uploadFile(join(ROOT, "tests/checkpoints/llama/config.json"));
      await page.waitForFunction(() => window.playground.state.costs.models.length === 2);
      await counted();
      const { num_hidden_layers: L, num_key_value_heads: G, head_dim: D } = JSON.parse(readFileSync(join(ROOT, "tests/checkpoints/llama/config.json"), "utf8"));
      const [id] = (await see.state("costs")).models.slice(-1);
      assert.equal((await numbers(id))[0], number(131_072 * 2 * L * G * D * 2));
      await see.address("models=gpt2-124m&");
    });

    test("stops, says so, and goes on", { timeout: 240_000 }, async () => {
      await open("#models");
      await page.evaluate(() => (location.hash = "#costs?models=qwen3-8b,deepseek-v4-pro&what=prefill&context=1048576&dtype=bf16"));
      await page.waitForFunction(() => document.querySelector('[data-testid="costs-progress"]')?.textContent.includes("DeepSeek V4 Pro"), { timeout: 60_000 });
      await page.click(byId("costs-stop"));
      await see.idle();
      assert.match(await see.text("costs-progress"), /Stopped/);
      assert.match(await see.text("costs-table"), /not counted/);
      await choose("deepseek-v4-pro");
      await counted();
      assert.equal(await page.$eval('.line[data-config="qwen3-8b"]', (line) => line.dataset.points), "21");
      assert.equal(await page.$eval(byId("costs-progress"), (element) => element.hidden), true);
    });

    test("fits a phone", async () => {
      await open("#costs?models=llama-3-8b,qwen3-0.6b&what=per-token&context=4096&dtype=bf16", { width: 390, height: 844 });
      assert.equal(await see.scrollsSideways(), false);
      await picture(page, `${name}-costs-narrow`);
    });
  });
}

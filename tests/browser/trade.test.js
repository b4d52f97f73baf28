/**
 * The trade: what models keep and lose, counted and measured in the page, compared, sorted, linked, opened, in a real browser.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { NAMES, ROOT, byId, launch, openPlayground, picture, reader } from "./browsers.js";

const INDEX = JSON.parse(readFileSync(join(ROOT, "www/models/index.json"), "utf8"));
const LANGUAGE = INDEX.filter(({ task }) => task === "language");
const RECALL = INDEX.filter(({ task }) => task === "recall");
const MULTI_HEAD = "qwen3_multi_head-shakespeare";
const GROUPED = "qwen3-shakespeare";
const SPARSE = "deepseek_v4-shakespeare";
const config = (path) => JSON.parse(readFileSync(join(ROOT, "www/models", path, "config.json"), "utf8"));
/** What keys and values of every layer take for a token, in float32. */
const keysAndValues = ({ num_hidden_layers: L, num_key_value_heads: G, head_dim: D }) => L * 2 * G * D * 4;
/** What entries, and keys to choose them by, take for a token: of each layer's kind, one for so many tokens. */
const compressed = ({ layer_types: kinds, compress_rates: rates, head_dim: D, index_head_dim: I }) =>
  kinds.reduce((sum, kind) => sum + (kind === "sliding_attention" ? 0 : ((kind === "compressed_sparse_attention" ? D + I : D) * 4) / rates[kind]), 0);

for (const name of NAMES) {
  describe(`the trade in ${name}`, () => {
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

    /** Opens the page, and waits until what all models keep is counted. */
    async function open(fragment = "#trade", viewport) {
      page = await openPlayground(browser, fragment, viewport);
      see = reader(page);
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.waitForFunction((count) => [...document.querySelectorAll('[data-testid="trade-table"] td[data-column="per-token"] .number')].length === count, { timeout: 120_000 }, LANGUAGE.length);
      await see.idle();
    }

    const cell = (path, column) => page.$eval(`${byId("trade-table")} tr[data-path="${path}"] td[data-column="${column}"]`, (element) => element.textContent);
    const order = () => page.$$eval(`${byId("trade-table")} tbody tr`, (rows) => rows.map(({ dataset }) => dataset.path));

    test("answers what compressed attention saves, costs, and where it is seen", { timeout: 240_000 }, async () => {
      await open("#trade?what=loss");
      assert.equal((await order()).length, LANGUAGE.length);
      for (const { path, loss_per_character: loss, parameters } of LANGUAGE) {
        assert.equal(await cell(path, "loss"), loss.toFixed(3));
        assert.equal(await cell(path, "parameters"), parameters.toLocaleString("en"));
      }
      assert.equal(await cell(MULTI_HEAD, "per-token"), keysAndValues(config(MULTI_HEAD)).toLocaleString("en"));
      assert.equal(await cell(GROUPED, "per-token"), keysAndValues(config(GROUPED)).toLocaleString("en"));
      assert.equal(await cell(SPARSE, "per-token"), compressed(config(SPARSE)).toLocaleString("en"));
      assert.equal(await cell(MULTI_HEAD, "fixed"), "0");

      const points = await page.$$eval(`${byId("trade-plot")} .point`, (links) => links.map(({ dataset }) => [dataset.id, Number(dataset.bytes), Number(dataset.quality)]));
      const point = (path) => points.find(([id]) => id === path);
      assert.deepEqual(point(MULTI_HEAD), [MULTI_HEAD, 256 * keysAndValues(config(MULTI_HEAD)), LANGUAGE.find(({ path }) => path === MULTI_HEAD).loss_per_character]);
      assert.equal(points.length, LANGUAGE.length);

      const answers = await see.text("trade-answers");
      const times = Math.round(keysAndValues(config(MULTI_HEAD)) / compressed(config(SPARSE)));
      assert.ok(answers.includes(`${times} times fewer bytes for each token`), answers);
      assert.match(answers, /nats a character/);
      assert.match(answers, /Layer 1: open it/);
      assert.match(answers, /one entry of 48 numbers for every 4 tokens/);
      await picture(page, `${name}-trade`);
    });

    test("any two models, any length, sorted by any column, in a link", { timeout: 240_000 }, async () => {
      await open(`#trade?model=${GROUPED}&context=128`);
      assert.match(await see.text("trade-answers"), /2\.0 times fewer bytes for each token/);
      assert.match(await see.text("trade-answers"), /After 128 tokens/);
      await page.select(byId("trade-against"), SPARSE);
      await see.idle();
      assert.match(await see.text("trade-answers"), /times more bytes for each token/);
      await page.select(byId("trade-what"), "induction");
      await see.idle();
      await page.click(`${byId("trade-table")} th[data-column="loss"] button`);
      await see.idle();
      const losses = (await order()).map((path) => LANGUAGE.find((model) => model.path === path).loss_per_character);
      assert.deepEqual(losses, [...losses].sort((a, b) => a - b));
      await page.click(`${byId("trade-table")} th[data-column="loss"] button`);
      await see.idle();
      assert.deepEqual((await order()).at(-1), LANGUAGE.reduce((best, model) => (model.loss_per_character < best.loss_per_character ? model : best)).path);
      assert.equal(await page.$eval(`${byId("trade-table")} th[data-column="loss"]`, (head) => head.getAttribute("aria-sort")), "descending");
      await see.address("sort=-loss");
      assert.equal(await see.hash(), `#trade?model=${GROUPED}&context=128&against=${SPARSE}&what=induction&sort=-loss`);
    });

    test("a model is measured here, as its card says, and measuring stops", { timeout: 300_000 }, async () => {
      await open(`#trade?model=${GROUPED}`);
      await page.select(byId("trade-windows"), "2");
      await page.click(byId("trade-measure-two"));
      await page.waitForFunction(() => /^Measured/.test(document.querySelector('[data-testid="trade-progress"]').textContent), { timeout: 240_000 });
      await see.idle();
      for (const path of [GROUPED, MULTI_HEAD]) {
        const { held_out: heldOut } = JSON.parse(readFileSync(join(ROOT, "www/models", path, "card.json"), "utf8"));
        const ofTwo = heldOut.find(({ windows }) => windows === 2).loss_per_character.toFixed(3);
        assert.match(await cell(path, "loss"), new RegExp(`first 2 windows: ${ofTwo} here, card ${ofTwo} ✓$`));
        assert.match(await cell(path, "kept"), /allocated ✓$/);
        assert.match(await cell(path, "speed"), /^[\d.]+$/);
      }
      assert.equal(await cell(SPARSE, "speed"), "not measured");
      await page.click(byId("trade-measure-all"));
      await page.waitForFunction(() => !document.querySelector('[data-testid="trade-stop"]').hidden);
      await page.click(byId("trade-stop"));
      await page.waitForFunction(() => /^Stopped/.test(document.querySelector('[data-testid="trade-progress"]').textContent), { timeout: 60_000 });
      assert.equal(await page.$eval(byId("trade-measure-all"), (button) => button.disabled), false);
    });

    test("recall is the card's, is measured again here, and a model is asked", { timeout: 300_000, skip: RECALL.length === 0 && "no model of recall is there yet" }, async () => {
      await open("#trade?what=associative&model=deepseek_v4-shakespeare");
      const percent = (part) => `${(100 * part).toFixed((part > 0 && part < 0.0995) || (part > 0.9895 && part < 1) ? 1 : 0)}\u00a0%`;
      for (const { architecture, mechanism, recall } of RECALL) {
        const { path } = LANGUAGE.find((model) => model.architecture === architecture && model.mechanism === mechanism);
        for (const length of [64, 128, 256]) assert.equal(await cell(path, `recall-${length}`), percent(recall.find((part) => part.task === "associative" && part.length === length).recall), `${path} ${length}`);
        const far = recall.find((part) => part.task === "associative" && part.length === 256);
        assert.equal(await page.$$eval(`${byId("trade-table")} tr[data-path="${path}"] .heat li`, (list) => list.length), far.by_distance.length);
      }
      assert.equal(await page.$$eval(`${byId("trade-plot")} .point`, (list) => list.length), RECALL.length);

      await page.select(byId("trade-windows"), "2");
      await page.click(byId("trade-measure-two"));
      await page.waitForFunction(() => /^Measured/.test(document.querySelector('[data-testid="trade-progress"]').textContent), { timeout: 240_000 });
      await see.idle();
      assert.equal(await see.text("trade-problem"), "");
      for (const length of [64, 128, 256]) assert.match(await cell(SPARSE, `recall-${length}`), / here ✓$/);

      await page.select(byId("device"), "cpu");
      await page.click(byId("trade-ask"));
      await page.waitForSelector(`${byId("layers-table")} ${byId("layer")}`, { timeout: 120_000 });
      await see.idle();
      assert.match((await see.state("checkpoint")).address, /^recall-/);
      assert.equal(await page.$$eval(`${byId("token-strip")} .written`, (list) => list.length), 1);
    });

    test("a layer that shows the mechanism opens, and a point opens its model", { timeout: 300_000 }, async () => {
      await open("#trade?what=loss");
      await page.select(byId("device"), "cpu");
      await page.click(`${byId("trade-layer")}[data-layer="2"]`);
      await page.waitForSelector(`${byId("layers-table")} .asked`, { timeout: 120_000 });
      await see.idle();
      assert.equal((await see.state("checkpoint")).address, SPARSE);
      assert.match(await page.$eval(`${byId("layers-table")} .asked th`, (element) => element.textContent), /^2/);
      assert.match(await see.hash(), new RegExp(`model=${SPARSE}&layer=2`));
      await page.keyboard.press("q");
      await page.waitForFunction(() => window.playground.state.page === "trade");
      await see.idle();
      await page.$eval(`${byId("trade-plot")} .point[data-id="${GROUPED}"]`, (link) => link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })));
      await page.waitForFunction((path) => window.playground.state.checkpoint?.address === path, { timeout: 60_000 }, GROUPED);
      await page.waitForSelector(`${byId("layers-table")} ${byId("layer")}`, { timeout: 120_000 });
      await see.idle();
      assert.equal(await page.$(`${byId("layers-table")} .asked`), null, "a layer is asked for that no link named");
    });

    test("fits a phone, in the dark", { timeout: 240_000 }, async () => {
      await open("#trade", { width: 390, height: 844 });
      await page.emulateMediaFeatures?.([{ name: "prefers-color-scheme", value: "dark" }]).catch(() => undefined);
      await see.idle();
      assert.equal(await see.scrollsSideways(), false);
      assert.equal(await page.$$eval(`${byId("trade-plot")} .point text`, (labels) => labels.filter((label) => label.getBoundingClientRect().right > innerWidth || label.getBoundingClientRect().left < 0).length), 0, "labels leave the screen");
      await picture(page, `${name}-trade-narrow`);
    });
  });
}

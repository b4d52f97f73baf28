/**
 * The kernels for GPUs in the browsers' own compilers: no machine of ours has a GPU, and an adapter that says that it is
 * none gets other kernels. Here it does not say so.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NAMES, difference, launch, programs } from "./browsers.js";
import { SITE, serve } from "./own-site.js";

const SCRIPT = "engine/attention_playground.js";
const ASKED = /\.isFallbackAdapter\b/g;
const WANTED = ["kernels/larger-than-a-tile", "attention/grouped-query-attention", "attention/attention-sinks", "attention/sliding-window-attention"];

for (const name of NAMES) {
  describe(`kernels for GPUs in ${name}`, () => {
    let browser, site, page;

    before(async () => {
      const script = readFileSync(join(SITE, SCRIPT), "utf8");
      assert.match(script, ASKED, "the engine no longer asks whether an adapter is a GPU, or asks otherwise");
      site = await serve({ changed: { [SCRIPT]: script.replaceAll(ASKED, ".isUnknown") } });
      browser = await launch(name);
      page = await browser.newPage();
      await page.goto(`${site.address}icon.svg`);
      const device = await page.evaluate(async () => {
        const { createEngine } = await import("./attention-playground.js");
        window.engine = await createEngine({ device: "webgpu" });
        return window.engine.device;
      });
      assert.equal(device, "webgpu");
    });

    after(async () => {
      await browser?.close();
      await site?.close();
    });

    for (const { name: program, code, expected } of programs().filter(({ name }) => WANTED.includes(name))) {
      test(program, { timeout: 120_000 }, async () => {
        const run = await page.evaluate((code) => window.engine.run(code), code);
        assert.equal(run.error, null);
        assert.equal(run.device, "webgpu");
        assert.equal(difference(expected, run.stdout, `${name}-gpu-kernels`), "");
      });
    }

    test("no program is missing", () => assert.equal(programs().filter(({ name }) => WANTED.includes(name)).length, WANTED.length));
  });
}

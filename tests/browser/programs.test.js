/**
 * Every program prints in the browser what it prints under PyTorch: in both browsers, on WebGPU and on the CPU.
 * Chromium runs the engine's module with relaxed SIMD, Firefox, where that is switched off, the plain one.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMES, blankPage, difference, launch, programs } from "./browsers.js";

/** As `www/src/engine/worker.js` finds out. */
const hasRelaxedSimd = () => WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0, 253, 133, 2, 26, 11));

for (const name of NAMES) {
  for (const device of ["webgpu", "cpu"]) {
    describe(`${name} on ${device}`, () => {
      let browser, page;

      before(async () => {
        browser = await launch(name);
        page = await blankPage(browser);
        const engine = await page.evaluate(async (device) => {
          const { createEngine } = await import("./attention-playground.js");
          window.engine = await createEngine({ device });
          const { adapter, deviceReason } = window.engine;
          return { device: window.engine.device, adapter, deviceReason };
        }, device);
        // Else the suite would run on the CPU twice and be green about it.
        assert.equal(engine.device, device, engine.deviceReason);
        assert.equal(engine.adapter !== "", device === "webgpu");
        assert.equal(await page.evaluate(hasRelaxedSimd), name === "chromium");
      });

      after(() => browser?.close());

      for (const { name: program, code, expected } of programs()) {
        test(program, { timeout: 120_000 }, async () => {
          const run = await page.evaluate((code) => window.engine.run(code), code);
          assert.equal(run.error, null);
          assert.equal(run.device, device);
          assert.equal(difference(expected, run.stdout, `${name}-${device}`), "");
        });
      }
    });
  }
}

/**
 * Every program prints in the browser what it prints under PyTorch: in both browsers, on WebGPU and on the CPU.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMES, blankPage, difference, launch, programs } from "./browsers.js";

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

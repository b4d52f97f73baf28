/**
 * Threads: where a page is isolated from other origins, products and attention are shared among workers, and come out as
 * one thread computes them.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NAMES, byId, launch } from "./browsers.js";
import { SITE, onSite as openOnSite } from "./own-site.js";

const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Large enough to be shared, of every kind that is; the rounds give the threads time to come. */
const CODE = `
import torch
import torch.nn.functional as F
torch.manual_seed(0)
a, b = torch.randn(130, 300), torch.randn(300, 200)
weight = torch.randn(1100, 1024)
q, k, v = torch.randn(6, 131, 40), torch.randn(6, 131, 40), torch.randn(6, 131, 24)
for _ in range(40):
    product = a @ b
    tall = b.T @ a.T
    vector = a[:1, :1].expand(1, 1024) @ weight.T
    narrow = a[:1, :1].expand(1, 1024) @ weight.to(torch.bfloat16).float().T
    causal = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    few = F.scaled_dot_product_attention(q[:, :1].repeat(4, 1, 1), k.repeat(4, 1, 1), v.repeat(4, 1, 1))
`;
const NAMED = ["product", "tall", "vector", "narrow", "causal", "few"];

for (const name of NAMES) {
  describe(`threads in ${name}`, () => {
    let browser;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    const onSite = (ways, action) => openOnSite(browser, ways, action);

    /** Runs a program once or twice on so many threads: the cells of its tensors, and what else is said. */
    const run = (page, threads, code, times = 1) =>
      page.evaluate(
        async ({ threads, code, times, named }) => {
          const { createEngine } = await import("./attention-playground.js");
          const engine = await createEngine({ device: "cpu", threads });
          const restarts = [];
          engine.on("restart", (detail) => restarts.push(detail));
          const cells = {};
          let error = null;
          for (let time = 0; time < times && !error; time += 1) {
            const run = await engine.run(code);
            error = run.error;
            for (const { names } of run.steps) for (const { name, id } of names) if (named.includes(name) && id) cells[name] = id;
          }
          for (const [name, id] of Object.entries(cells)) cells[name] = error ? [] : [...(await engine.read(id)).data];
          const after = await engine.run("print(6 * 7)");
          engine.close();
          return { threads: engine.threads, error, cells, restarts, after: after.stdout };
        },
        { threads, code, times, named: NAMED },
      );

    test("an isolated page shares work among threads, and the numbers are those of one", { timeout: 120_000 }, async () => {
      await onSite({ headers: ISOLATED }, async (open) => {
        const page = await open();
        const alone = await run(page, 1, CODE);
        assert.deepEqual([alone.threads, alone.error], [1, null]);
        const shared = await run(page, 3, CODE, 2);
        assert.deepEqual([shared.threads, shared.error, shared.restarts], [3, null, []]);
        for (const named of NAMED) {
          assert.ok(alone.cells[named].some((cell) => cell !== 0) && alone.cells[named].every(Number.isFinite), named);
          assert.deepEqual(shared.cells[named], alone.cells[named], named);
        }
        const cores = await page.evaluate(() => navigator.hardwareConcurrency);
        assert.equal(await page.evaluate(() => document.querySelector("[data-testid=device-status]").title), cores > 1 ? `on the CPU, ${Math.min(cores, 8)} threads` : "on the CPU");
      });
    });

    test("a thread that fails ends the run in a sentence, and the engine goes on", { timeout: 120_000 }, async () => {
      const helper = readFileSync(join(SITE, "engine/helper.js"), "utf8");
      const failing = helper.replace(/\.joinWork\(/, ".noSuchWork(");
      assert.notEqual(failing, helper);
      await onSite({ headers: ISOLATED, changed: { "engine/helper.js": failing } }, async (open) => {
        const { error, restarts, after } = await run(await open(), 2, CODE, 20);
        assert.match(error?.message ?? "no error", /a thread of the engine failed|The engine crashed/);
        assert.equal(restarts.length, 1);
        assert.equal(after, "42\n");
      });
    });

    test("without its threads an engine computes alone", { timeout: 120_000 }, async () => {
      await onSite({ headers: ISOLATED, lost: (path) => path === "engine/helper.js" }, async (open) => {
        const { error, cells, restarts } = await run(await open(), 2, CODE, 2);
        assert.deepEqual([error, restarts], [null, []]);
        assert.ok(cells.product.length > 0);
      });
    });

    test("a page on any host is isolated once it is kept", { timeout: 120_000 }, async () => {
      await onSite({}, async (open) => {
        let page = await open();
        assert.equal(await page.evaluate(() => window.crossOriginIsolated), false);
        await page.waitForSelector(`${byId("offline")}[data-state="kept"]`, { timeout: 60_000 });
        await page.close();
        page = await open();
        assert.equal(await page.evaluate(() => window.crossOriginIsolated), true);
        const shared = await run(page, 2, CODE, 2);
        assert.deepEqual([shared.threads, shared.error, shared.restarts], [2, null, []]);
      });
    });
  });
}

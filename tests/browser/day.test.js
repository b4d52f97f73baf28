/**
 * A day's use of one page: program after program, those that fail, that are stopped and that are switched between the
 * devices among them, and no memory grows: WebAssembly's, the GPU's, that of JavaScript in the page and in the worker.
 *
 * Here a short day; `DAY_RUNS=2000 node --test browser/day.test.js` is a long one, `DAY_DEVICE=cpu` one on a single device.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fragmentFromState } from "../../www/src/link.js";
import { ROOT, byId, launch, openPlayground, reader } from "./browsers.js";

const RUNS = Number(process.env.DAY_RUNS ?? 120);
const DEVICES = process.env.DAY_DEVICE ? [process.env.DAY_DEVICE] : ["cpu", "webgpu"];
/** What may be more at the end of the day than in its morning. Of what the engine holds, which is counted to the byte, a leak of 30 bytes a run is more. */
const GROWTH = { wasm: 0.05, held: 0.002, gpu: 0.05, page: 0.05, worker: 0.05 };
const MECHANISMS = RUNS > 200 ? ["causal-attention", "multi-head-attention", "grouped-query-attention", "sliding-window-attention", "alibi", "linear-attention", "attention-sinks", "cross-attention"] : ["causal-attention", "linear-attention"];
const OWN = {
  "a failure": "import torch\nx = torch.randn(64, 64)\nfor turn in range(20):\n    x = x @ x.softmax(-1)\ny = x @ torch.ones(3)\n",
  "what is not Python": "import torch\nx = = 3\n",
  "much output": "for turn in range(2000):\n    print(turn, 'x' * 40)\n",
  // In one line, since steps would be kept for as long as it takes to press Stop.
  "no end": "x = 1\nany(False for _ in iter(int, 1))\n",
};

let browser;

before(async () => {
  // JavaScript is interpreted: the machine code that V8 makes of it, function by function as a day goes on, lies in the
  // same heap as what the page holds (0.44 MB in 540 runs, in which everything else of it grew by 3 KB), and is no leak.
  browser = await launch("chromium", ["--js-flags=--no-opt --no-sparkplug --no-maglev"]);
});
after(() => browser?.close());

test(`${RUNS} runs in one page take no more memory than the first of them`, { timeout: 3_600_000 }, async (t) => {
  const page = await openPlayground(browser, `#attention/causal-attention.py?device=${DEVICES[0]}`);
  const see = reader(page);
  const day = await programs();
  const held = async () => {
    const worker = page.workers().at(-1);
    const heaps = [page, worker].map(async (target) => {
      const client = target === page ? await page.createCDPSession() : target.client;
      // Twice, since what a finalizer lets go of is free only the next time.
      for (let turn = 0; turn < 2; turn += 1) await client.send("HeapProfiler.collectGarbage");
      const { usedSize } = await client.send("Runtime.getHeapUsage");
      if (target === page) await client.detach();
      return usedSize;
    });
    const [inPage, inWorker] = await Promise.all(heaps);
    return { ...(await page.evaluate(() => window.playground.memory())), page: inPage, worker: inWorker };
  };

  const started = Date.now();
  // Both are measured at the end of a round, since the program on display is part of what the page holds. In the morning
  // every program has run on every device, more than once, so that shaders, compiled code and what was read ahead are there.
  const [morning, evening] = [Math.max(6 * day.length, RUNS / 10), RUNS].map((runs) => Math.ceil(runs / day.length) * day.length);
  let before;
  for (let run = 0; run < evening; run += 1) {
    if (run === morning) before = await held();
    const { name, code, fragment } = day[run % day.length];
    await page.evaluate((fragment) => (location.hash = fragment), fragment);
    await page.waitForFunction((code) => window.playground.state.code === code, {}, code);
    if (name === "no end") {
      await page.waitForFunction(() => window.playground.state.engine === "running" && window.playground.state.stepsSoFar > 0);
      await page.click(byId("stop"));
      await page.waitForFunction(() => window.playground.state.engine === "idle");
    }
    await see.idle();
    if (RUNS > 200 && (run + 1) % 100 === 0) console.log(`${run + 1} runs, ${Math.round((Date.now() - started) / 1000)} s: ${JSON.stringify(await held())}`);
  }
  const end = await held();
  t.diagnostic(`${evening} runs: before ${JSON.stringify(before)}, at the end ${JSON.stringify(end)}`);
  assert.equal(await see.state("deviceReason"), "");
  for (const [what, bytes] of Object.entries(end)) {
    const growth = bytes / Math.max(1, before[what]) - 1;
    assert.ok(bytes === before[what] || growth <= GROWTH[what], `${what}: ${before[what]} bytes became ${bytes}, ${(100 * growth).toFixed(1)} % more`);
  }
  await page.close();
});

/** The programs of a round, as links, each on each device. */
async function programs() {
  const codes = [...MECHANISMS.map((name) => [name, readFileSync(join(ROOT, `www/programs/attention/${name}.py`), "utf8")]), ...Object.entries(OWN)];
  const each = codes.flatMap(([name, code]) => DEVICES.map((device) => ({ name, code: `${code}# ${device}\n`, device })));
  const link = ({ code, device }) => fragmentFromState({ code, program: "", model: "", step: 0, device, selection: null, view: "tensors", mask: { tokens: 0, row: -1 } });
  return Promise.all(each.map(async (program) => ({ ...program, fragment: await link(program) })));
}

/**
 * The engine through its public module: what a run shows, and that nothing a program does keeps it from going on.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { blankPage, launch } from "./browsers.js";

let browser, page;

before(async () => {
  browser = await launch("chromium");
  page = await blankPage(browser);
  await page.evaluate(async () => {
    const { createEngine } = await import("./attention-playground.js");
    window.createEngine = createEngine;
    window.engine = await createEngine();
  });
});
after(() => browser?.close());

const run = (code, options = {}) => page.evaluate((code, options) => window.engine.run(code, options), code, options);

const ATTENTION = `import torch
torch.manual_seed(0)
x = torch.randn(3, 4)
scores = x @ x.T
mask = torch.triu(torch.ones(3, 3, dtype=torch.bool), diagonal=1)
weights = torch.softmax(scores.masked_fill(mask, float("-inf")), dim=-1)
for head in range(2):
    out = weights @ x
print(out.shape)
`;

describe("a run", () => {
  test("is a trace of lines with the names that they bound", async () => {
    const { ok, error, stdout, steps, device } = await run(ATTENTION);
    assert.equal(error, null);
    assert.ok(ok);
    assert.equal(device, "webgpu");
    assert.equal(stdout, "torch.Size([3, 4])\n");
    const bound = (name) => steps.flatMap((step) => step.names.filter((n) => n.name === name).map((n) => ({ ...n, line: step.line, loops: step.loops })));
    assert.deepEqual(bound("x").map(({ line, shape, kind, device }) => ({ line, shape, kind, device })), [{ line: 3, shape: [3, 4], kind: "tensor", device: "webgpu" }]);
    assert.deepEqual(bound("out").map(({ loops }) => loops), [[{ line: 7, iteration: 0 }], [{ line: 7, iteration: 1 }]]);
    assert.equal(steps.at(-1).output, stdout.length);
  });

  test("leaves values to read in the tensor's own type", async () => {
    const types = await page.evaluate(async () => {
      const run = await window.engine.run("import torch\na = torch.tensor([1.5, -2.0])\nb = torch.tensor([[7], [2**40]])\nc = a > 0\nd = a.to(torch.bfloat16)\n");
      const read = {};
      for (const { names } of run.steps) {
        for (const { name, kind, id } of names) {
          if (kind !== "tensor") continue;
          const { data, shape, dtype } = await window.engine.read(id);
          read[name] = { type: data.constructor.name, values: Array.from(data, String), shape, dtype };
        }
      }
      return read;
    });
    const float32 = { type: "Float32Array", values: ["1.5", "-2"], shape: [2] };
    assert.deepEqual(types, {
      a: { ...float32, dtype: types.a.dtype },
      b: { type: "BigInt64Array", values: ["7", String(2n ** 40n)], shape: [2, 1], dtype: types.b.dtype },
      c: { type: "Uint8Array", values: ["1", "0"], shape: [2], dtype: types.c.dtype },
      d: { ...float32, dtype: types.d.dtype },
    });
    assert.match(types.a.dtype, /float32$/);
    assert.match(types.d.dtype, /bfloat16$/);
  });

  test("explains a cell down to named tensors, with numbers that add up", async () => {
    const { origin, x } = await page.evaluate(async (code) => {
      const run = await window.engine.run(code);
      const id = (name) => run.steps.flatMap((step) => step.names).find((n) => n.name === name).id;
      return { origin: await window.engine.provenance(id("scores"), [2, 1]), x: { id: id("x"), ...(await window.engine.read(id("x"))) } };
    }, ATTENTION);
    const row = (i) => [0, 1, 2, 3].map((j) => x.data[4 * i + j]);
    const expected = row(2).reduce((sum, value, j) => sum + value * row(1)[j], 0);
    assert.ok(Math.abs(origin.value - expected) < 1e-5, `${origin.value} is not ${expected}`);
    const sources = origin.steps.flatMap(({ inputs }) => inputs).filter(({ name }) => name === "x");
    const cells = new Set(sources.flatMap(({ cells }) => cells.map(String)));
    assert.deepEqual([...cells].sort(), ["1,0", "1,1", "1,2", "1,3", "2,0", "2,1", "2,2", "2,3"]);
    assert.match(origin.steps[0].text, /=.*·/);
  });

  test("shows arrays of NumPy as the tensors that they are, and scalars as their numbers", async () => {
    const code = "import numpy as np\nq = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)\nscores = q @ q.T\nq[0, 0] = 9\nheads = [q, scores]\nlargest = scores.max()\n";
    const { q, ...names } = await page.evaluate(async (code) => {
      const run = await window.engine.run(code);
      const read = {};
      for (const { names } of run.steps) {
        for (const { name, kind, text, id } of names) (read[name] ??= []).push(kind === "tensor" ? Array.from((await window.engine.read(id)).data) : text);
      }
      const [cell] = run.steps.flatMap(({ names }) => names).filter(({ name }) => name === "scores");
      const { steps, value } = await window.engine.provenance(cell.id, [1, 0]);
      const [{ cells }] = steps.flatMap(({ inputs }) => inputs).filter(({ name }) => name === "q");
      return { ...read, cell: [value, cells.map(String)] };
    }, code);
    assert.deepEqual(q[0], [1, 2, 3, 4]);
    assert.deepEqual(names, {
      scores: [[5, 11, 11, 25]],
      "heads[0]": [[9, 2, 3, 4]],
      "heads[1]": [[5, 11, 11, 25]],
      largest: ["25.0"],
      cell: [11, ["1,0", "1,1"]],
    });
  });

  test("gives ids that are never used again", async () => {
    const ids = async () => (await run("import torch\nx = torch.ones(2)\n")).steps.flatMap(({ names }) => names).filter(({ kind }) => kind === "tensor").map(({ id }) => id);
    const first = await ids();
    const second = await ids();
    assert.ok(first.length > 0 && second.every((id) => !first.includes(id)));
    await assert.rejects(page.evaluate((id) => window.engine.read(id), first[0]), /no tensor/);
  });

  test("compares the devices without losing what is shown", async () => {
    const { comparison, values } = await page.evaluate(async (code) => {
      const run = await window.engine.run(code);
      const { id } = run.steps.flatMap((step) => step.names).find((n) => n.name === "weights");
      const comparison = await window.engine.compareDevices(code);
      return { comparison, values: Array.from((await window.engine.read(id)).data) };
    }, ATTENTION);
    assert.ok(comparison.ok, comparison.reason);
    assert.equal(comparison.tensors, 6);
    // Sums of four products of numbers around one, in another order: a few units in the last place of float32.
    assert.ok(comparison.largest.absolute < 1e-5, JSON.stringify(comparison.largest));
    assert.equal(values.length, 9);
  });
});

describe("wrong input ends in an error with a place and a sentence, and the next program runs", () => {
  const WRONG = {
    "a tensor of 10^12 elements": ["import torch\n\nx = torch.zeros(1000000, 1000000)\n", 3, /memory|allocate|elements/i],
    "a tensor too large to count": ["import torch\nx = torch.zeros(10**18, 10**18)\n", 2, /./],
    "dropout of a tensor that is expanded beyond all memory": ["import torch\nx = torch.nn.functional.dropout(torch.ones(1).expand(3 * 10**9))\n", 2, /memory/i],
    "recursion without an end": ["def f(n):\n    return f(n + 1)\nf(0)\n", null, /recursion/i],
    "a deep expression": [`x = ${"(".repeat(50_000)}1${")".repeat(50_000)}\n`, 1, /./],
    "an index outside": ["import torch\nx = torch.ones(3)\nprint(x[7])\n", 3, /index 7 is out of bounds/],
    "a division by zero": ["a = 1\nb = a / 0\n", 2, /division by zero/],
    "a list that fills the memory": ["x = [0] * 10**12\n", 1, /./],
    "a string that doubles for ever": ["s = 'ab'\nwhile True:\n    s = s + s\n", null, /./],
    "shapes that do not fit": ["import torch\na = torch.ones(2, 3) @ torch.ones(2, 3)\n", 2, /2x3 and 2x3/],
    "what is not Python": ["fn main() { println!(\"hi\") }\n", 1, /./],
    "a megabyte of noise": [noise(1 << 20), null, /./],
    "nothing but an open bracket": ["x = [1, 2\n", null, /./],
  };

  for (const [name, [code, line, message]] of Object.entries(WRONG)) {
    test(name, { timeout: 60_000 }, async () => {
      const { error } = await run(code, { limits: { seconds: 20 } });
      assert.ok(error, "it ended without an error");
      assert.ok(!/SystemError/.test(error.type), error.message);
      assert.match(error.message, message);
      assert.ok(error.line >= 1 && error.column >= 1, JSON.stringify(error));
      if (line !== null) assert.equal(error.line, line);
      assert.equal((await run("print(6 * 7)\n")).stdout, "42\n");
    });
  }

  test("a program without an end stops at its time", { timeout: 60_000 }, async () => {
    const started = Date.now();
    const { error } = await run("while True:\n    pass\n", { limits: { seconds: 1 } });
    assert.match(error.type, /Timeout/);
    assert.ok(Date.now() - started < 4000);
  });

  test("a program without an end stops at its steps", async () => {
    const { error } = await run("while True:\n    pass\n", { limits: { steps: 10_000 } });
    assert.ok(error);
  });

  test("a program without an end stops when it is told, and keeps its steps", async () => {
    const { error, steps, stdout } = await page.evaluate(async () => {
      const running = window.engine.run("print('begun')\nx = 1\nwhile True:\n    x = x + 1\n");
      await new Promise((resolve) => setTimeout(resolve, 300));
      window.engine.stop();
      return running;
    });
    assert.equal(error.type, "KeyboardInterrupt");
    assert.equal(stdout, "begun\n");
    assert.ok(steps.length > 2);
  });

  test("an abort is a stop, and a new run stops the one before", async () => {
    const types = await page.evaluate(async () => {
      const endless = "while True:\n    pass\n";
      const controller = new AbortController();
      const first = window.engine.run(endless, { signal: controller.signal });
      setTimeout(() => controller.abort(), 100);
      const { error } = await first;
      const second = window.engine.run(endless);
      const third = window.engine.run("print(1)\n");
      return [error.type, (await second).error.type, (await third).error];
    });
    assert.deepEqual(types, ["KeyboardInterrupt", "KeyboardInterrupt", null]);
  });
});

describe("an engine that breaks", () => {
  test("ends a worker that does not hear, once, however often it is told to stop", async () => {
    const { error, after } = await page.evaluate(async () => {
      const engine = await window.createEngine({ device: "cpu" });
      // One operation of many seconds, in which the worker hears nothing.
      const running = engine.run("import torch\nx = torch.ones(4096, 4096)\ny = x @ x\n");
      await new Promise((resolve) => setTimeout(resolve, 500));
      engine.stop();
      engine.stop();
      const { error } = await running;
      const after = await engine.run("print('alive')\n");
      engine.close();
      return { error, after };
    });
    assert.equal(error.type, "KeyboardInterrupt");
    assert.deepEqual([after.error, after.stdout], [null, "alive\n"]);
  });

  test("is started anew after a crash, and says so", async () => {
    const { error, reasons, after } = await page.evaluate(async () => {
      const workers = [];
      const { Worker } = window;
      window.Worker = class extends Worker {
        constructor(...args) {
          super(...args);
          workers.push(this);
        }
      };
      const engine = await window.createEngine();
      window.Worker = Worker;
      const reasons = [];
      engine.on("restart", (reason) => reasons.push(reason));
      const running = engine.run("while True:\n    pass\n");
      await new Promise((resolve) => setTimeout(resolve, 100));
      // What a browser does when wasm traps in a task of the worker.
      workers[0].dispatchEvent(new ErrorEvent("error", { message: "unreachable executed", cancelable: true }));
      const { error } = await running;
      const after = await engine.run("print('alive')\n");
      engine.close();
      return { error, reasons, after: after.stdout };
    });
    assert.equal(error.type, "SystemError");
    assert.match(error.message, /started anew/);
    assert.equal(reasons.length, 1);
    assert.equal(after, "alive\n");
  });

  test("moves to the CPU when its GPU is lost, visibly", async () => {
    const result = await page.evaluate(async () => {
      // The worker keeps its device to itself; this one destroys it when it is told to.
      const { Worker } = window;
      let worker;
      window.Worker = class extends Worker {
        constructor(url) {
          const script = `
            const { requestDevice } = GPUAdapter.prototype;
            GPUAdapter.prototype.requestDevice = async function (...args) {
              const device = await requestDevice.apply(this, args);
              self.addEventListener("message", ({ data }) => data === "lose" && device.destroy());
              return device;
            };
            const early = [];
            const keep = (event) => early.push(event.data);
            self.addEventListener("message", keep);
            await import(${JSON.stringify(String(url))});
            self.removeEventListener("message", keep);
            for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));`;
          super(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
          worker = this;
        }
      };
      const engine = await window.createEngine();
      window.Worker = Worker;
      const before = engine.device;
      const devices = [];
      engine.on("device", (device) => devices.push(device));
      worker.postMessage("lose");
      const run = await engine.run("import torch\nprint(torch.ones(2) + 1)\n");
      const { device, deviceReason } = engine;
      engine.close();
      return { before, devices, device, deviceReason, run };
    });
    assert.equal(result.before, "webgpu");
    assert.deepEqual(result.devices, ["cpu"]);
    assert.equal(result.device, "cpu");
    assert.match(result.deviceReason, /GPU was lost/);
    assert.equal(result.run.device, "cpu");
    assert.equal(result.run.stdout, "tensor([2., 2.])\n");
  });
});

/** Bytes that mean nothing, the same every time: a linear congruential generator's. */
function noise(length) {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(32 + (state >>> 24) % 95);
  }).join("");
}

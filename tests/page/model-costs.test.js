import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTEXTS, QUANTITIES, amountText, comparisonSentence, domainOf, logScale, nearest, quantityOf, ratioText, rowsFromOutput, spread, ticksOf, tokenTicks, tokensText, valueOf } from "../../www/src/model-costs.js";
import { createModelCounts } from "../../www/src/model-counts.js";
import { figureText, marksOf } from "../../www/src/published-costs.js";

const cache = quantityOf("cache");

test("the plot goes from 1K to 1M by halves of a doubling", () => {
  assert.deepEqual([CONTEXTS[0], CONTEXTS[1], CONTEXTS[2], CONTEXTS.at(-1)], [1024, 1536, 2048, 1048576]);
  assert.deepEqual(CONTEXTS, [...CONTEXTS].sort((a, b) => a - b));
  assert.equal(quantityOf("weight"), QUANTITIES[0]);
});

test("a quantity has a value when all that it is made of is counted", () => {
  assert.equal(valueOf(cache, { kv_cache_bytes: 10, state_bytes: 4 }, 1024), 14);
  assert.equal(valueOf(cache, { kv_cache_bytes: 10 }, 1024), null);
  assert.equal(valueOf(cache, undefined, 1024), null);
  assert.equal(valueOf(quantityOf("per-token"), { kv_cache_bytes: 4096, kv_cache_bytes_per_token: 8 }, 1024), 4);
});

test("amounts and lengths are written as the field writes them", () => {
  assert.equal(amountText(17_179_869_184, "bytes"), "17 GB");
  assert.equal(amountText(132_269_768_704, "FLOPs"), "132 GFLOPs");
  assert.equal(amountText(6_470_935_167_107_072, "FLOPs"), "6.47 PFLOPs");
  assert.equal(amountText(8_030_261_248, ""), "8.03 billion");
  assert.equal(amountText(7, ""), "7");
  assert.deepEqual([1024, 1536, 131072, 1048576, 1000].map(tokensText), ["1K", "1.5K", "128K", "1M", "1,000"]);
});

test("a comparison says how many times, or which part", () => {
  assert.equal(ratioText(3, 3), "the same");
  assert.equal(ratioText(24, 10), "2.4 times");
  assert.equal(ratioText(10, 15.4), "0.65");
  assert.equal(ratioText(1, 37), "1/37");
  const models = [{ title: "A", value: 137e9 }, { title: "B", value: null }, { title: "C", value: 3.7e9 }];
  assert.equal(comparisonSentence(cache, 1048576, models), "At 1,048,576 tokens A keeps 137\u00a0GB, C 3.7\u00a0GB, 1/37 of it.");
  assert.equal(comparisonSentence(cache, 1, models.slice(0, 1)), "At 1 token A keeps 137\u00a0GB.");
  assert.equal(comparisonSentence(cache, 8, [...models, { title: "D", value: 274e9 }]), "At 8 tokens A keeps 137\u00a0GB; D 274\u00a0GB, 2.0 times as much; C 3.7\u00a0GB, 1/37 of it.");
  assert.equal(comparisonSentence(cache, 8, []), "");
});

test("a logarithmic scale gives every factor the same room", () => {
  const x = logScale([1, 100], [0, 200]);
  assert.deepEqual([1, 10, 100].map((value) => Math.round(x(value))), [0, 100, 200]);
  const [low, high] = domainOf([20e6, 130e9]);
  assert.ok(low < 20e6 && high > 130e9);
  assert.deepEqual(ticksOf([low, high], 7), [1e8, 1e9, 1e10, 1e11]);
  assert.deepEqual(ticksOf([1, 1e10], 4), [1, 1e3, 1e6, 1e9]);
  assert.deepEqual(ticksOf([15, 300], 7), [20, 50, 100, 200]);
  assert.deepEqual(tokenTicks(11).length, 11);
  assert.deepEqual(tokenTicks(4), [1024, 32768, 1048576]);
  assert.equal(nearest(100_000, CONTEXTS), 98304);
});

test("labels stand where they belong, or below each other", () => {
  assert.deepEqual(spread([100, 40], 16, [0, 200]), [100, 40]);
  assert.deepEqual(spread([50, 50], 16, [0, 200]), [42, 58]);
  assert.deepEqual(spread([199, 198, 10], 16, [0, 200]), [200, 184, 10]);
  const crowd = spread(Array(9).fill(60), 16, [0, 200]);
  for (let at = 1; at < crowd.length; at += 1) assert.equal(crowd[at] - crowd[at - 1], 16);
  assert.ok(crowd[0] >= 0 && crowd[8] <= 200);
});

test("lines of output are read as they come", () => {
  const { rows, rest } = rowsFromOutput('{"context": 1, "dtype": "bf16"}\nnote\n{"cont');
  assert.deepEqual(rows, [{ context: 1, dtype: "bf16" }]);
  assert.equal(rest, '{"cont');
});

test("a published figure is held against what is counted, a share against the reference's", () => {
  const counts = { a: { kv_cache_bytes: 10 }, "deepseek-v3.2": { kv_cache_bytes: 80 } };
  const published = [
    { config: "a", quantity: "kv_cache_bytes", context: 2048, dtype: "bf16", value: 12, source: "somebody" },
    { config: "a", quantity: "KV cache relative to deepseek-v3.2", context: 4096, dtype: "as served", value: 0.1, source: "a report" },
    { config: "a", quantity: "active_parameters", value: 3e9, source: "a card" },
    { config: "b", quantity: "kv_cache_bytes", context: 2048, dtype: "bf16", value: 12, source: "somebody" },
  ];
  const [exact, share, ...others] = marksOf(published, ["a"], "cache", (config) => counts[config]);
  assert.deepEqual([exact.value, exact.counted, exact.at, exact.context], [12, 10, 12, 2048]);
  assert.deepEqual([share.value, share.counted, share.at, share.source], [0.1, 0.125, 8, "a report; as served"]);
  assert.equal(others.length, 0);
  assert.equal(figureText(share.value, share), "0.10");
  const [, without] = marksOf(published, ["a"], "cache", (config) => (config === "a" ? counts.a : undefined));
  assert.deepEqual([without.counted, without.at], [null, null]);
});

/** A side that prints what it is told, one context at a time, until it is stopped. */
function fakeSide(log, failing = "") {
  return {
    use: (job, signal) =>
      job(async (code, { arguments: [, contexts, dtypes, names], onOutput, files }) => {
        const config = await files["config.json"].text();
        log.push(`${config} ${contexts} ${names}`);
        if (config === failing) return { ok: false, error: { type: "SystemExit", message: "config.json: no such layer" } };
        for (const context of contexts.split(",").map(Number)) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          signal.throwIfAborted();
          if (context > 4096) continue;
          for (const dtype of dtypes.split(",")) onOutput(`${JSON.stringify({ context, dtype, ...Object.fromEntries(names.split(",").map((name) => [name, dtype === "f32" ? 4 : 2])) })}\n`);
        }
        return { ok: true };
      }),
  };
}

const settled = async (counts, configs) => {
  while (configs.some((config) => counts.isCounting(config))) await new Promise((resolve) => setTimeout(resolve, 2));
};

test("what was counted is kept, and only what is missing is counted", async () => {
  const log = [];
  const counts = createModelCounts([fakeSide(log)], async (config) => ({ file: new Blob([config]), modules: {} }), ["bf16", "f32"], () => {});
  counts.want(["a", "b"], cache, [1024, 2048]);
  assert.ok(counts.isCounting("a"));
  await settled(counts, ["a", "b"]);
  assert.deepEqual(counts.at("a", 1024, "f32"), { kv_cache_bytes: 4, state_bytes: 4 });
  assert.deepEqual(counts.progress(), { done: 4, total: 4 });
  counts.want(["a"], cache, [1024, 4096, 8192]);
  await settled(counts, ["a"]);
  assert.deepEqual(log, ["a 1024,2048 kv_cache_bytes,state_bytes", "b 1024,2048 kv_cache_bytes,state_bytes", "a 4096,8192 kv_cache_bytes,state_bytes"]);
  assert.ok(counts.isBeyond("a", 8192) && !counts.isBeyond("a", 4096));
  counts.want(["a"], quantityOf("decode"), [1024]);
  await settled(counts, ["a"]);
  assert.equal(counts.at("a", 1024, "f32").decode_flops, 2, "FLOPs are counted once for all dtypes");
});

test("what is no longer wanted is stopped, and what fails says why", async () => {
  const log = [];
  const counts = createModelCounts([fakeSide(log, "bad")], async (config) => ({ file: new Blob([config]), modules: {} }), ["bf16"], () => {});
  counts.want(["a", "bad"], cache, CONTEXTS.slice(0, 4));
  counts.want(["bad"], cache, CONTEXTS.slice(0, 4));
  await settled(counts, ["a", "bad"]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await settled(counts, ["a", "bad"]);
  assert.equal(counts.problem("bad"), "no such layer");
  assert.equal(counts.problem("a"), "");
  assert.equal(counts.at("a", CONTEXTS[3], "bf16"), undefined);
  counts.want(["a"], cache, CONTEXTS.slice(0, 4));
  counts.stop();
  await settled(counts, ["a"]);
  assert.deepEqual(counts.progress(), { done: 0, total: 0 });
});

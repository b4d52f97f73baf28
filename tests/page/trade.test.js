import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesAt, contextOf, growthOf, intervalOf, isSameCache, isSameLoss, isSameRecall, layersOf, layersThatShow, linearTicks, lossCostOf, modelOf, percent, qualityAt, qualityOf, questionOf, recallAt, recallCostOf, rowsOf, savingOf } from "../../www/src/trade.js";
import { createTradeMeasures } from "../../www/src/trade-measures.js";

const LENGTHS = [64, 128, 256];
/** What a layer keeps under a name, in float32. */
const tensor = (layer, name, ...shapes) => ({ layer, name, shapes, bytes: shapes.map((shape) => 4 * shape.reduce((product, size) => product * size, 1)) });
const growing = (layer, name, of) => tensor(layer, name, ...LENGTHS.map(of));
const kept = (layers, ...tensors) => ({ lengths: LENGTHS, layers, tensors });

/** Keys and values of four heads of 24 numbers. */
const MULTI_HEAD = kept(2, ...[0, 1].flatMap((layer) => ["k", "v"].map((name) => growing(layer, name, (length) => [1, 4, length, 24]))));
/** A layer with a window, and one with entries for four tokens and keys to choose them by. */
const COMPRESSED = kept(
  2,
  growing(0, "kv", () => [1, 16, 48]),
  growing(1, "kv", () => [1, 16, 48]),
  growing(1, "entries", (length) => [1, length / 4, 48]),
  growing(1, "entries_values", () => [1, 4, 96]),
  growing(1, "index", (length) => [1, length / 4, 24]),
  growing(1, "index_gates", () => [1, 0, 24]),
);
const NO_LAYER_OF_ITS_OWN = kept(2, growing(0, "k", (length) => [1, 2, length, 24]));

const recall = (...parts) => parts.map(([task, length, share]) => ({ task, length, times: length / 64, questions: 1024, recall: share, by_distance: [[16, 1], [32, share]] }));
const model = (task, architecture, mechanism, more) => ({ path: `${task}-${architecture}-${mechanism}`, title: `${architecture}, ${task === "language" ? "Shakespeare" : "recall"}`, task, architecture, mechanism, parameters: 7, bytes: 14, ...more });
const MODELS = [
  model("language", "qwen3", "grouped-query-attention", { loss_per_character: 1.46 }),
  model("language", "qwen3", "multi-head-attention", { loss_per_character: 1.4 }),
  model("language", "deepseek_v4", "compressed-sparse-attention", { loss_per_character: 1.47 }),
  model("language", "newest", "not-in-the-story", {}),
  model("recall", "qwen3", "multi-head-attention", { recall: recall(["associative", 64, 1], ["associative", 256, 0.99], ["induction", 256, 0.5]) }),
  model("recall", "deepseek_v4", "compressed-sparse-attention", { recall: recall(["associative", 64, 0.9], ["associative", 256, 0.125]) }),
];
const PROGRAMS = ["multi-head-attention", "grouped-query-attention", "compressed-sparse-attention"].map((stem) => ({ path: `attention/${stem}.py` }));
const ROWS = rowsOf(MODELS, PROGRAMS);
const [MULTI, GROUPED, SPARSE, NEWEST] = ROWS;

test("mechanisms stand in the story's order, each with its model of recall", () => {
  assert.deepEqual(ROWS.map(({ language }) => language.mechanism), ["multi-head-attention", "grouped-query-attention", "compressed-sparse-attention", "not-in-the-story"]);
  assert.equal(MULTI.title, "qwen3");
  assert.equal(MULTI.recall, MODELS[4], "two variants of an architecture are told apart by their mechanism");
  assert.equal(GROUPED.recall, null);
  assert.equal(modelOf(SPARSE, qualityOf("loss")), MODELS[2]);
  assert.equal(modelOf(SPARSE, qualityOf("associative")), MODELS[5]);
});

test("what cards say is looked up, and what they do not say is null", () => {
  assert.equal(qualityAt(MULTI, qualityOf("loss"), 64), 1.4);
  assert.equal(qualityAt(NEWEST, qualityOf("loss"), 64), null);
  assert.equal(qualityAt(SPARSE, qualityOf("associative"), 256), 0.125);
  assert.equal(qualityAt(SPARSE, qualityOf("induction"), 256), null);
  assert.equal(recallAt(GROUPED, "associative", 64), null);
  assert.equal(qualityOf("beauty").id, "loss");
  assert.equal(qualityOf(undefined, ROWS).id, "loss", "half of the mechanisms have a model of recall");
  assert.equal(qualityOf(undefined, ROWS.slice(0, 3)).id, "associative");
  assert.deepEqual(["64", "65", undefined].map(contextOf), [64, 256, 256]);
});

test("bytes are added up, and those that grow are told from those that do not", () => {
  assert.equal(bytesAt(MULTI_HEAD, 128), 2 * 2 * 4 * 128 * 24 * 4);
  assert.equal(bytesAt(MULTI_HEAD, 100), null);
  assert.equal(bytesAt(undefined, 64), null);
  assert.deepEqual(growthOf(MULTI_HEAD), { perToken: 2 * 2 * 4 * 24 * 4, fixed: 0 });
  assert.deepEqual(growthOf(COMPRESSED), { perToken: ((48 + 24) / 4) * 4, fixed: (2 * 16 * 48 + 4 * 96) * 4 });
  assert.ok(isSameCache(COMPRESSED, structuredClone(COMPRESSED)));
  assert.ok(!isSameCache(COMPRESSED, MULTI_HEAD));
});

test("layers are described by what they keep, and the one that shows the mechanism is found", () => {
  assert.deepEqual(layersOf(MULTI_HEAD).map(({ layers, text }) => [layers, text]), [[[0, 1], "keys and values of 192 numbers for each token"]]);
  assert.deepEqual(layersOf(COMPRESSED).map(({ layers, text }) => [layers, text]), [
    [[0], "the last 16 tokens, 48 numbers each"],
    [[1], "one entry of 48 numbers for every 4 tokens, a key of 24 numbers to choose it by, and the last 16 tokens, 48 numbers each"],
  ]);
  assert.deepEqual(layersThatShow("compressed-sparse-attention", COMPRESSED).layers, [1]);
  assert.deepEqual(layersThatShow("multi-head-attention", MULTI_HEAD).layers, [0, 1]);
  assert.deepEqual(layersThatShow("cross-layer-kv-sharing", NO_LAYER_OF_ITS_OWN).layers, [1]);
  assert.match(layersOf(NO_LAYER_OF_ITS_OWN)[1].text, /nothing of its own/);
  const hybrid = kept(2, growing(0, "k", (length) => [1, 2, length, 24]), growing(1, "state", () => [1, 4, 24, 24]));
  assert.deepEqual(layersThatShow("gated-delta-rule", hybrid), { layers: [1], text: "a state of 4 × 24 × 24 numbers for the whole text", names: ["state"], isWindow: false });
  const latent = kept(1, growing(0, "latent", (length) => [1, length, 32]), growing(0, "k_rope", (length) => [1, length, 8]));
  assert.equal(layersOf(latent)[0].text, "a latent of 40 numbers for each token");
});

test("what is saved is said in a sentence of the numbers", () => {
  const saving = savingOf({ title: "A", kept: COMPRESSED }, { title: "B", kept: MULTI_HEAD }, 256);
  assert.equal(saving.short, "21 times fewer bytes for each token");
  assert.equal(saving.sentence, "A keeps 72 bytes for each token, and 7.7\u00a0KB that do not grow; B 1,536. After 256 tokens that is 26\u00a0KB instead of 393\u00a0KB, 15 times fewer.");
  assert.equal(savingOf({ title: "B", kept: MULTI_HEAD }, { title: "A", kept: COMPRESSED }, 64).short, "21 times more bytes for each token");
  assert.equal(savingOf({ title: "B", kept: MULTI_HEAD }, { title: "B", kept: MULTI_HEAD }, 64).short, "as many bytes for each token");
  const state = kept(1, growing(0, "state", () => [1, 4, 24, 24]));
  assert.equal(savingOf({ title: "S", kept: state }, { title: "B", kept: MULTI_HEAD }, 64).short, "no bytes for a new token");
});

test("what it costs is said, and what is not measured is said to be that", () => {
  assert.equal(lossCostOf(SPARSE, MULTI).short, "+0.070 nats a character");
  assert.match(lossCostOf(SPARSE, MULTI).sentence, /1\.470 nats a character, qwen3 1\.400: it predicts 5\.0 % worse\.$/);
  assert.match(lossCostOf(MULTI, SPARSE).sentence, /4\.8 % better/);
  assert.equal(lossCostOf(NEWEST, MULTI), null);
  assert.equal(recallCostOf(SPARSE, MULTI, "associative", 256).short, "13\u00a0% recalled instead of 99.0\u00a0%");
  assert.equal(recallCostOf(SPARSE, MULTI, "associative", 256).sentence, "Of what was told once, it recalls 13\u00a0% instead of 99.0\u00a0% in texts of 256 tokens, four times as long as in training; at the length of training 90\u00a0% and 100\u00a0%.");
  assert.equal(recallCostOf(SPARSE, MULTI, "associative", 64).sentence, "Of what was told once, it recalls 90\u00a0% instead of 100\u00a0% in texts of 64 tokens, as in training.");
  assert.deepEqual(recallCostOf(GROUPED, MULTI, "associative", 256), { short: "", sentence: "What qwen3 recalls is not measured: there is no model of recall for it here." });
  assert.match(recallCostOf(SPARSE, NEWEST, "induction", 128).sentence, /^What deepseek_v4 and newest recall is not measured/);
});

test("measured figures are the card's within half a percent, of recall within half a point", () => {
  assert.ok(isSameLoss(3.0149, 3) && isSameLoss(2.9851, 3) && !isSameLoss(3.016, 3));
  const card = recall(["associative", 64, 0.9], ["induction", 64, 0.02]);
  assert.ok(isSameRecall(recall(["associative", 64, 0.904]), card));
  assert.ok(!isSameRecall(recall(["associative", 64, 0.904], ["induction", 64, 0.03]), card));
  assert.ok(!isSameRecall(recall(["associative", 128, 0.9]), card) && !isSameRecall([], card));
});

test("a share is written with as many digits as it has", () => {
  assert.deepEqual([1, 0.9999, 0.993, 0.5, 0.054, 0.0001, 0].map((part) => percent(part).replace("\u00a0", " ")), ["100 %", "99.9 %", "99.3 %", "50 %", "5.4 %", "0.1 %", "0 %"]);
});

test("a question tells every pair once, and asks for one of them", () => {
  const { prompt, key, answer, pairs } = questionOf();
  const numbers = prompt.split(" ").map(Number);
  assert.equal(numbers.length, 2 * pairs + 1);
  const [keys, values] = [0, 1].map((odd) => numbers.slice(0, -1).filter((_, at) => at % 2 === odd));
  assert.equal(new Set(keys).size, pairs);
  assert.ok(keys.every((one) => one >= 0 && one < 64) && values.every((one) => one >= 64 && one < 128));
  assert.equal(numbers.at(-1), key);
  assert.equal(values[keys.indexOf(key)], answer);
});

test("an axis is that of most models, and one that is far away stands at its edge", () => {
  const [low, high] = intervalOf([1.41, 1.45, 1.47, 1.76]);
  assert.ok(low < 1.41 && high > 1.47 && high < 1.6, `${low} to ${high}`);
  const [, all] = intervalOf([1.41, 1.45, 1.5]);
  assert.ok(all > 1.5);
  assert.deepEqual(linearTicks([1.39, 1.57]), [1.4, 1.45, 1.5, 1.55]);
  assert.deepEqual(linearTicks([0, 1]), [0, 0.2, 0.4, 0.6, 0.8, 1]);
});

/** An engine that prints what it is told, in two pieces, unless it is stopped before. */
function fakeSide(log, output) {
  return {
    use: async (job, signal) => {
      signal.throwIfAborted();
      const answer = await job(async (code, { arguments: words, files, onOutput }) => {
        log.push({ words: words.join(" "), files: Object.keys(files).sort() });
        const text = output(words);
        if (text === null) return { ok: false, error: { type: "SystemExit", message: "no such model" } };
        onOutput(text.slice(0, 20));
        await new Promise((resolve) => setTimeout(resolve, 1));
        onOutput(text.slice(20));
        return { ok: true };
      });
      signal.throwIfAborted();
      return answer;
    },
  };
}

const SOURCES = {
  modules: async () => ({ measure: "" }),
  config: async () => new Blob(["{}"]),
  files: async (path, signal, onProgress) => (onProgress(1, 2), { "config.json": new Blob(["{}"]), "model.safetensors": new Blob([path]) }),
  shared: async (name) => new Blob([name]),
};
const lines = (...rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

test("models are measured one after the other, and every line that is printed is kept", async () => {
  const log = [];
  const seen = new Set();
  const output = ([, ...parts]) => (parts[0] === "shapes" ? lines({ shapes: COMPRESSED }) : lines({ cache: COMPRESSED }, { speed: { tokens: 64, seconds: 2 } }, { loss: 3, windows: 1, of: 2 }, { loss: 2.5, windows: 2, of: 2 }, { answered: 5, of: 10 }, { task: "associative", length: 64, questions: 10, recall: 0.5, by_distance: [] }));
  const measures = createTradeMeasures(fakeSide(log, output), SOURCES, () => {}, () => seen.add(`${measures.progress()?.path} ${measures.progress()?.doing}`));
  assert.equal(await measures.measure([{ path: "a", parts: ["shapes"] }, { path: "b", parts: ["cache", "speed", "loss:2", "recall"] }]), true);
  assert.deepEqual(log, [
    { words: "a shapes", files: ["a/config.json"] },
    { words: "b cache speed loss:2 recall", files: ["b/config.json", "b/model.safetensors", "held-out.json"] },
  ]);
  assert.deepEqual(measures.of("a"), { shapes: COMPRESSED });
  assert.deepEqual(measures.of("b"), { cache: COMPRESSED, speed: { tokens: 64, seconds: 2 }, loss: { loss: 2.5, windows: 2, of: 2 }, recall: [{ task: "associative", length: 64, questions: 10, recall: 0.5, by_distance: [] }] });
  for (const step of ["b fetching", "b loss", "b recall"]) assert.ok(seen.has(step), `${step} is not among ${[...seen]}`);
  assert.equal(measures.progress(), null);
});

test("what fails says why and the others go on, and what is stopped ends", async () => {
  const log = [];
  const measures = createTradeMeasures(fakeSide(log, ([path]) => (path === "bad" ? null : lines({ speed: { tokens: 1, seconds: 1 } }))), SOURCES, () => {}, () => {});
  assert.equal(await measures.measure([{ path: "bad", parts: ["speed"] }, { path: "good", parts: ["speed"] }]), true);
  assert.equal(measures.problem("bad"), "no such model");
  assert.deepEqual(measures.of("good"), { speed: { tokens: 1, seconds: 1 } });
  const stopped = measures.measure([{ path: "first", parts: ["speed"] }, { path: "second", parts: ["speed"] }]);
  measures.stop();
  assert.equal(await stopped, false);
  assert.deepEqual(log.map(({ words }) => words), ["bad speed", "good speed"]);
  assert.equal(measures.problem("first"), "");
  assert.equal(measures.progress(), null);
});

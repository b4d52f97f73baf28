import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesByKind, changeText, keptAfterEach } from "../../www/src/kept.js";
import { bytesKept, headCount, spansOf, turnAt, turnsOf } from "../../www/src/layers.js";
import { factorText, factorsFromText, partText, textWithFactor } from "../../www/src/scaled.js";
import { PROGRAM } from "../../www/src/trace.js";
import { shownToken, writingOf } from "../../www/src/writing.js";

const tensor = (name, shape, dtype = "float32") => ({ name, kind: "tensor", shape, dtype, id: 1, text: "" });
const value = (name, text) => ({ name, kind: "value", text, shape: [] });
const step = (names, more = {}) => ({ file: PROGRAM, function: "<module>", call: 1, depth: 0, loops: [], names, ...more });
const model = (call, names, more = {}) => step(names, { file: "llama.py", function: "forward", call, depth: 1, loops: [{ line: 9, iteration: 0 }], ...more });
const inside = (names, more = {}) => step(names, { file: "llama.py", function: "attention", depth: 2, ...more });
const attend = (shape) => step([tensor("shares", shape)], { file: "layers.py", function: "attend", depth: 3 });

/** Two passes through a model of two layers, the second of which is no attention. */
const RUN = {
  steps: [
    model(1, [value("layer", "0")], { function: "weight_shapes" }),
    step([value("tokens", "['to', 'Ġbe']")]),
    model(1, [value("layer", "0"), value("kept", "{}")]),
    inside([]),
    step([tensor("kept['k']", [1, 2, 2, 4]), tensor("kept['v']", [1, 2, 2, 4])], { file: "layers.py", function: "append", depth: 3 }),
    attend([1, 2, 2, 2]),
    model(1, [value("layer", "1"), value("kept", "{}")]),
    step([tensor("shares", [2, 1])], { file: "llama.py", function: "experts", depth: 2 }),
    model(1, [tensor("logits", [1, 2, 9])], { loops: [] }),
    step([value("token", "'Ġor'")]),
    step([value("candidates", "['Ġor', '.']"), tensor("chances", [2])]),
    model(2, [value("layer", "0"), value("kept", "{}")]),
    inside([]),
    attend([1, 2, 1, 3]),
    model(2, [value("layer", "1"), value("kept", "{}")]),
    step([value("token", "'.'")]),
    model(3, [value("layer", "0"), value("kept", "{}")]),
  ],
};

test("each pass through a model is a turn, and each turn of its loop a layer", () => {
  const turns = turnsOf(RUN);
  assert.deepEqual(turns.map(({ from, to }) => [from, to]), [[2, 8], [11, 15]], "the pass that broke off is none");
  assert.deepEqual(turns.map(({ layers }) => layers.map(({ layer, mixer, opens }) => [layer, mixer, opens])), [[[0, "attention", 3], [1, "", 6]], [[0, "attention", 12], [1, "", 14]]]);
  assert.deepEqual(turns[0].layers.map(({ shares }) => shares?.shape ?? null), [[1, 2, 2, 2], null], "the shares of experts are no attention");
  assert.deepEqual(turns[0].layers.map((layer) => [headCount(layer), layer.feedsForward]), [[2, false], [0, true]]);
  assert.deepEqual([0, 5, 9, 12, 99].map((at) => turnAt(turns, at)), [0, 0, 1, 1, 1]);
});

test("what a layer keeps stays when a pass does not bind it anew", () => {
  assert.deepEqual(turnsOf(RUN).map(({ layers }) => bytesKept(layers[0])), [128, 128]);
});

test("tokens are those of the prompt and those that were written", () => {
  const writing = writingOf(RUN);
  assert.deepEqual([writing?.tokens, writing?.prompt], [["to", "Ġbe", "Ġor", "."], 2]);
  assert.deepEqual(writing?.next.map(({ candidates }) => candidates), [["Ġor", "."], []]);
  assert.deepEqual(["Ġbe", "▁be", "Ċ"].map(shownToken), ["·be", "·be", "⏎"]);
});

test("a key stands for a token, the last of a window, the chosen ones, or a block", () => {
  const firsts = (layer, ...rest) => spansOf({ ratio: 1, kept: new Map(), ...layer }, ...rest).map(({ first, last }) => (first === last ? first : [first, last]));
  assert.deepEqual(firsts({}, 3, 3, null), [0, 1, 2]);
  assert.deepEqual(firsts({}, 2, 5, null), [3, 4], "a window");
  assert.deepEqual(firsts({}, 2, 5, [4, 1]), [4, 1], "chosen");
  const blocks = { ratio: 4, kept: new Map([["entries", tensor("", [1, 3, 8])]]) };
  assert.deepEqual(firsts(blocks, 5, 14, null), [12, 13, [0, 3], [4, 7], [8, 11]]);
  assert.deepEqual(firsts(blocks, 3, 14, [2]), [12, 13, [8, 11]]);
});

/** The same run with a part scaled, after which the model as it was reads the text. */
const SCALED = {
  steps: [
    step([value("scaled", "'0.1=0'")]),
    ...RUN.steps.slice(0, -1),
    step([tensor("read_whole", [1, 3])]),
    model(3, [value("layer", "0"), value("kept", "{}")]),
    model(3, [value("layer", "1"), value("kept", "{}")]),
    ...[["'Ġor'", "['Ġor', 'Ġto']"], ["'!'", "['!', '.']"]].flatMap(([token, candidates]) => [
      step([tensor("probabilities_whole", [9])]),
      step([value("token_whole", token)]),
      step([tensor("chances_whole", [2]), tensor("likeliest_whole", [2], "int64")]),
      step([value("candidates_whole", candidates)]),
    ]),
  ],
};

test("the model as it was writes nothing: what it expects stands beside what was written", () => {
  assert.equal(turnsOf(SCALED).length, 2);
  const writing = writingOf(SCALED);
  assert.deepEqual([writing?.scaled, writing?.tokens], ["0.1=0", ["to", "Ġbe", "Ġor", "."]]);
  assert.deepEqual(writing?.whole.map((whole) => [whole?.token, whole?.candidates, whole?.probabilities?.shape]), [["Ġor", ["Ġor", "Ġto"], [9]], ["!", ["!", "."], [9]]]);
  const full = writingOf({ steps: SCALED.steps.slice(0, -4) });
  assert.deepEqual(full?.whole.map((whole) => whole?.token ?? null), ["Ġor", null], "for which the trace had no room");
  assert.deepEqual(writingOf(RUN)?.whole, [null, null]);
});

test("a token has the probability with which it was written", () => {
  const steps = RUN.steps.map((one) => (one.names[0]?.name === "token" ? { ...one, names: [...one.names, value("chance", "0.25")] } : one));
  assert.deepEqual(writingOf({ steps })?.chances, [null, null, 0.25, 0.25]);
  assert.deepEqual(writingOf(RUN)?.chances, [null, null, null, null]);
});

test("what is scaled is read from the control and written into it", () => {
  assert.deepEqual([...factorsFromText("3.1=0, 5=0.5 x 3.1=2 2.feed_forward=-.5")], [["3.1", 0], ["5", 0.5], ["2.feed_forward", -0.5]]);
  assert.equal(textWithFactor("10.2=0, 9.attention=0.5", "9.10", 0), "9.10=0, 9.attention=0.5, 10.2=0");
  assert.equal(textWithFactor("3.1=0, 5=0.5", "3.1", 1), "5=0.5");
  assert.equal(textWithFactor("3.1=0", "3.1", 1), "");
  assert.deepEqual(["3.1", "3.attention", "3.feed_forward", "3"].map(partText), ["head 1 of layer 3", "attention of layer 3", "feed-forward of layer 3", "all of layer 3"]);
  assert.deepEqual([0, 1, -0.5].map(factorText), ["off", "on", "× −0.5"]);
});

test("what a layer keeps grows, makes room, is gathered into entries, or stays as large as it is", () => {
  const kept = (items) => new Map(Object.entries(items).map(([name, shape]) => [name, tensor(`kept['${name}']`, shape)]));
  const changes = (before, after, ratio = 1) => changeText(kept(before), kept(after), ratio);
  assert.equal(changes({ k: [1, 2, 3, 4], v: [1, 2, 3, 4] }, { k: [1, 2, 4, 4], v: [1, 2, 4, 4] }), "+ 64 bytes");
  assert.equal(changes({ latent: [1, 8, 4] }, { latent: [1, 8, 4] }), "the oldest token left");
  assert.equal(changes({ state: [1, 2, 4, 4] }, { state: [1, 2, 4, 4] }), "written anew, no larger");
  assert.equal(changes({}, {}), "");
  const before = { kv: [1, 8, 4], entries: [1, 2, 4], entries_values: [1, 3, 4] };
  assert.equal(changes(before, { kv: [1, 8, 4], entries: [1, 3, 4], entries_values: [1, 0, 4] }, 4), "the oldest token left; an entry for tokens 8 to 11");
  assert.deepEqual(bytesByKind(kept(before)), { state: 48, blocks: 32, tokens: 128 });
  assert.deepEqual(keptAfterEach(turnsOf(RUN), 0).map((items) => [...items.keys()]), [["k", "v"], ["k", "v"]]);
  assert.deepEqual(keptAfterEach(turnsOf(RUN), 7).map(({ size }) => size), [0, 0]);
});

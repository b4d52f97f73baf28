import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesKept, shownToken, spansOf, turnAt, turnsOf, writingOf } from "../../www/src/layers.js";
import { PROGRAM } from "../../www/src/trace.js";

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

import assert from "node:assert/strict";
import { test } from "node:test";
import { PROGRAM, axisLabels, nearestStepOfLine, placeText, samePlace, stepAtCursor, stringsFromText } from "../../www/src/trace.js";

const step = (line, more = {}) => ({ file: PROGRAM, line, function: "", call: 1, depth: 0, loops: [], names: [], output: 0, ...more });
const looped = (line, iteration) => step(line, { loops: [{ line: 2, iteration }] });
const TRACE = [step(1), looped(3, 1), looped(4, 1), looped(3, 2), looped(4, 2), step(6)];

test("a rerun keeps the iteration, also when lines moved", () => {
  assert.equal(samePlace(TRACE, TRACE, 3), 3);
  const moved = TRACE.map((old) => ({ ...old, line: old.line + 2 }));
  assert.equal(samePlace(moved, TRACE, 3, (line) => line + 2), 3);
});

test("a line that lost its iteration keeps its line, a lost line its position", () => {
  assert.equal(samePlace(TRACE.slice(0, 3), TRACE, 3), 1);
  assert.equal(samePlace([step(9), step(10)], TRACE, 5), 1);
});

test("a pressed line goes to its nearest step; the cursor goes onwards first", () => {
  assert.equal(nearestStepOfLine(TRACE, 3, 5), 3);
  assert.equal(nearestStepOfLine(TRACE, 5, 0), null);
  assert.equal(stepAtCursor(TRACE, 3, 1), 3);
  assert.equal(stepAtCursor(TRACE, 3, 4), 1);
  assert.equal(stepAtCursor(TRACE, 5, 0), 5);
  assert.equal(stepAtCursor([], 5, 0), null);
});

test("the place names the call and the iterations", () => {
  assert.equal(placeText(step(4, { function: "forward", call: 3, depth: 1, loops: [{ line: 2, iteration: 5 }] })), "call 3 of forward · iteration 5 of the loop in line 2");
});

test("a list of strings labels the axes of its length, but not those of parameters", () => {
  const words = { name: "words", kind: "value", text: "['Your', \"it's\", 'step']", shape: [] };
  const vocabulary = { ...words, name: "vocabulary", text: "['a', 'b', 'c']" };
  const features = { ...words, name: "features", text: "['x', 'y', 'z', 'w']" };
  const seen = { ...words, name: "seen", text: "['1', '2', '3', '4']" };
  const steps = [step(1, { names: [vocabulary] }), step(2, { names: [words] }), looped(3, 1), step(4, { names: [features] })];
  steps[2].names.push(seen);
  const labels = ["Your", "it's", "step"];
  const tensor = (name, shape) => ({ name, kind: "tensor", text: "", shape });
  assert.deepEqual(axisLabels(steps, 2, tensor("inputs", [3, 4])), [labels, null]);
  assert.deepEqual(axisLabels(steps, 3, tensor("inputs", [3, 4])), [labels, ["x", "y", "z", "w"]]);
  assert.deepEqual(axisLabels(steps, 3, tensor("attn_weights", [3, 3, 3])), [null, labels, labels]);
  assert.deepEqual(axisLabels(steps, 3, tensor("W_query", [3, 3])), [null, null]);
  const width = { name: "model_width", kind: "value", text: "3", shape: [] };
  const withWidth = [...steps, step(5, { names: [width] })];
  assert.deepEqual(axisLabels(withWidth, 4, tensor("x", [3, 3])), [labels, null]);
  assert.deepEqual(axisLabels(withWidth, 4, tensor("scores", [3, 3])), [labels, labels]);
});

test("only a list of strings is read as one", () => {
  assert.deepEqual(stringsFromText("('a', 'b\\'c')"), ["a", "b'c"]);
  assert.equal(stringsFromText("[1, 2]"), null);
  assert.equal(stringsFromText("['a', 2]"), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { align, bindingsOf, differenceOf, indexFromOffset } from "../../www/src/align.js";
import { firstParting } from "../../www/src/comparison.js";

let ids = 0;
const tensor = (name, shape) => ({ name, kind: "tensor", id: (ids += 1), dtype: "float32", shape, device: "cpu", gradFn: "", text: "" });
const binding = (name, shape) => ({ name: tensor(name, shape), step: 0 });
const step = (line, names, more = {}) => ({ line, function: "<module>", call: 1, depth: 0, loops: [], names, output: 0, flops: 0, bytes: 0, ...more });
const shown = (pairs) => pairs.map(({ a, b }) => [a?.name.shape.join("x") ?? "-", b?.name.shape.join("x") ?? "-"]);

test("tensors are matched by name, where their shapes agree if they can", () => {
  const a = [binding("x", [4, 4]), binding("q", [2, 4]), binding("q", [4, 4]), binding("out", [4, 4])];
  const b = [binding("x", [4, 4]), binding("q", [4, 4]), binding("gate", [4]), binding("out", [4, 2])];
  assert.deepEqual(shown(align(a, b)), [["4x4", "4x4"], ["2x4", "-"], ["4x4", "4x4"], ["-", "4"], ["4x4", "4x2"]]);
});

test("heads cut into groups are the same matrices", () => {
  const a = [binding("scores", [2, 2, 3, 3])];
  const b = [binding("scores", [3, 3]), binding("scores", [4, 3, 3])];
  assert.deepEqual(shown(align(a, b)), [["-", "3x3"], ["2x2x3x3", "4x3x3"]]);
});

test("arguments, results, weights' making and aliases are left out", () => {
  const x = tensor("x", [2]);
  const run = {
    code: "def weight():\n    return 1\ndef f(t):\n    y = t\nx = weight()\nf(x)\n",
    steps: [
      step(2, [tensor("generator", [2])], { depth: 1, function: "weight" }),
      step(5, [x]),
      step(3, [tensor("t", [2])], { depth: 1, function: "f" }),
      step(4, [tensor("y", [2]), tensor("return", [2])], { depth: 1, function: "f" }),
      step(6, [x, { ...tensor("n", []), kind: "value" }]),
    ],
  };
  assert.deepEqual(bindingsOf(run).map(({ name }) => name.name), ["x", "y"]);
});

test("a difference is rounding, or it is told where it is", () => {
  assert.equal(differenceOf([1, 100], [1, 100.0001]).isRounding, true);
  const real = differenceOf([1, 2, 3], [1, 2.5, 2.75]);
  assert.deepEqual([real.largest, real.at, real.cells, real.isRounding], [0.5, 1, 2, false]);
  assert.deepEqual(indexFromOffset([2, 3], 4), [1, 1]);
});

test("masked cells agree with masked cells, and with nothing else", () => {
  const both = differenceOf([-Infinity, NaN, 1], [-Infinity, NaN, 1]);
  assert.deepEqual([both.largest, both.isRounding], [0, true]);
  assert.equal(differenceOf([-Infinity], [1]).largest, Infinity);
  assert.equal(differenceOf([NaN], [1]).largest, Infinity);
});

test("two programs part at the first tensor of both that differs", () => {
  const row = (a, b, difference) => ({ a, b, difference });
  const same = differenceOf([1], [1]);
  const [x, y] = [binding("x", [1]), binding("y", [1])];
  assert.equal(firstParting([row(x, x, same), row(y, null, null), row(y, y, differenceOf([1], [2]))]), 2);
  assert.equal(firstParting([row(x, x, same), row(y, null, null)]), -1);
});

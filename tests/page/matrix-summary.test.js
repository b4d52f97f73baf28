/** A matrix in one sentence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { matrixSummary } from "../../www/src/matrix-summary.js";

const none = { rows: null, columns: null };

test("weights say what the last query reads most", () => {
  const words = ["the", "cat", "sat"];
  const data = [1, 0, 0, 0.25, 0.75, 0, 0.125, 0.625, 0.25];
  assert.equal(matrixSummary({ data, base: 0, rows: 3, columns: 3, name: "attn_weights", labels: { rows: words, columns: words } }), "token 2 (sat) attends 63 % to token 1 (cat), its most.");
  // The second of two heads, and without words.
  assert.equal(matrixSummary({ data: [...data, ...data.toReversed()], base: 9, rows: 3, columns: 3, name: "weights", labels: none }), "token 2 attends 100 % to token 2, its most.");
  assert.equal(matrixSummary({ data: [9, 1, 0, 0.5, 0.5], base: 1, rows: 2, columns: 2, name: "attention", labels: none }), "token 1 attends 50 % to token 0, its most.");
});

test("other numbers say what they span, and how many are masked", () => {
  assert.equal(matrixSummary({ data: [0.5, -Infinity, 1.25, -2], base: 0, rows: 2, columns: 2, name: "scores", labels: none }), "From −2 to 1.25, the largest at [1, 0]. 1 masked.");
  assert.equal(matrixSummary({ data: [3n, 3n], base: 0, rows: 1, columns: 2, name: "ids", labels: none }), "All are 3.");
  assert.equal(matrixSummary({ data: [-Infinity, -Infinity], base: 0, rows: 1, columns: 2, name: "mask", labels: none }), "2 masked.");
  assert.equal(matrixSummary({ data: [0, 5, 1], base: 0, rows: 1, columns: 3, name: "x", labels: none }), "From 0 to 5, the largest at [1].");
});

test("one number, and more than anybody waits for, have no sentence", () => {
  assert.equal(matrixSummary({ data: [1], base: 0, rows: 1, columns: 1, name: "loss", labels: none }), "");
  assert.equal(matrixSummary({ data: new Float32Array(300 * 300), base: 0, rows: 300, columns: 300, name: "x", labels: none }), "");
});

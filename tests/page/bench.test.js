import assert from "node:assert/strict";
import { test } from "node:test";
import { attention, largestError, product } from "../../bench/src/reference.js";
import { median, pairs } from "../../bench/src/statistics.js";

/** Two sides whose times are lists, the last of which stays. */
function sides(ours, theirs) {
  const asked = [];
  const side = (name, times) => async () => (asked.push(name), times.length > 1 ? times.shift() : times[0]);
  return { asked, ours: side("ours", ours), theirs: side("theirs", theirs) };
}

test("the rounds that warm up are not counted, and the order is swapped every round", async () => {
  const { asked, ours, theirs } = sides([90, 90, 90, 2], [1, 1, 1, 6]);
  const measured = await pairs(ours, theirs, { rounds: 9, seconds: 60 });
  assert.deepEqual(measured, { ours: 2, theirs: 6, ratio: 3, interval: [3, 3], rounds: 9 });
  assert.deepEqual(asked.slice(6, 10), ["ours", "theirs", "theirs", "ours"]);
});

test("a ratio is the median of the rounds' ratios, not the ratio of medians", async () => {
  // The machine is ten times slower in some rounds: a pair is slowed together.
  const { ours, theirs } = sides([1, 1, 1, 1, 10, 1, 10, 1, 1], [1, 1, 1, 2, 20, 2, 20, 2, 2]);
  const { ratio, interval, rounds } = await pairs(ours, theirs, { rounds: 6, seconds: 60 });
  assert.deepEqual({ ratio, interval, rounds }, { ratio: 2, interval: [2, 2], rounds: 6 });
});

test("an interval holds the median, and is as wide as the rounds disagree", async () => {
  const ratios = Array.from({ length: 40 }, (_, at) => 1 + (at % 5) / 10);
  const { ours, theirs } = sides([1], [1, 1, 1, ...ratios]);
  const { ratio, interval } = await pairs(ours, theirs, { rounds: 40, seconds: 60 });
  assert.equal(ratio, median(ratios));
  assert.ok(interval[0] <= ratio && ratio <= interval[1] && interval[0] >= 1 && interval[1] <= 1.4, String(interval));
});

test("what takes long ends with the time that it may take", async () => {
  const slow = () => new Promise((resolve) => setTimeout(resolve, 20, 20));
  const { rounds } = await pairs(slow, slow, { rounds: 1000, seconds: 0.3 });
  assert.ok(rounds >= 3 && rounds <= 10, `${rounds} rounds`);
});

test("the reference computes products and attention", () => {
  assert.deepEqual([...product([1, 2, 3, 4], [5, 6, 7, 8], 2, 2, 2)], [19, 22, 43, 50]);
  // Two heads share one key head; the first token sees itself alone, the second two keys with equal scores.
  const inputs = { q: { data: [0, 0, 0, 0] }, k: { data: [1, 2] }, v: { data: [4, 8] } };
  const heads = attention(inputs, { H: 2, G: 1, T: 2, D: 1, isVisible: (query, key) => key <= query });
  assert.deepEqual([...heads], [4, 6, 4, 6]);
});

test("an error is told in parts of the largest value, and no value is no agreement", () => {
  assert.equal(largestError([1, -3.5], Float64Array.of(1, -4)), 0.125);
  assert.ok(Number.isNaN(largestError([1, NaN], Float64Array.of(1, 2))));
  assert.ok(Number.isNaN(largestError([1], Float64Array.of(1, 2))));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, exactNumber, shortNumber } from "../../www/src/number.js";

test("numbers in cells are short", () => {
  const cases = [
    [0, "0"],
    [0.1385, "0.14"],
    [-0.5, "−0.50"],
    [12.34, "12.3"],
    [345.6, "346"],
    [1e-7, "1e−7"],
    [123456, "1e5"],
    [7, "7"],
    [-Infinity, "−inf"],
    [NaN, "nan"],
    [12345678901234567890n, "12345678901234567890"],
  ];
  for (const [value, text] of cases) assert.equal(shortNumber(value), text);
});

test("exact numbers are the shortest that read back as the same float32", () => {
  assert.equal(exactNumber(Math.fround(0.1), "float32"), "0.1");
  assert.equal(exactNumber(Math.fround(1 / 3), "float32"), "0.33333334");
  assert.equal(exactNumber(3, "float32"), "3");
  assert.equal(exactNumber(1, "bool"), "True");
  assert.equal(exactNumber(9007199254740993n, "int64"), "9007199254740993");
  for (let seed = 1; seed < 500; seed += 1) {
    const value = Math.fround(Math.sin(seed) * 10 ** (seed % 9));
    assert.equal(Math.fround(Number(exactNumber(value, "float32"))), value);
  }
});

test("durations have the unit that suits them", () => {
  assert.deepEqual([duration(7.25), duration(250), duration(1500), duration(2.5e6), duration(0.01)], ["7.3 µs", "250 µs", "1.50 ms", "2.50 s", "< 0.1 µs"]);
});

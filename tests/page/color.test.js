import assert from "node:assert/strict";
import { test } from "node:test";
import { colorMap, contrast, domainFromValues, inkOn, lightness, rgbFromValue } from "../../www/src/color.js";

const THEMES = /** @type {const} */ (["light", "dark"]);
const DOMAIN = { min: -1, max: 1, scale: 1 };
const rgb = (ink) => /** @type {[number, number, number]} */ ([1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16)));

test("equal steps of value are equal steps of lightness, on both sides of zero", () => {
  for (const theme of THEMES) {
    for (const sign of [-1, 1]) {
      const steps = Array.from({ length: 11 }, (_, index) => lightness(rgbFromValue((sign * index) / 10, DOMAIN, theme)));
      const differences = steps.slice(1).map((value, index) => value - steps[index]);
      const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
      // Rounding to bytes moves lightness by up to 1/255 / 2 at each end of a step; twice that is allowed.
      for (const difference of differences) assert.ok(Math.abs(difference - mean) < 2 / 255, `${theme} ${sign}: ${differences}`);
    }
  }
});

test("both ends are equally far from zero, so neither sign looks larger", () => {
  for (const theme of THEMES) {
    const [negative, positive] = [-1, 1].map((value) => lightness(rgbFromValue(value, DOMAIN, theme)));
    // One byte of rounding.
    assert.ok(Math.abs(negative - positive) < 1 / 255);
  }
});

test("blue against orange: the blue channel tells the signs apart for every kind of colour blindness", () => {
  for (const theme of THEMES) {
    const positive = rgbFromValue(1, DOMAIN, theme);
    const negative = rgbFromValue(-1, DOMAIN, theme);
    // Protan and deutan readers keep the blue channel; tritan readers keep red.
    assert.ok(positive[2] - negative[2] > 80);
    assert.ok(negative[0] - positive[0] > 80);
  }
});

test("numbers in cells keep the contrast of WCAG AA on every colour", () => {
  for (const theme of THEMES) {
    const map = colorMap(theme);
    for (let at = 0; at < map.length; at += 3) {
      const color = /** @type {[number, number, number]} */ ([map[at], map[at + 1], map[at + 2]]);
      assert.ok(contrast(color, rgb(inkOn(color))) >= 4.5, `${theme} ${color}: ${contrast(color, rgb(inkOn(color)))}`);
    }
  }
});

test("the domain spans the finite values and centres on zero", async () => {
  assert.deepEqual(await domainFromValues([1, -3, Infinity, NaN, 2]), { min: -3, max: 2, scale: 3 });
  assert.deepEqual(await domainFromValues([-Infinity]), { min: 0, max: 0, scale: 0 });
  assert.deepEqual(await domainFromValues([5n, -2n]), { min: -2, max: 5, scale: 5 });
});

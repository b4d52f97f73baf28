import assert from "node:assert/strict";
import { test } from "node:test";
import { costRows, runTotals } from "../../www/src/costs.js";
import { measuredDifference } from "../../www/src/identity.js";

const value = (name, text) => ({ name, kind: "value", text });
const step = (names, more = {}) => ({ line: 1, depth: 0, names, flops: 2, bytes: 8, ...more });

test("the turns of the costs loop are the rows of the table", () => {
  const loop = step([value("what", "'cache bytes'"), value("counted", "1024"), value("formula", "'2·T·G·D·4'"), value("value", "1024")]);
  const other = step([value("what", "'cache bytes'"), value("counted", "many")]);
  assert.deepEqual(costRows({ steps: [step([]), loop, other] }), [{ what: "cache bytes", counted: 1024, formula: "2·T·G·D·4", value: 1024 }]);
  assert.deepEqual(runTotals({ steps: [loop, other] }), { flops: 4, bytes: 16 });
});

test("what an identity measured is read from its trace", () => {
  const named = (text, more) => step([value("largest_difference", text)], more);
  assert.equal(measuredDifference({ steps: [named("0.5"), named("2.384185791015625e-07"), step([value("heads", "4")])] }), 2.384185791015625e-7);
  assert.equal(measuredDifference({ steps: [named("0.5", { depth: 1 }), step([value("difference", "0.5")])] }), null);
});

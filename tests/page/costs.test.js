import assert from "node:assert/strict";
import { test } from "node:test";
import { costRows, runTotals } from "../../www/src/costs.js";
import { measuredDifference, measuringProgram } from "../../www/src/identity.js";

const value = (name, text) => ({ name, kind: "value", text });
const step = (names, more = {}) => ({ line: 1, depth: 0, names, flops: 2, bytes: 8, ...more });

test("the turns of the costs loop are the rows of the table", () => {
  const loop = step([value("what", "'cache bytes'"), value("counted", "1024"), value("formula", "'2·T·G·D·4'"), value("value", "1024")]);
  const other = step([value("what", "'cache bytes'"), value("counted", "many")]);
  assert.deepEqual(costRows({ steps: [step([]), loop, other] }), [{ what: "cache bytes", counted: 1024, formula: "2·T·G·D·4", value: 1024 }]);
  assert.deepEqual(runTotals({ steps: [loop, other] }), { flops: 4, bytes: 16 });
});

test("an identity's check is asked what it measured", () => {
  const program = "one = 1\nsame = (one - other).abs().max().item() < 1e-5\nprint(same)\n";
  assert.match(measuringProgram(program), /\nlargest_difference_measured = max\(\[float\(\(one - other\)\.abs\(\)\.max\(\)\.item\(\)\)\]\)\n$/);
  assert.equal(measuringProgram("assert one == other\n"), "assert one == other\n");
});

test("what it measured is read from the trace, or from what the program calls it", () => {
  assert.equal(measuredDifference({ steps: [step([value("difference", "0.5")]), step([value("largest_difference_measured", "2.4e-07")])] }), 2.4e-7);
  assert.equal(measuredDifference({ steps: [step([value("difference", "0.5")]), step([value("heads", "4")])] }), 0.5);
  assert.equal(measuredDifference({ steps: [step([value("difference", "0.5")], { depth: 1 })] }), null);
});

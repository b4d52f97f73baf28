import assert from "node:assert/strict";
import { test } from "node:test";
import { cellFromIndex, gridSize, indexFromCell, panelTitle, planTensor } from "../../www/src/views/tensor-plan.js";

const NONE = { rows: null, columns: null };
const ROOM = 640;

test("numbers where they fit, colours where they do not, tiles where even those do not", () => {
  assert.equal(planTensor([6, 6], ROOM, NONE).mode, "numbers");
  assert.equal(planTensor([6, 64], ROOM, NONE).mode, "colors");
  assert.equal(planTensor([512, 2048], ROOM, NONE).mode, "tiles");
  assert.equal(planTensor([], ROOM, NONE).mode, "numbers");
});

test("a drawing is never wider than its room, however large the tensor", () => {
  for (const shape of [[7], [300], [100_000], [3, 5], [64, 64], [1, 5000], [5000, 1], [2, 8, 128, 128], [4096, 4096], [0, 3], [0]]) {
    for (const room of [260, ROOM, 1200]) {
      const plan = planTensor(shape, room, NONE);
      assert.ok(plan.width <= room + 1, `${shape} in ${room}: ${plan.width}`);
      const { across, down } = gridSize(plan);
      assert.ok(across * down <= 200_000, `${shape}: ${across} × ${down} squares are too many to draw in a frame`);
    }
  }
});

test("every drawn cell has an index, and every index its cell", () => {
  for (const shape of [[], [5], [100], [3, 4], [2, 3, 4], [2, 3, 4, 5]]) {
    const plan = planTensor(shape, ROOM, NONE);
    const seen = new Set();
    for (let panel = 0; panel < plan.panels; panel += 1) {
      for (let row = 0; row < plan.rows; row += 1) {
        for (let column = 0; column < plan.columns; column += 1) {
          const index = indexFromCell(shape, plan, panel, row, column);
          if (!index) continue;
          seen.add(index.join());
          assert.deepEqual(cellFromIndex(shape, plan, index), { panel, row, column });
        }
      }
    }
    assert.equal(seen.size, shape.reduce((product, length) => product * length, 1), `${shape}`);
  }
});

test("an index past the end of a wrapped row is no cell", () => {
  const plan = planTensor([100], 260, NONE);
  assert.ok(plan.wrap > 0);
  assert.equal(indexFromCell([100], plan, 0, plan.rows - 1, plan.columns - 1), null);
});

test("a zoomed matrix shows the part that was asked for", () => {
  const plan = planTensor([512, 2048], ROOM, NONE, { row: 100, column: 200, rows: 16, columns: 15 });
  assert.deepEqual([plan.mode, plan.firstRow, plan.firstColumn, plan.rows, plan.columns], ["numbers", 100, 200, 16, 15]);
});

test("small multiples are named by their heads and batches where the program names them", () => {
  const heads = new Set([4]);
  assert.equal(panelTitle([3, 3], 0, heads), "");
  assert.equal(panelTitle([4, 3, 3], 2, heads), "head 2");
  assert.equal(panelTitle([2, 3, 3], 1, heads), "[1]");
  assert.equal(panelTitle([2, 4, 3, 3], 5, heads), "batch 1, head 1");
  assert.equal(panelTitle([1, 4, 3, 3], 3, heads), "head 3");
  assert.equal(panelTitle([2, 2, 3, 3], 3, heads), "[1, 1]");
});

/**
 * How a tensor is laid out: its last two axes as a matrix, the axes before them as
 * small multiples; numbers in the cells where they fit, colour alone where they do
 * not, tiles of several cells where even colours would not fit. Pure arithmetic on
 * the shape, so the room is known before any value is read.
 */

import { cellCount } from "../shape.js";
import { texts } from "../texts.js";

export const NUMBER_CELL = { width: 42, height: 24 };
const LARGEST_COLOR_CELL = 16;
const SMALLEST_COLOR_CELL = 4;
/** A matrix taller than this is drawn smaller or tiled, so that the next one is in reach. */
const MAX_HEIGHT = 400;
const MAX_NUMBERS_HEIGHT = 24 * 24;
/** Small multiples shown before the reader asks for all, and at most. */
export const FIRST_PANELS = 12;
export const MAX_PANELS = 256;

/**
 * @typedef {object} Plan
 * @property {"numbers" | "colors" | "tiles"} mode
 * @property {number} rows of one panel, in cells of the tensor (or of the window)
 * @property {number} columns
 * @property {number} firstRow of the window that a panel shows
 * @property {number} firstColumn
 * @property {number} tile cells of the tensor per side of a drawn square; 1 unless tiled
 * @property {number} cellWidth in CSS pixels
 * @property {number} cellHeight
 * @property {number} left room for the row labels
 * @property {number} top room for the column labels
 * @property {number} width of one panel
 * @property {number} height
 * @property {number} wrap for one axis only: cells in a row; 0 for matrices
 * @property {number} panels how many matrices there are
 * @property {boolean} slantedLabels whether column labels stand upright, as they are wider than cells
 */

/** @typedef {{ row: number, column: number, rows: number, columns: number }} Zoom */

/**
 * @param {number[]} shape
 * @param {number} room width in CSS pixels
 * @param {{ rows: string[] | null, columns: string[] | null }} labels
 * @param {Zoom | null} [zoom] the part of the matrix to show
 * @returns {Plan}
 */
export function planTensor(shape, room, labels, zoom = null) {
  const panels = cellCount(shape.slice(0, -2));
  const matrix = shape.length >= 2 ? { rows: shape[shape.length - 2], columns: shape[shape.length - 1] } : { rows: 1, columns: shape[0] ?? 1 };
  const wrap = shape.length === 1 && !fitsInOneRow(matrix.columns, room, labels) ? Math.max(1, Math.floor(room / LARGEST_COLOR_CELL)) : 0;
  const whole = wrap ? { rows: Math.ceil(matrix.columns / wrap), columns: wrap } : matrix;
  const { row: firstRow, column: firstColumn, rows, columns } = zoom ?? { row: 0, column: 0, ...whole };
  const left = labels.rows ? labelRoom(labels.rows, firstRow, rows) : 0;
  const inner = Math.max(40, room - left);
  const shared = { rows, columns, firstRow, firstColumn, left, wrap, panels };

  if (columns * NUMBER_CELL.width <= inner && rows * NUMBER_CELL.height <= MAX_NUMBERS_HEIGHT) {
    const slantedLabels = widest(labels.columns) * 6.2 > NUMBER_CELL.width + 4;
    return finish({ ...shared, mode: "numbers", tile: 1, cellWidth: NUMBER_CELL.width, cellHeight: NUMBER_CELL.height, slantedLabels }, labels);
  }
  const side = Math.min(LARGEST_COLOR_CELL, Math.floor(inner / Math.max(1, columns)), Math.floor(MAX_HEIGHT / Math.max(1, rows)));
  if (side >= SMALLEST_COLOR_CELL) return finish({ ...shared, mode: "colors", tile: 1, cellWidth: side, cellHeight: side, slantedLabels: true }, labels);
  // Tiles are square, so that a square stays one; as few cells in each as the room allows.
  const tile = Math.max(Math.ceil((columns * SMALLEST_COLOR_CELL) / inner), Math.ceil((rows * SMALLEST_COLOR_CELL) / MAX_HEIGHT));
  const plain = { ...shared, left: 0, mode: /** @type {const} */ ("tiles"), tile, cellWidth: SMALLEST_COLOR_CELL, cellHeight: SMALLEST_COLOR_CELL, slantedLabels: false };
  return finish(plain, { rows: null, columns: null });
}

/** Squares drawn in a panel, across and down. @param {Plan} plan */
export function gridSize({ rows, columns, tile }) {
  return { across: Math.ceil(columns / tile), down: Math.ceil(rows / tile) };
}

/** The tensor index of a drawn cell; null past the end of a wrapped row. @param {number[]} shape @param {Plan} plan @param {number} panel @param {number} row of the matrix @param {number} column @returns {number[] | null} */
export function indexFromCell(shape, plan, panel, row, column) {
  if (shape.length === 0) return [];
  if (shape.length === 1) {
    const at = plan.wrap ? row * plan.wrap + column : column;
    return at < shape[0] ? [at] : null;
  }
  if (row >= shape[shape.length - 2] || column >= shape[shape.length - 1]) return null;
  return [...panelIndex(shape, panel), row, column];
}

/** Where an index is drawn. @param {number[]} shape @param {Plan} plan @param {number[]} index */
export function cellFromIndex(shape, plan, index) {
  if (shape.length === 0) return { panel: 0, row: 0, column: 0 };
  if (shape.length === 1) return { panel: 0, row: plan.wrap ? Math.floor(index[0] / plan.wrap) : 0, column: plan.wrap ? index[0] % plan.wrap : index[0] };
  let panel = 0;
  for (let axis = 0; axis < shape.length - 2; axis += 1) panel = panel * shape[axis] + index[axis];
  return { panel, row: index[shape.length - 2], column: index[shape.length - 1] };
}

/** The leading indices of a small multiple. @param {number[]} shape @param {number} panel */
export function panelIndex(shape, panel) {
  const index = [];
  for (let axis = shape.length - 3; axis >= 0; axis -= 1) {
    index.unshift(panel % shape[axis]);
    panel = Math.floor(panel / shape[axis]);
  }
  return index;
}

/** What a small multiple is called: by its axes' meaning where it is known. @param {number[]} shape @param {number} panel @param {Set<number>} heads numbers of heads the program names */
export function panelTitle(shape, panel, heads) {
  const index = panelIndex(shape, panel);
  if (index.length === 0) return "";
  const last = shape.length - 3;
  if (index.length === 1) return heads.has(shape[0]) ? texts.tensor.head(index[0]) : `[${index[0]}]`;
  if (index.length === 2 && heads.has(shape[last])) return shape[0] === 1 ? texts.tensor.head(index[1]) : texts.tensor.batch(index[0], index[1]);
  return `[${index.join(", ")}]`;
}

/** @param {Omit<Plan, "top" | "width" | "height">} plan @param {{ rows: string[] | null, columns: string[] | null }} labels @returns {Plan} */
function finish(plan, labels) {
  const { across, down } = gridSize(/** @type {Plan} */ (plan));
  const top = labels.columns ? (plan.slantedLabels ? labelRoom(labels.columns, plan.firstColumn, plan.columns) : 16) : 0;
  // One pixel more than the cells, for the last line of the grid.
  return { ...plan, top, width: plan.left + across * plan.cellWidth + 1, height: top + down * plan.cellHeight + 1 };
}

/** @param {number} columns @param {number} room @param {{ rows: string[] | null, columns: string[] | null }} labels */
function fitsInOneRow(columns, room, labels) {
  return columns * NUMBER_CELL.width <= room || (labels.columns !== null && columns * SMALLEST_COLOR_CELL <= room);
}

/** @param {string[]} labels @param {number} first @param {number} count */
function labelRoom(labels, first, count) {
  return Math.min(72, Math.ceil(widest(labels.slice(first, first + count)) * 6.4) + 8);
}

/** @param {string[] | null} labels */
function widest(labels) {
  return Math.max(0, ...(labels ?? []).slice(0, 512).map((label) => label.length));
}

/** A matrix in one sentence, for who cannot see the drawing of it. Pure functions. */
import { decimal } from "./language.js";
import { shortNumber } from "./number.js";
import { texts } from "./texts.js";

/** A larger matrix is told by its size and range alone: who asks for its cells waits for no sum over them. */
const MOST_CELLS = 65_536;
/** How far the weights of a query may be from 1 in all: of float16 numbers, each is off by up to 2⁻¹¹ of itself. */
const ROUNDING = 2 ** -10;

/**
 * @typedef {object} Matrix
 * @property {ArrayLike<number | bigint>} data
 * @property {number} base offset of its first value
 * @property {number} rows
 * @property {number} columns
 * @property {string} name of the tensor
 * @property {{ rows: string[] | null, columns: string[] | null }} labels
 */

/** "Token 5 attends 62 % to token 2", of weights; else what the numbers span and how many are masked. @param {Matrix} matrix @returns {string} "" where there is nothing to say */
export function matrixSummary(matrix) {
  const { data, base, rows, columns } = matrix;
  if (rows * columns < 2 || rows * columns > MOST_CELLS) return "";
  return attendsText(matrix) ?? rangeText(Array.from({ length: rows * columns }, (_, at) => Number(data[base + at])), columns);
}

/** Of attention weights, what the last query that reads more than one key reads most; null of anything else. @param {Matrix} matrix */
function attendsText({ data, base, rows, columns, name, labels }) {
  if (rows < 2 || !/attn|attention|weights|probs/i.test(name)) return null;
  const value = (/** @type {number} */ row, /** @type {number} */ column) => Number(data[base + row * columns + column]);
  const all = Array.from({ length: columns }, (_, column) => column);
  for (let row = 0; row < rows; row += 1) {
    const weights = all.map((column) => value(row, column));
    const isShared = weights.every((weight) => weight >= 0) && Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) <= ROUNDING;
    if (!isShared) return null;
  }
  const row = rows - 1;
  const most = all.reduce((best, column) => (value(row, column) > value(row, best) ? column : best), 0);
  const token = (/** @type {number} */ at, /** @type {string[] | null} */ words) => texts.matrixSummary.token(at, words?.[at] ?? "");
  return texts.matrixSummary.attends(token(row, labels.rows), decimal((100 * value(row, most)).toFixed(0)), token(most, labels.columns));
}

/** @param {number[]} values @param {number} columns */
function rangeText(values, columns) {
  const finite = values.filter(Number.isFinite);
  const masked = values.filter((value) => value === -Infinity).length;
  if (finite.length === 0) return masked > 0 ? texts.matrixSummary.masked(masked) : "";
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const at = values.indexOf(most);
  const place = columns === values.length ? `[${at}]` : `[${Math.floor(at / columns)}, ${at % columns}]`;
  const range = least === most ? texts.matrixSummary.all(shortNumber(most)) : texts.matrixSummary.range(shortNumber(least), shortNumber(most), place);
  return masked > 0 ? `${range} ${texts.matrixSummary.masked(masked)}` : range;
}

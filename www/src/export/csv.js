/**
 * A tensor as CSV (RFC 4180). A matrix is a table, with its labels as headers where they are known; more axes are written
 * in long form, a line for each value with its indices before it.
 */
import { texts } from "../texts-later.js";
import { plainNumber } from "./bytes.js";

/** More lines than a spreadsheet opens. */
export const MOST_CELLS = 1_000_000;
/** Cells written before the page gets a turn. */
const SLICE = 20_000;

/** @typedef {{ rows: string[] | null, columns: string[] | null }} Labels */

/**
 * @param {import("./bytes.js").Tensor} tensor @param {Labels} labels of its last two axes @param {AbortSignal} [signal]
 * @returns {Promise<string>} @throws {Error} with a sentence when there are too many cells
 */
export async function csvFromTensor({ name, shape, dtype, data }, labels, signal) {
  if (data.length > MOST_CELLS) throw new Error(texts.csv.tooMany(name, data.length));
  const number = (/** @type {number} */ at) => plainNumber(data[at], dtype);
  const columns = shape[shape.length - 1] ?? 1;
  const rows = shape.length >= 2 ? shape[shape.length - 2] : 1;
  const range = (/** @type {number} */ length) => Array.from({ length }, (_, at) => at);
  if (shape.length === 0) return `${number(0)}\n`;
  if (shape.length === 1) {
    const words = labels.columns;
    return lines(signal, words ? [["", quoted(name)]] : [], columns, (at) => [...(words ? [quoted(words[at] ?? "")] : []), number(at)]);
  }
  if (shape.length === 2) {
    const corner = labels.rows ? [""] : [];
    const head = labels.columns || labels.rows ? [[...corner, ...range(columns).map((at) => (labels.columns ? quoted(labels.columns[at] ?? "") : String(at)))]] : [];
    return lines(signal, head, rows, (row) => [...(labels.rows ? [quoted(labels.rows[row] ?? "")] : []), ...range(columns).map((column) => number(row * columns + column))]);
  }
  const words = [labels.rows ? "row" : "", labels.columns ? "column" : ""].filter(Boolean);
  return lines(signal, [[...shape.map((_, axis) => `axis_${axis}`), ...words, quoted(name)]], data.length, (at) => {
    const index = indexOf(shape, at);
    const [row, column] = index.slice(-2);
    return [...index.map(String), ...(labels.rows ? [quoted(labels.rows[row] ?? "")] : []), ...(labels.columns ? [quoted(labels.columns[column] ?? "")] : []), number(at)];
  });
}

/** @param {AbortSignal | undefined} signal @param {string[][]} head @param {number} count @param {(at: number) => string[]} line */
async function lines(signal, head, count, line) {
  const parts = head.map((fields) => fields.join());
  let cells = 0;
  for (let at = 0; at < count; at += 1) {
    const fields = line(at);
    parts.push(fields.join());
    cells += fields.length;
    if (cells < SLICE) continue;
    cells = 0;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
  return `${parts.join("\n")}\n`;
}

/** @param {number[]} shape @param {number} offset */
function indexOf(shape, offset) {
  const index = [];
  for (let axis = shape.length - 1, rest = offset; axis >= 0; axis -= 1) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** A label as a field. What a spreadsheet would compute, and not show, gets an apostrophe before it: labels may be a stranger's. @param {string} text */
function quoted(text) {
  const shown = /^[=+\-@\t\r]./s.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/**
 * Which keys a query sees, as the program itself says: its function `visible_keys`,
 * asked for any length. Pure functions; `side-engine.js` runs what they write.
 */
import { cells, hasVisibleKeys } from "./program.js";
import { texts } from "./texts-later.js";

/** The name that the appended line binds. */
const ANSWER = "seen_keys_asked_for";

/**
 * @typedef {object} Mask
 * @property {number} rows queries
 * @property {number} columns keys
 * @property {Uint8Array} seen row by row, 1 where the query sees the key
 */

/**
 * The program up to the cell that defines `visible_keys`, and a line that asks it: what
 * comes later (decoding, counting) is not needed for the answer and would only take time.
 * @param {string} source @param {number} tokens
 */
export function maskProgram(source, tokens) {
  const cell = cells(source).find(({ kind, text }) => kind === "code" && hasVisibleKeys(text));
  const needed = cell ? source.split("\n").slice(0, cell.endLine).join("\n") : source;
  return `${needed.trimEnd()}\n\n${ANSWER} = visible_keys(${tokens})\n`;
}

/** The tensor that answers. @param {import("./engine/engine").Run} run @throws {Error} with one sentence when there is none */
export function maskName(run) {
  if (run.error) throw new Error(`${run.error.type}: ${run.error.message}`);
  const name = run.steps.flatMap(({ names }) => names).findLast((other) => other.name === ANSWER && other.kind === "tensor");
  if (!name || name.shape.length !== 2) throw new Error(texts.mask.unexpected(name ? texts.mask.shape(name.shape.join(", ")) : texts.mask.noTensor));
  return name;
}

/** @param {import("./engine/engine").Values} values @returns {Mask} */
export function maskFromValues({ data, shape }) {
  const seen = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 1) seen[at] = Number(Number(data[at]) !== 0);
  return { rows: shape[0], columns: shape[1], seen };
}

/** @param {Mask} mask @param {number} row */
export function keysSeen({ columns, seen }, row) {
  const keys = [];
  for (let column = 0; column < columns; column += 1) if (seen[row * columns + column]) keys.push(column);
  return keys;
}

/**
 * How much a query reads of each key that it sees, next to the most that it reads of one: the weights of a run, heads
 * together; null where they are of another size, or read what the mask says is not seen, and so are not this mask's.
 * @param {Mask} mask @param {import("./engine/engine").Values} weights @returns {Float32Array | null}
 */
export function sharesOf(mask, { data, shape }) {
  const { rows, columns, seen } = mask;
  const cells = rows * columns;
  if (shape.length < 2 || shape[shape.length - 2] !== rows || shape[shape.length - 1] !== columns || data.length === 0) return null;
  const shares = new Float32Array(cells);
  for (let at = 0; at < data.length; at += 1) {
    const value = Number(data[at]);
    if (!(value >= 0) || (value > 0 && !seen[at % cells])) return null;
    shares[at % cells] += value;
  }
  for (let row = 0; row < rows; row += 1) {
    const largest = Math.max(...shares.subarray(row * columns, (row + 1) * columns));
    if (largest > 0) for (let at = row * columns; at < (row + 1) * columns; at += 1) shares[at] /= largest;
  }
  return shares;
}

/** How many keys each query sees. @param {Mask} mask */
export function seenCounts(mask) {
  const counts = new Uint16Array(mask.rows);
  for (let at = 0; at < mask.seen.length; at += 1) counts[Math.floor(at / mask.columns)] += mask.seen[at];
  return counts;
}

/** Whether no query sees a key that comes after it. @param {Mask} mask */
export function isCausal({ rows, columns, seen }) {
  if (rows !== columns) return false;
  for (let row = 0; row < rows; row += 1) {
    for (let column = row + 1; column < columns; column += 1) if (seen[row * columns + column]) return false;
  }
  return true;
}

/** Ascending numbers as one writes them: "0–3, 6, 8–9". @param {number[]} numbers */
export function rangesText(numbers) {
  const ranges = [];
  for (let at = 0; at < numbers.length; at += 1) {
    const first = numbers[at];
    while (numbers[at + 1] === numbers[at] + 1) at += 1;
    ranges.push(first === numbers[at] ? String(first) : `${first}–${numbers[at]}`);
  }
  return ranges.join(", ");
}

/** Ranges named in a sentence before it says "and more". */
const MAX_RANGES = 12;

/** "Token 9 (thirsty) sees 4 of 10 keys: 6–9." @param {Mask} mask @param {number} row @param {string[] | null} words */
export function rowSentence(mask, row, words) {
  const keys = keysSeen(mask, row);
  // A causal query could see itself and what came before; any other could see every key.
  const possible = isCausal(mask) ? row + 1 : mask.columns;
  const ranges = rangesText(keys).split(", ");
  const which = keys.length === 0 ? "" : keys.length === possible ? texts.mask.all : `: ${ranges.slice(0, MAX_RANGES).join(", ")}${ranges.length > MAX_RANGES ? texts.mask.andMore : ""}`;
  return texts.mask.row(row, words?.[row] ?? "", keys.length, possible, which);
}

/**
 * Two traces side by side: which tensor of the one stands where which of the other
 * does, and how far they differ. Names say what a tensor is, so tensors are matched by
 * name, in the order in which both programs bind them, rather where their shapes agree than not.
 * Pure functions.
 */
import { decodingOf } from "./decode.js";
import { cellCount } from "./shape.js";

/** @typedef {import("./state.js").Name} Name */
/** @typedef {{ name: Name, step: number }} Binding */
/** @typedef {{ a: Binding | null, b: Binding | null }} Pairing */

/** A comparison is looked through by a person; what a generated program binds beyond this is left out. */
const MAX_BINDINGS = 400;
/** What float32 arithmetic may differ by when the same sum is taken in another order, next to the largest number of either side. */
export const ROUNDING = 1e-5;

/**
 * The tensors that a run computes, in order, each once under each name. Left out are the turns of decoding, which
 * repeat the full pass for every position, what makes the random weights, and arguments, which have their names
 * where they come from.
 * @param {import("./state.js").Run} run @returns {Binding[]}
 */
export function bindingsOf(run) {
  const turns = decodingOf(run)?.turns ?? [];
  const isDecoding = (/** @type {number} */ index) => turns.length > 0 && index >= turns[0].from && index < turns[turns.length - 1].to;
  const lines = run.code.split("\n");
  const seen = new Set();
  /** @type {Binding[]} */
  const bindings = [];
  for (const [index, step] of run.steps.entries()) {
    if (step.function === "weight" || isDecoding(index) || (step.depth > 0 && /^\s*def /.test(lines[step.line - 1] ?? ""))) continue;
    for (const name of step.names) {
      const key = `${name.name} ${name.id}`;
      if (name.kind !== "tensor" || name.name === "return" || seen.has(key) || bindings.length >= MAX_BINDINGS) continue;
      seen.add(key);
      bindings.push({ name, step: index });
    }
  }
  return bindings;
}

/**
 * Whether two tensors hold the same matrices in the same order, so that their cells stand for each other: heads may
 * be cut into groups, and axes of length one be there or not. @param {Binding} a @param {Binding} b
 */
export function sameCells(a, b) {
  const [one, other] = [a.name.shape, b.name.shape];
  return cellCount(one) === cellCount(other) && (one.slice(-2).join() === other.slice(-2).join() || withoutOnes(one) === withoutOnes(other));
}

/** @param {number[]} shape */
function withoutOnes(shape) {
  return shape.filter((size) => size !== 1).join();
}

/** Both lists in their order: pairs of one name, and what has no partner in between. @param {Binding[]} a @param {Binding[]} b @returns {Pairing[]} */
export function align(a, b) {
  // A match of shapes counts more than any other way of matching names, and no match is worth less.
  const worth = (/** @type {number} */ i, /** @type {number} */ j) => (a[i].name.name !== b[j].name.name ? 0 : sameCells(a[i], b[j]) ? 3 : 2);
  const best = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const here = worth(i, j);
      best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], here > 0 ? here + best[i + 1][j + 1] : 0);
    }
  }
  /** @type {Pairing[]} */
  const pairs = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const here = worth(i, j);
    if (here > 0 && best[i][j] === here + best[i + 1][j + 1]) pairs.push({ a: a[i++], b: b[j++] });
    else if (best[i][j] === best[i + 1][j]) pairs.push({ a: a[i++], b: null });
    else pairs.push({ a: null, b: b[j++] });
  }
  return [...pairs, ...a.slice(i).map((rest) => ({ a: rest, b: null })), ...b.slice(j).map((rest) => ({ a: null, b: rest }))];
}

/**
 * @typedef {object} Difference of two tensors whose cells stand for each other
 * @property {Float32Array} data a − b, cell by cell
 * @property {number} largest of its magnitudes; Infinity where one side is not a number or infinite and the other is not
 * @property {number} at the cell with that difference
 * @property {number} cells that differ at all
 * @property {boolean} isRounding whether it is no more than the order of summation explains
 */

/** @param {ArrayLike<number | bigint>} a @param {ArrayLike<number | bigint>} b @returns {Difference} */
export function differenceOf(a, b) {
  const data = new Float32Array(a.length);
  let largest = 0;
  let at = 0;
  let cells = 0;
  let scale = 0;
  for (let cell = 0; cell < a.length; cell += 1) {
    const left = Number(a[cell]);
    const right = Number(b[cell]);
    // Equal infinities differ by nothing, and so do two cells that are not numbers.
    data[cell] = Object.is(left, right) || left === right ? 0 : left - right;
    const distance = Number.isNaN(data[cell]) ? Infinity : Math.abs(data[cell]);
    if (distance > 0) cells += 1;
    if (distance > largest) [largest, at] = [distance, cell];
    if (Number.isFinite(left)) scale = Math.max(scale, Math.abs(left));
    if (Number.isFinite(right)) scale = Math.max(scale, Math.abs(right));
  }
  return { data, largest, at, cells, isRounding: largest <= ROUNDING * Math.max(scale, Number.MIN_VALUE) };
}

/** The index of a cell from its place in the row-major values. @param {number[]} shape @param {number} place */
export function indexFromOffset(shape, place) {
  const index = [];
  let rest = cellCount(shape) === 0 ? 0 : place;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/**
 * Runs two programs on the same input in engines of their own, and finds where they
 * agree and where they part. Both draw the weights that they name alike from the same
 * numbers, so what differs is the mechanism.
 */
import { align, bindingsOf, differenceOf, sameCells } from "./align.js";
import { identitiesOf } from "./catalogue.js";
import { costRows } from "./costs.js";
import { measuredDifference } from "./identity.js";
import { withValues } from "./program.js";

/** Tensors with more cells are named and not compared. */
const MAX_CELLS = 1 << 20;

/** @typedef {import("./state.js").ProgramEntry} ProgramEntry */
/** @typedef {import("./state.js").Values} Values */
/**
 * @typedef {object} Side one of the two programs, run
 * @property {import("./state.js").Run} run
 * @property {Map<number, Values>} values of its tensors, by id
 * @property {import("./costs.js").CostRow[]} costs
 */
/**
 * @typedef {object} Row a tensor of one program, and what stands there in the other
 * @property {import("./align.js").Binding | null} a
 * @property {import("./align.js").Binding | null} b
 * @property {import("./align.js").Difference | null} difference where both are there and their cells stand for each other
 */
/** @typedef {{ entry: ProgramEntry, difference: number | null, error: string }} Proof an identity program's answer, measured here */

/** @param {import("./side-engine.js").SideEngine} side @param {string} source @param {AbortSignal} signal @returns {Promise<Side>} */
export function runSide(side, source, signal) {
  return side.use(async (runCode, read) => {
    const run = { ...(await runCode(source)), code: source };
    /** @type {Side["values"]} */
    const values = new Map();
    for (const { name } of bindingsOf(run)) {
      signal.throwIfAborted();
      if (!values.has(name.id) && name.shape.reduce((product, size) => product * size, 1) <= MAX_CELLS) values.set(name.id, await read(name.id));
    }
    return { run, values, costs: costRows(run) };
  }, signal);
}

/** @param {Side} a @param {Side} b @returns {Row[]} */
export function compareSides(a, b) {
  return align(bindingsOf(a.run), bindingsOf(b.run)).map((pair) => {
    const left = pair.a && a.values.get(pair.a.name.id);
    const right = pair.b && b.values.get(pair.b.name.id);
    const isComparable = pair.a && pair.b && sameCells(pair.a, pair.b) && left && right;
    return { ...pair, difference: isComparable ? differenceOf(left.data, right.data) : null };
  });
}

/** Whether both programs have the tensor and it is the same in both. @param {Row} row */
export function agrees({ difference }) {
  return difference !== null && difference.isRounding;
}

/** The first row that both programs have and that differs, in its shape or its numbers; −1 for none. @param {Row[]} rows */
export function firstParting(rows) {
  return rows.findIndex((row) => row.a !== null && row.b !== null && !agrees(row));
}

/** Runs the identity programs that name the two, with what was turned. @param {import("./side-engine.js").SideEngine} side @param {ProgramEntry[]} programs @param {import("./state.js").Pair} pair @param {(path: string) => Promise<string>} sourceOf @param {AbortSignal} signal @returns {Promise<Proof[]>} */
export async function proofsOf(side, programs, { a, b, values }, sourceOf, signal) {
  const proofs = [];
  for (const entry of identitiesOf(programs, a, b)) {
    const source = withValues(await sourceOf(entry.path), values);
    const run = await side.use((runCode) => runCode(source), signal);
    proofs.push({ entry, difference: run.error ? null : measuredDifference(run), error: run.error ? run.error.message : "" });
  }
  return proofs;
}

/** What a run cost: what the program counts against its formulas, and what the engine counted of all of it. Pure functions. */
import { stringFromText } from "./trace.js";

/**
 * @typedef {object} CostRow a turn of the program's loop `for what, counted, formula, value in costs`
 * @property {string} what
 * @property {number} counted
 * @property {string} formula in the glossary's letters
 * @property {number} value of the formula
 */

const NAMES = /** @type {const} */ (["what", "counted", "formula", "value"]);

/** @param {import("./engine/engine").Run} run @returns {CostRow[]} */
export function costRows(run) {
  return run.steps.flatMap(({ depth, names }) => {
    if (depth > 0) return [];
    const texts = NAMES.map((wanted) => names.find(({ name, kind }) => name === wanted && kind === "value")?.text);
    const [what, counted, formula, value] = [stringFromText(texts[0]), Number(texts[1]), stringFromText(texts[2]), Number(texts[3])];
    return what !== null && formula !== null && Number.isFinite(counted) && Number.isFinite(value) ? [{ what, counted, formula, value }] : [];
  });
}

/** Floating-point operations, and bytes read and written, of all steps that the trace kept. @param {import("./engine/engine").Run} run */
export function runTotals(run) {
  let flops = 0;
  let bytes = 0;
  for (const step of run.steps) {
    flops += step.flops ?? 0;
    bytes += step.bytes ?? 0;
  }
  return { flops, bytes };
}

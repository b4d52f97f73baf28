/**
 * Measures a row: both sides are checked first, then sampled in pairs.
 */
import { Connection } from "../../www/src/connection.js";
import { Ours } from "./ours.js";
import { largestError } from "./reference.js";
import { pairs } from "./statistics.js";

/** What is said of a pair where all went well. @typedef {Awaited<ReturnType<typeof pairs>>} Measured */
/**
 * @typedef {{ rival: string, version?: string, formulation?: string, includes: string, goals?: [number, number],
 *   error?: { ours: number, theirs: number }, measured?: Measured, problem?: string, isOurs?: boolean }} Pair `isOurs`: the problem is
 */

/**
 * @param {import("./row").Row} row
 * @param {Parameters<typeof pairs>[2]} budget
 * @param {(sentence: string) => void} tell
 */
export async function measure(row, budget, tell) {
  const { name, title, device, includes, tolerance, flops, missing } = row;
  const measured = { name, title, device, includes, tolerance, flops, missing, adapter: "", pairs: /** @type {Pair[]} */ ([]) };
  if (missing) return measured;
  tell(`${name}: the reference in float64`);
  const reference = row.reference();
  let ours;
  try {
    ours = await Ours.start(device);
    measured.adapter = ours.adapter;
    const error = largestError(await ours.prepare(row.ours, row.inputs), reference);
    for (const [rival, side] of Object.entries(row.rivals)) {
      if (budget.isStopped?.()) throw new Error("stopped");
      tell(`${name}: ${rival}`);
      measured.pairs.push(await against(rival, side, { ours, error, reference, tolerance, budget }));
    }
  } catch (error) {
    measured.problem = `ours: ${error?.message ?? error}`;
  } finally {
    ours?.close();
  }
  return measured;
}

/** @returns {Promise<Pair>} */
async function against(rival, side, { ours, error, reference, tolerance, budget }) {
  const { worker = rival, formulation, includes, goals } = side;
  const pair = { rival, formulation, includes, goals };
  const theirs = new Connection(`./rivals/${worker}.js`, `${rival} crashed.`);
  try {
    const { data, version } = await theirs.call("prepare", [side.job()]);
    pair.version = version;
    pair.error = { ours: error, theirs: largestError(side.order ? side.order(data, reference) : data, reference) };
    const allowed = { ours: tolerance.relative, theirs: (side.tolerance ?? tolerance).relative };
    const wrong = Object.entries(pair.error).filter(([name, one]) => !(one <= allowed[name]));
    if (wrong.length > 0) {
      const sides = wrong.map(([name, one]) => `${name} off by ${one.toExponential(1)} of the largest value, where ${allowed[name].toExponential(1)} is allowed`);
      return { ...pair, problem: `not timed: ${sides.join(", ")}`, isOurs: wrong.some(([name]) => name === "ours") };
    }
    return { ...pair, measured: await pairs(() => ours.sample(), () => theirs.call("sample", []), budget) };
  } catch (problem) {
    return { ...pair, problem: String(problem?.message ?? problem) };
  } finally {
    theirs.end({ type: "Done", message: "The row is measured." });
  }
}

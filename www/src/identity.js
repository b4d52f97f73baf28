/** Identity programs compute two mechanisms and compare them: what they measured they call `largest_difference`. Pure functions. */
import { texts } from "./texts-later.js";

/** What the run of an identity measured; null when it names nothing so. @param {import("./engine/engine").Run} run @returns {number | null} */
export function measuredDifference(run) {
  const bound = run.steps.flatMap(({ depth, names }) => (depth === 0 ? names : []));
  const measured = bound.findLast(({ name, kind }) => name === "largest_difference" && kind === "value");
  return measured ? Number(measured.text) : null;
}

/** A measured difference in words. @param {number} difference */
export function differenceText(difference) {
  return difference === 0 ? texts.identity.equal : texts.identity.difference(difference.toExponential(1).replace("-", "−"));
}

/**
 * Identity programs compute two mechanisms and compare them. They print that the
 * difference is below a bound; how large it was is asked for here. Pure functions.
 */

/** The name that the appended line binds. */
const ANSWER = "largest_difference_measured";
/** `same = (one - other).abs().max().item() < 1e-5`, at the top level. */
const CHECK = /^\w+ = (.+\.abs\(\).*?)\s*<=?\s*[\d.e-]+\s*(?:#.*)?$/gm;
/** What such a program calls the number, when it has a name for it. */
const NAMED = /difference|distance|largest|gap/;

/** The program, and a line that says what its checks measured. @param {string} source */
export function measuringProgram(source) {
  const measured = [...source.matchAll(CHECK)].map(([, expression]) => `float(${expression})`);
  return measured.length > 0 ? `${source.trimEnd()}\n\n${ANSWER} = max([${measured.join(", ")}])\n` : source;
}

/**
 * The largest difference that a run of `measuringProgram` found; null when it names none.
 * @param {import("./engine/engine").Run} run @returns {number | null}
 */
export function measuredDifference(run) {
  const numbers = run.steps.flatMap(({ depth, names }) => (depth === 0 ? names : [])).filter(({ kind, text }) => kind === "value" && /^[\d.]+(e-?\d+)?$/.test(text));
  const answer = numbers.findLast(({ name }) => name === ANSWER);
  if (answer) return Number(answer.text);
  const named = numbers.filter(({ name }) => NAMED.test(name)).map(({ text }) => Number(text));
  return named.length > 0 ? Math.max(...named) : null;
}

/** A measured difference in words. @param {number} difference */
export function differenceText(difference) {
  return difference === 0 ? "equal to the last bit" : `largest difference ${difference.toExponential(1).replace("-", "−")}`;
}

/**
 * What was measured, as lines of cells: the page and the command show the same.
 */

const HEAD = ["row", "against", "ratio", "95 %", "must", "aim", "ours", "theirs", "error ours", "theirs"];

/** @param {Awaited<ReturnType<typeof import("./measure").measure>>[]} rows */
export function lines(rows) {
  return [HEAD, ...rows.flatMap((row) => (row.problem ? [[row.name, row.problem]] : row.pairs.map((pair) => line(row, pair))))];
}

function line(row, { rival, version = "", formulation, goals, error, measured, problem }) {
  const against = [rival, version, formulation].filter(Boolean).join(" ");
  if (problem) return [row.name, against, problem];
  const { ratio, interval, ours, theirs } = measured;
  const [must, aim] = (goals ?? []).map(String);
  const bounds = interval.map((bound) => bound.toFixed(2)).join(" … ");
  return [row.name, against, ratio.toFixed(2), bounds, must ?? "", aim ?? "", time(ours), time(theirs), error.ours.toExponential(0), error.theirs.toExponential(0)];
}

function time(milliseconds) {
  return milliseconds < 1 ? `${(milliseconds * 1000).toPrecision(3)} µs` : `${milliseconds.toPrecision(3)} ms`;
}

/**
 * What was measured, as lines of cells: the page and the command show the same.
 */

const HEAD = ["row", "against", "ratio", "95 %", "rounds", "must", "aim", "ours", "of the peak", "theirs", "error ours", "theirs"];

/** @typedef {{ cpu: { relaxed: number, simd128: number, copy: number }, gpu: { adapter: string, multiplyAdd: number, copy: number, dispatch: number, readback: number } }} Rooflines */

/** @param {Awaited<ReturnType<typeof import("./measure").measure>>[]} rows @param {Rooflines} rooflines */
export function lines(rows, rooflines) {
  const peaks = { cpu: rooflines.cpu.relaxed, webgpu: rooflines.gpu.multiplyAdd };
  return [HEAD, ...rows.flatMap((row) => without(row) ?? row.pairs.map((pair) => line(row, pair, peaks[row.device])))];
}

/** @param {Rooflines} rooflines */
export function rooflineLines({ cpu, gpu }) {
  const cells = (where, unit) => Object.entries(unit).map(([what, [value, name]]) => [where, what, Number.isNaN(value) ? "not measured" : `${value < 10 ? value.toPrecision(2) : Math.round(value)} ${name}`]);
  const processor = { "multiply-adds, relaxed SIMD": [cpu.relaxed, "GFLOP/s"], "multiply-adds, SIMD128": [cpu.simd128, "GFLOP/s"], "copying, read and written": [cpu.copy, "GB/s"] };
  const graphics = { "multiply-adds": [gpu.multiplyAdd, "GFLOP/s"], "copying, read and written": [gpu.copy, "GB/s"], "an empty dispatch": [gpu.dispatch, "µs"], "4 bytes back": [gpu.readback, "µs"] };
  return [["where", "what", "at most"], ...cells("wasm, one thread", processor), ...(gpu.adapter ? cells(`WebGPU, ${gpu.adapter}`, graphics) : [["WebGPU", "no adapter", ""]])];
}

/** @param {import("./figures").Figure[]} figures */
export function figureLines(figures) {
  const number = (value) => (value === undefined ? "" : String(Number(value.toPrecision(3))));
  const line = ({ name, title, value, unit, must, aim, note, problem }) => (problem ? [name, problem] : [name, `${number(value)} ${unit}`, number(must), number(aim), title, note]);
  return [["figure", "value", "must", "aim", "what", "note"], ...figures.map(line)];
}

function without({ name, missing, problem, pairs }) {
  if (missing) return [[name, missing]];
  return problem && pairs.length === 0 ? [[name, problem]] : null;
}

function line({ name, flops }, { rival, version = "", formulation, goals, error, measured, problem }, peak) {
  const against = [rival, version, formulation].filter(Boolean).join(" ");
  if (problem) return [name, against, problem];
  const { ratio, interval, ours, theirs, rounds } = measured;
  const [must, aim] = (goals ?? []).map(String);
  const bounds = interval.map((bound) => bound.toFixed(2)).join(" … ");
  const part = flops && peak ? `${((flops / (ours * 1e6) / peak) * 100).toFixed(0)} %` : "";
  return [name, against, ratio.toFixed(2), bounds, String(rounds), must ?? "", aim ?? "", time(ours), part, time(theirs), error.ours.toExponential(0), error.theirs.toExponential(0)];
}

function time(milliseconds) {
  if (milliseconds < 1) return `${(milliseconds * 1000).toPrecision(3)} µs`;
  return `${milliseconds < 100 ? milliseconds.toPrecision(3) : Math.round(milliseconds)} ms`;
}

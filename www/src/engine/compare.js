/**
 * Runs a program on both devices and finds the number on which they differ most.
 *
 * It has a worker of its own, so that what the page shows stays readable, and so that an abort is a worker's end.
 */
import { hasValues } from "../shape.js";
import { Connection, EngineLost } from "./connection.js";

/** @param {string} code @param {Pick<import("./engine").RunOptions, "files" | "modules" | "arguments">} given @param {AbortSignal} [signal] */
export async function compare(code, given, signal) {
  const connection = new Connection();
  const end = () => connection.end({ type: "KeyboardInterrupt", message: "The comparison was stopped." });
  signal?.addEventListener("abort", end, { once: true });
  try {
    if (signal?.aborted) end();
    const { device, reason } = await connection.create("webgpu");
    if (device !== "webgpu") return none(reason);
    const cpu = await tensors(connection, code, { ...given, device: "cpu" });
    const webgpu = await tensors(connection, code, { ...given, device: "webgpu" });
    const failed = [cpu, webgpu].find((side) => side.error);
    if (failed) return none(`On ${failed.device} the program ends in ${failed.error.type}: ${failed.error.message}`);
    return difference(cpu.tensors, webgpu.tensors);
  } catch (error) {
    if (error instanceof EngineLost) return none(error.message);
    throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    end();
  }
}

/** Every named tensor of a run that has values, in the order of its steps, with its values. */
async function tensors(connection, code, options) {
  const run = await connection.call("run", [code, { ...options, limits: {} }]);
  const { device } = options;
  if (run.error) return { device, error: run.error };
  const named = run.steps.flatMap(({ line, names }) => names.filter(hasValues).map(({ name, id }) => ({ name, line, id })));
  const read = [];
  for (const { id, ...place } of named) read.push({ ...place, ...(await connection.call("read", [id])) });
  return { device, tensors: read };
}

/** @param {Array<object>} cpu @param {Array<object>} webgpu the same names in the same order */
function difference(cpu, webgpu) {
  if (cpu.length !== webgpu.length) return none("The program takes different steps on the two devices.");
  let largest = null;
  for (const [i, left] of cpu.entries()) {
    const right = webgpu[i];
    if (left.data.length !== right.data.length) return none(`${left.name} has another shape on WebGPU (line ${left.line}).`);
    for (let flat = 0; flat < left.data.length; flat++) {
      const found = { cpu: Number(left.data[flat]), webgpu: Number(right.data[flat]) };
      const absolute = distance(found.cpu, found.webgpu);
      if (largest && absolute <= largest.absolute) continue;
      const { name, line, shape } = left;
      const relative = absolute === 0 ? 0 : absolute / Math.max(Math.abs(found.cpu), Math.abs(found.webgpu));
      largest = { name, line, index: indexOf(flat, shape), ...found, absolute, relative };
    }
  }
  return { ok: true, reason: "", tensors: cpu.length, largest };
}

/** NaN equals NaN and nothing else: a NaN on one device only is the largest difference there is. */
function distance(a, b) {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const absolute = Math.abs(a - b);
  return Number.isNaN(absolute) ? Infinity : absolute;
}

/** The index of the element at `flat`, row by row. @param {number} flat @param {number[]} shape */
function indexOf(flat, shape) {
  const index = [];
  for (const size of shape.toReversed()) {
    index.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return index;
}

const none = (reason) => ({ ok: false, reason, tensors: 0, largest: null });

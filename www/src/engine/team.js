/**
 * The threads that compute together with the engine's worker, on its memory: `crate/web/src/team.rs` hands out the work.
 * They are there where the page is isolated from other origins, and come when there is something to share.
 */
import { restModule } from "./rest.js";
import { withMemoryOfAnother } from "./shared-memory.js";

/**
 * Where a number lies that the threads share. A thread counts itself in before it looks whether there is work, and whoever
 * has work takes that away before it looks whether anybody is counted in: so that nobody is late.
 */
export const ROUND = 0;
export const WORK = 1;
export const NEXT = 2;
export const PARTS = 3;
export const INSIDE = 4;
export const LISTENING = 5;
export const ASLEEP = 6;
export const HAS_FAILED = 7;
const NUMBERS = 8;

/** To fall asleep and be woken takes longer than most waits. */
const LOOKS = 2000;

/**
 * @param {WebAssembly.Exports} first what the first part of the engine exports, on shared memory
 * @param {Uint8Array} wasm the module that it is of
 * @param {number} threads how many shall compute, with this one
 */
export function startTeam(first, wasm, threads) {
  const numbers = new Int32Array(new SharedArrayBuffer(4 * NUMBERS));
  let isStarted = false;
  // A thread that asked for a file in the middle of its work might wait for one that waits for it: it has all from the start.
  const start = async () => {
    isStarted = true;
    const [module, rest] = await Promise.all([WebAssembly.compile(withMemoryOfAnother(wasm)), restModule()]);
    for (let thread = 1; thread < threads; thread += 1) {
      const stack = /** @type {() => number} */ (first.newThread)() >>> 0;
      if (stack === 0) return;
      self.postMessage({ aside: { helper: { module, rest, memory: first.memory, numbers, stack } } });
    }
  };
  Object.assign(self, {
    teamSize() {
      // What cannot be had now is asked for the next time.
      if (!isStarted) start().catch(() => (isStarted = false));
      if (Atomics.exchange(numbers, ASLEEP, 0) > 0) self.postMessage({ aside: { wake: "wake" } });
      return 1 + Atomics.load(numbers, LISTENING);
    },
    beginWork(/** @type {number} */ address, /** @type {number} */ parts) {
      Atomics.store(numbers, NEXT, 0);
      Atomics.store(numbers, PARTS, parts);
      Atomics.store(numbers, WORK, address);
      Atomics.add(numbers, ROUND, 1);
      Atomics.notify(numbers, ROUND);
    },
    nextPart: () => nextPart(numbers),
    endWork() {
      Atomics.store(numbers, WORK, 0);
      for (let inside; (inside = Atomics.load(numbers, INSIDE)) !== 0; ) waitWhile(numbers, INSIDE, inside, Infinity);
      // As a trap in this thread would: what was computed is in no known state.
      if (Atomics.load(numbers, HAS_FAILED)) throw new WebAssembly.RuntimeError("a thread of the engine failed");
    },
  });
  /** @type {() => void} */ (first.bringTeam)();
}

/** A part that nobody has yet, or -1. @param {Int32Array} numbers */
export function nextPart(numbers) {
  const part = Atomics.add(numbers, NEXT, 1);
  return part < Atomics.load(numbers, PARTS) ? part : -1;
}

/** Waits until a number is another, or so long. @param {Int32Array} numbers @param {number} place @param {number} number @param {number} milliseconds */
export function waitWhile(numbers, place, number, milliseconds) {
  for (let look = 0; look < LOOKS; look += 1) if (Atomics.load(numbers, place) !== number) return;
  Atomics.wait(numbers, place, number, milliseconds);
}

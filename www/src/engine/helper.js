/**
 * A thread that helps the engine's worker (`team.js`): an instance of the module on the other's memory, with a stack of
 * its own, which waits for work and takes parts of it.
 */
import { ASLEEP, HAS_FAILED, INSIDE, LISTENING, ROUND, WORK, nextPart, waitWhile } from "./team.js";
import { MEMORY_FROM } from "./shared-memory.js";

/** Without work for so long it falls asleep, until a message comes. */
const IDLE_MILLISECONDS = 20;
/** A worker that never has a turn for what the browser tells it holds that up: a service worker waits until all have heard it. */
const TURN_MILLISECONDS = 100;

/** @type {Int32Array} */
let numbers;
/** @type {(address: number) => void} */
let joinWork;
let isAwake = false;
/** The last round that this thread knows of. */
let round = 0;

self.onmessage = ({ data }) => {
  if (data.module) start(data);
  if (!isAwake) listen();
};

/** @param {{ module: WebAssembly.Module, rest: WebAssembly.Module, memory: WebAssembly.Memory, numbers: Int32Array, stack: number }} given */
function start({ module, rest, memory, numbers: shared, stack }) {
  numbers = shared;
  /** @type {WebAssembly.Exports} */
  let first;
  const known = { nextPart: () => nextPart(numbers), loadRest: () => new WebAssembly.Instance(rest, { first, page: { loadTexts: refused } }) };
  /** @type {Record<string, Record<string, Function | WebAssembly.Memory>>} */
  const imports = { [MEMORY_FROM]: { memory } };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    // wasm-bindgen puts something before and after a name.
    const own = Object.entries(known).find(([word]) => name.includes(word));
    if (kind === "function") (imports[from] ??= {})[name] = own ? own[1] : refused;
  }
  first = new WebAssembly.Instance(module, /** @type {WebAssembly.Imports} */ (imports)).exports;
  /** @type {WebAssembly.Global} */ (first.stackPointer).value = stack;
  joinWork = (address) => /** @type {(address: number) => void} */ (first.joinWork)(address);
}

/** Takes part in what there is to do, for one turn. */
function listen() {
  isAwake = true;
  Atomics.add(numbers, LISTENING, 1);
  const end = performance.now() + TURN_MILLISECONDS;
  while (isAwake && performance.now() < end) {
    waitWhile(numbers, ROUND, round, IDLE_MILLISECONDS);
    const now = Atomics.load(numbers, ROUND);
    isAwake = now !== round;
    round = now;
    if (isAwake) join();
  }
  Atomics.sub(numbers, LISTENING, 1);
  if (isAwake) setTimeout(listen);
  else Atomics.add(numbers, ASLEEP, 1);
}

function join() {
  Atomics.add(numbers, INSIDE, 1);
  try {
    const work = Atomics.load(numbers, WORK);
    if (work) joinWork(work);
  } catch (error) {
    Atomics.store(numbers, HAS_FAILED, 1);
    throw error;
  } finally {
    Atomics.sub(numbers, INSIDE, 1);
    Atomics.notify(numbers, INSIDE);
  }
}

/** What a kernel never calls. */
function refused() {
  throw new Error("a kernel called what its thread does not have");
}

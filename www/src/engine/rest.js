/**
 * The engine's second part: the functions that the programs of the page do not need for their first tensors, and the texts
 * of the shaders and of what few programs need of Python's and PyTorch's library. The first part calls `loadRest` before
 * it first calls one of the functions, and they call `loadTexts` before they read one; `crate/bindgen/src/split.rs` says
 * how they fit together.
 */

import { NOT_LOADED } from "../connection-lost.js";
import { hasRelaxedSimd } from "./relaxed-simd.js";
import { withSharedMemory } from "./shared-memory.js";

const REST = hasRelaxedSimd() ? "later/engine_relaxed.wasm" : "later/engine.wasm";
const TEXTS = "later/texts.txt";
/** Asked for when it is needed, since a worker without a file has no address to begin from. @param {string} path */
const address = (path) => new URL(`../${path}`, import.meta.url);
/** After the first values were read, so that they are drawn before anything else is loaded. */
const AFTER_MILLISECONDS = 2000;

/** What the first part exports; nothing where the engine is in one part. @type {WebAssembly.Exports | undefined} */
let first;
/** What came. @type {Record<string, ArrayBuffer | undefined>} */
const here = {};
/** The second part, once it is there. @type {WebAssembly.Module | undefined} */
let joined;
/** Its coming. @type {Promise<WebAssembly.Module> | undefined} */
let joining;
let areTextsLoaded = false;
let isPlanned = false;
/** @type {Promise<void> | null} */
let loading = null;

/** @param {WebAssembly.Exports} exports of the first part */
export function startWith(exports) {
  first = exports;
  self.loadRest = loadRest;
}

/** Loads both in a moment. That they could not be is no error: whoever needs them asks again. */
export function loadRestLater() {
  if (isPlanned || !first) return;
  isPlanned = true;
  setTimeout(loadRestNow, AFTER_MILLISECONDS);
}

/** Loads both, where they are not here yet, without holding anybody up. @returns {Promise<void>} */
export async function loadRestNow() {
  if (!first) return;
  loading ??= Promise.allSettled([restModule(), prepareTexts()]).then(() => {
    loading = null;
  });
  await loading;
}

/** The second part as threads that share the first one's memory have it too. @returns {Promise<WebAssembly.Module>} */
export function restModule() {
  joining ??= (async () => {
    if (!joined) await fetched(REST);
    if (!joined) join(await WebAssembly.compile(rest()));
    return /** @type {any} */ (joined);
  })().finally(() => (joining = undefined));
  return joining;
}

async function prepareTexts() {
  if (!areTextsLoaded) await fetched(TEXTS);
}

/** @param {string} path */
async function fetched(path) {
  if (here[path]) return;
  const response = await fetch(address(path));
  if (!response.ok) throw new Error(`status ${response.status}`);
  here[path] = await response.arrayBuffer();
}

function loadRest() {
  if (!joined) join(new WebAssembly.Module(rest()));
}

/** The second part, made for the memory that the first one has. */
function rest() {
  const { buffer } = /** @type {WebAssembly.Memory} */ (first.memory);
  return buffer instanceof ArrayBuffer ? now(REST) : withSharedMemory(new Uint8Array(now(REST)));
}

/** Puts each text where the functions of the rest read it: a line in front of it says where that is, and how long it is. */
function loadTexts() {
  if (areTextsLoaded) return;
  const texts = new Uint8Array(now(TEXTS));
  const memory = new Uint8Array(/** @type {WebAssembly.Memory} */ (first.memory).buffer);
  for (let at = 0; at < texts.length; ) {
    const begin = texts.indexOf(10, at) + 1;
    const [place, length] = new TextDecoder().decode(texts.subarray(at, begin)).split(" ").map(Number);
    memory.set(texts.subarray(begin, begin + length), place);
    at = begin + length;
  }
  areTextsLoaded = true;
}

/** Loads a file now and waits, as wasm must. @param {string} path @returns {ArrayBuffer} */
function now(path) {
  try {
    const found = here[path] ?? asked(path);
    // What is in the module's own memory is not kept twice.
    delete here[path];
    return found;
  } catch (error) {
    // As a trap would: what called it goes no further, and is in no known state.
    throw new WebAssembly.RuntimeError(`${path} ${NOT_LOADED}: ${error.message}`);
  }
}

/** @param {string} path */
function asked(path) {
  const request = new XMLHttpRequest();
  request.open("GET", address(path), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`status ${request.status}`);
  return request.response;
}

/** @param {WebAssembly.Module} rest */
function join(rest) {
  if (joined) return;
  new WebAssembly.Instance(rest, { first, page: { loadTexts } });
  joined = rest;
}

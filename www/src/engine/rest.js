/**
 * The engine's second part: the functions that the programs of the page do not need for their tensors. The first part
 * calls `loadRest` before it first calls one of them; `crate/bindgen/src/split.rs` says how the two fit together.
 */

import { NOT_LOADED } from "../connection-lost.js";

/** Asked for when it is needed, since a worker without a file has no address to begin from. */
const address = () => new URL("../later/engine.wasm", import.meta.url);
/** After the first values were read, so that they are drawn before anything else is loaded. */
const AFTER_MILLISECONDS = 2000;

/** What the first part exports. @type {WebAssembly.Exports} */
let first;
/** The second part, where the page has it in itself. @type {ArrayBuffer | undefined} */
let carried;
let isLoaded = false;
let isPlanned = false;

/** @param {WebAssembly.Exports} exports of the first part @param {ArrayBuffer} [second] the other part, if it is here already */
export function startWith(exports, second) {
  first = exports;
  carried = second;
  self.loadRest = loadRest;
}

/** Loads it in a moment. That it could not be is no error: whoever needs it asks again. */
export function loadRestLater() {
  if (isPlanned) return;
  isPlanned = true;
  setTimeout(() => fetchRest().then(join, () => {}), AFTER_MILLISECONDS);
}

async function fetchRest() {
  if (carried) return await WebAssembly.compile(carried);
  const response = await fetch(address());
  if (!response.ok) throw new Error(`status ${response.status}`);
  return await WebAssembly.compile(await response.arrayBuffer());
}

/** Loads it now and waits, as wasm must. */
function loadRest() {
  if (isLoaded) return;
  try {
    if (carried) return join(new WebAssembly.Module(carried));
    const request = new XMLHttpRequest();
    request.open("GET", address(), false);
    request.responseType = "arraybuffer";
    request.send();
    if (request.status !== 200) throw new Error(`status ${request.status}`);
    join(new WebAssembly.Module(request.response));
  } catch (error) {
    // As a trap would: what called it goes no further, and is in no known state.
    throw new WebAssembly.RuntimeError(`later/engine.wasm ${NOT_LOADED}: ${error.message}`);
  }
}

/** @param {WebAssembly.Module} rest */
function join(rest) {
  if (isLoaded) return;
  new WebAssembly.Instance(rest, { first });
  isLoaded = true;
}

/**
 * The engine's second part: the functions that the programs of the page do not need for their tensors, and the text of
 * what few programs need of Python's and PyTorch's library. The first part calls `loadRest` before it first calls one of
 * the functions, and they call `loadText` before they read it; `crate/bindgen/src/split.rs` says how they fit together.
 */

import { NOT_LOADED } from "../connection-lost.js";

const REST = "later/engine.wasm";
const TEXT = "later/prelude.txt";
/** Asked for when it is needed, since a worker without a file has no address to begin from. @param {string} path */
const address = (path) => new URL(`../${path}`, import.meta.url);
/** After the first values were read, so that they are drawn before anything else is loaded. */
const AFTER_MILLISECONDS = 2000;

/** What the first part exports. @type {WebAssembly.Exports} */
let first;
/** What came: where the page has it in itself, at once. @type {Record<string, ArrayBuffer | undefined>} */
const here = {};
let isRestLoaded = false;
let isTextLoaded = false;
let isPlanned = false;

/**
 * @param {WebAssembly.Exports} exports of the first part
 * @param {ArrayBuffer} [rest] the other part, if it is here already @param {ArrayBuffer} [text] its text
 */
export function startWith(exports, rest, text) {
  first = exports;
  here[REST] = rest;
  here[TEXT] = text;
  self.loadRest = loadRest;
}

/** Loads both in a moment. That they could not be is no error: whoever needs them asks again. */
export function loadRestLater() {
  if (isPlanned) return;
  isPlanned = true;
  const load = async () => {
    if (!isRestLoaded) {
      await fetched(REST);
      join(await WebAssembly.compile(now(REST)));
    }
    if (!isTextLoaded) await fetched(TEXT);
  };
  setTimeout(() => load().catch(() => {}), AFTER_MILLISECONDS);
}

/** @param {string} path */
async function fetched(path) {
  if (here[path]) return;
  const response = await fetch(address(path));
  if (!response.ok) throw new Error(`status ${response.status}`);
  here[path] = await response.arrayBuffer();
}

function loadRest() {
  if (!isRestLoaded) join(new WebAssembly.Module(now(REST)));
}

/** Puts the text where the functions of the rest read it. @param {number} place */
function loadText(place) {
  if (isTextLoaded) return;
  new Uint8Array(/** @type {WebAssembly.Memory} */ (first.memory).buffer).set(new Uint8Array(now(TEXT)), place);
  isTextLoaded = true;
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
  if (isRestLoaded) return;
  new WebAssembly.Instance(rest, { first, page: { loadText } });
  isRestLoaded = true;
}

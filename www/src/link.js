/**
 * The whole state in a link's fragment, which no server sees:
 * `#1.` + base64url(deflate-raw(JSON)). The number is the version of the layout;
 * a reader of a later version keeps reading this one.
 */
import { texts } from "./texts.js";

const VERSION = "1";
/** A link is a stranger's: what it unpacks to is bounded before it is parsed. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
const MAX_ADDRESS = 2000;
/** The longest text whose mask is asked for: that has a quarter of a million cells. */
export const MAX_TOKENS = 512;

/**
 * @typedef {object} Link
 * @property {string} code
 * @property {string} program path of the listed program that the code began as, "" if none
 * @property {string} model the address of the checkpoint that the program is given, as `?model=` has it; "" if none
 * @property {number} step index of the current step
 * @property {"auto" | "webgpu" | "cpu"} device
 * @property {{ step: number, name: string, index: number[] } | null} selection the pinned cell
 * @property {import("./state.js").State["view"]} view
 * @property {{ tokens: number, row: number }} mask
 */

/** @param {Link} link @returns {Promise<string>} the fragment, with its `#` */
export async function fragmentFromState(link) {
  const { code, program, model, step, device, selection, view, mask } = link;
  const bytes = new TextEncoder().encode(JSON.stringify({ code, program, model, step, device, selection, view, mask }));
  const packed = await collect(stream(bytes).pipeThrough(new CompressionStream("deflate-raw")), Infinity);
  return `#${VERSION}.${base64urlFromBytes(packed)}`;
}

/**
 * @param {string} fragment with or without `#`
 * @returns {Promise<Link | null>} null when there is no state in it
 * @throws {Error} with one sentence when there is one that cannot be read
 */
export async function stateFromFragment(fragment) {
  const match = /^#?(\d+)\.([\w-]*)$/.exec(fragment);
  if (!match) return null;
  if (match[1] !== VERSION) throw new Error(texts.link.otherVersion(match[1]));
  let value;
  try {
    const packed = bytesFromBase64url(match[2]);
    const bytes = await collect(stream(packed).pipeThrough(new DecompressionStream("deflate-raw")), MAX_UNPACKED_BYTES);
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Error(texts.link.damaged);
  }
  return checkedLink(value);
}

/** Takes only what has the right type, so that the rest of the page need not ask. @param {any} value @returns {Link} */
function checkedLink(value) {
  if (typeof value?.code !== "string") throw new Error(texts.link.noCode);
  const isCount = (/** @type {unknown} */ number) => Number.isSafeInteger(number) && Number(number) >= 0;
  const selected = value.selection;
  const hasSelection =
    isCount(selected?.step) && typeof selected.name === "string" && Array.isArray(selected.index) && selected.index.length <= 64 && selected.index.every(isCount);
  return {
    code: value.code,
    program: typeof value.program === "string" ? value.program : "",
    model: typeof value.model === "string" ? value.model.slice(0, MAX_ADDRESS) : "",
    step: isCount(value.step) ? value.step : 0,
    device: value.device === "webgpu" || value.device === "cpu" ? value.device : "auto",
    selection: hasSelection ? { step: selected.step, name: selected.name, index: selected.index } : null,
    ...checkedView(value.view, value.mask?.tokens, value.mask?.row),
  };
}

/** What is looked at, from any two numbers and a name: what does not fit is as it is at first. @param {unknown} view @param {unknown} tokens @param {unknown} row @returns {Pick<Link, "view" | "mask">} */
export function checkedView(view, tokens, row) {
  const count = (/** @type {unknown} */ value, /** @type {number} */ otherwise) => (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_TOKENS ? Number(value) : otherwise);
  return { view: view === "keys" || view === "tokens" || view === "layers" ? view : "tensors", mask: { tokens: count(tokens, 0), row: count(row, -1) } };
}

/** @param {Uint8Array} bytes @returns {ReadableStream<any>} */
function stream(bytes) {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** @param {ReadableStream<Uint8Array>} readable @param {number} limit bytes */
async function collect(readable, limit) {
  const chunks = [];
  let length = 0;
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new RangeError(texts.link.tooLarge);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** @param {Uint8Array} bytes */
function base64urlFromBytes(bytes) {
  let text = "";
  // In slices, because the arguments of one call are limited.
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function bytesFromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

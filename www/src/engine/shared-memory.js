/**
 * Makes a module for memory that several threads share of one that was built for memory of its own: the same code, with
 * other words about the memory and, for the threads that help, none of what happens once.
 *
 * The module has no atomic instruction: what threads say to each other goes through JavaScript (`team.js`).
 */

/** Sections of a module, by number (WebAssembly Core Specification 5.5.2). */
const IMPORTS = 2;
const MEMORIES = 5;
const START = 8;
const DATA = 11;
const DATA_COUNT = 12;
/** Kinds of imports. */
const TABLE = 1;
const MEMORY = 2;
const GLOBAL = 3;
/** Of a memory's limits: there is a largest size; and it is shared. */
const HAS_MOST = 1;
const IS_SHARED = 3;
/** Shared memory must have a largest size: what 32 bits reach. */
const MOST_PAGES = 65536;

/** Where a thread that helps imports its memory from. */
export const MEMORY_FROM = "page";

/** The same module with its memory, or the one that it imports, shared. @param {Uint8Array} wasm */
export const withSharedMemory = (wasm) => edited(wasm, (section, body) => (section === MEMORIES ? [1, ...sharedLimits(reader(body, 1))] : section === IMPORTS ? imports(body, []) : body));

/** The same module with the memory of another, and nothing done to that: data and start are the other's. @param {Uint8Array} wasm */
export function withMemoryOfAnother(wasm) {
  /** @type {number[]} */
  let memory = [];
  edited(wasm, (section, body) => {
    if (section === MEMORIES) memory = sharedLimits(reader(body, 1));
    return body;
  });
  const name = (/** @type {string} */ text) => [text.length, ...new TextEncoder().encode(text)];
  const added = [...name(MEMORY_FROM), ...name("memory"), MEMORY, ...memory];
  return edited(wasm, (section, body) => ([MEMORIES, START, DATA, DATA_COUNT].includes(section) ? null : section === IMPORTS ? imports(body, added) : body));
}

/**
 * @param {Uint8Array} wasm
 * @param {(section: number, body: Uint8Array) => ArrayLike<number> | null} edit what becomes of a section's content
 */
function edited(wasm, edit) {
  const parts = [wasm.subarray(0, 8)];
  const read = reader(wasm, 8);
  while (read.at() < wasm.length) {
    const section = read.byte();
    const length = read.number();
    const body = edit(section, wasm.subarray(read.at(), read.at() + length));
    if (body) parts.push(Uint8Array.from([section, ...leb(body.length)]), body instanceof Uint8Array ? body : Uint8Array.from(body));
    read.skip(length);
  }
  const made = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

/** Imports, memory among them shared, and one more. @param {Uint8Array} body @param {number[]} added */
function imports(body, added) {
  const read = reader(body, 0);
  const count = read.number();
  /** @type {number[]} */
  const made = [...leb(count + (added.length > 0 ? 1 : 0))];
  for (let number = 0; number < count; number += 1) {
    let from = read.at();
    for (let names = 0; names < 2; names += 1) read.skip(read.number());
    const kind = read.byte();
    if (kind === MEMORY) {
      made.push(...body.subarray(from, read.at()), ...sharedLimits(read));
      from = read.at();
    } else if (kind === TABLE) {
      read.byte();
      limits(read);
    } else if (kind === GLOBAL) {
      read.skip(2);
    } else {
      read.number();
    }
    made.push(...body.subarray(from, read.at()));
  }
  return [...made, ...added];
}

/** @param {ReturnType<typeof reader>} read */
function limits(read) {
  const flags = read.byte();
  const least = read.number();
  if (flags & HAS_MOST) read.number();
  return least;
}

/** @param {ReturnType<typeof reader>} read */
const sharedLimits = (read) => [IS_SHARED, ...leb(limits(read)), ...leb(MOST_PAGES)];

/** @param {Uint8Array} bytes @param {number} at */
function reader(bytes, at) {
  return {
    at: () => at,
    byte: () => bytes[at++],
    skip: (/** @type {number} */ count) => void (at += count),
    /** An unsigned number as WebAssembly writes them: seven bits a byte, the lowest first. */
    number() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        value += (bytes[at] & 127) * 2 ** shift;
        if (bytes[at++] < 128) return value;
      }
    },
  };
}

/** @param {number} value */
function leb(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

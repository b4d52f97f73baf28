/**
 * Decoding as a trace shows it: the loop over positions under "Token by token", and what
 * the variable `cache` holds after each. Entries are followed by their values, so what
 * entered, stayed and left is seen and not assumed. Pure functions.
 */
import { cells } from "./program.js";

/** @typedef {import("./state.js").Step} Step */
/** @typedef {import("./state.js").Name} Name */
/** @typedef {{ from: number, to: number }} Turn the steps of one position, `to` not included */
/** @typedef {{ line: number, turns: Turn[], before: Map<string, Name>, after: Map<string, Name>[] }} Decoding the loop; what the cache held before it and after each position, by the name of the item */

const CACHE = /^cache\[(.+)\]$/;

/** A long run is looked through once. @type {WeakMap<Step[], Decoding | null>} */
const decodings = new WeakMap();

/** @param {import("./state.js").Run} run @returns {Decoding | null} null when no loop of the program keeps a cache */
export function decodingOf({ steps, code }) {
  let decoding = decodings.get(steps);
  if (decoding === undefined) decodings.set(steps, (decoding = findDecoding(steps, code)));
  return decoding;
}

/** @param {Step[]} steps @param {string} code @returns {Decoding | null} */
function findDecoding(steps, code) {
  const line = decodingLine(steps, code);
  if (line === null) return null;
  /** @type {Turn[]} */
  const turns = [];
  for (let index = 0; index < steps.length; index += 1) {
    const { depth, loops } = steps[index];
    const turn = turns[turns.length - 1];
    // What a called function does belongs to the turn that called it.
    if (depth > 0) {
      if (turn && turn.to === index) turn.to = index + 1;
    } else if (loops[0]?.line === line) {
      if (loops[0].iteration >= turns.length) turns.push({ from: index, to: index + 1 });
      else if (turn && turn.to === index) turn.to = index + 1;
    }
  }
  const before = contents(steps, 0, turns[0].from, new Map());
  let held = before;
  const after = turns.map(({ from, to }) => (held = contents(steps, from, to, held)));
  return { line, turns, before, after };
}

/** The position that a step belongs to: before the loop the first, after it the last. @param {Decoding} decoding @param {number} step */
export function turnOf({ turns }, step) {
  const later = turns.findIndex(({ to }) => step < to);
  return later < 0 ? turns.length - 1 : later;
}

/** The line of the loop: under the heading "Token by token" where there is one, else the first that binds the cache. @param {Step[]} steps @param {string} code @returns {number | null} */
function decodingLine(steps, code) {
  const list = cells(code);
  const heading = list.findIndex(({ kind, text }) => kind === "markdown" && /^#+\s+Token by token/m.test(text));
  const [first, last] = heading < 0 ? [1, Infinity] : [list[heading].line, (list.slice(heading + 1).find(({ kind }) => kind === "markdown")?.line ?? Infinity) - 1];
  /** The loop of the program itself that goes on while a function runs. */
  let line = 0;
  for (const { depth, loops, names } of steps) {
    if (depth === 0) line = loops[0]?.line ?? 0;
    if (line >= first && line <= last && line > 0 && names.some(({ name, kind }) => kind === "tensor" && CACHE.test(name))) return line;
  }
  return null;
}

/** What the cache holds at the end of some steps: the newest step that binds it says all of it. @param {Step[]} steps @param {number} from @param {number} to @param {Map<string, Name>} otherwise */
function contents(steps, from, to, otherwise) {
  for (let index = to - 1; index >= from; index -= 1) {
    const { names } = steps[index];
    const items = names.filter(({ name, kind }) => kind !== "value" && CACHE.test(name));
    if (items.length > 0) return new Map(items.map((item) => [CACHE.exec(item.name)?.[1].replace(/^'(.*)'$/, "$1") ?? "", item]));
    if (names.some(({ name, kind }) => name === "cache" && kind === "value")) return new Map();
  }
  return otherwise;
}

/** Bytes of one number. @param {string} dtype */
export function bytesOfType(dtype) {
  const bits = /(\d+)$/.exec(dtype)?.[1];
  return bits ? Number(bits) / 8 : 1;
}

/**
 * @typedef {object} Part an item of the cache after one position
 * @property {string} name
 * @property {"entries" | "state"} kind whether it holds an entry per token or block, or one state of a fixed size
 * @property {number} bytes
 * @property {number} entryBytes bytes of one entry; of all of a state
 * @property {number} axis of the entries; −1 for a state
 * @property {number[]} entries for each entry the position at which it entered, −1 if it was there before the first
 * @property {number[]} entered positions of the entries that are new
 * @property {number[]} left positions of the entries that are gone
 * @property {boolean} changed whether any value differs from before
 * @property {boolean} isSteady whether an entry enters with most tokens
 */

/** @typedef {{ shape: number[], dtype: string, data: ArrayLike<number | bigint> }} Held the values of an item */

/**
 * Follows every item of the cache through all positions.
 * @param {Map<string, Held>} before
 * @param {Map<string, Held>[]} after
 * @returns {Part[][]} the parts after each position
 */
export function followCache(before, after) {
  /** @type {Map<string, number>} */
  const axes = new Map();
  for (const name of new Set(after.flatMap((held) => [...held.keys()]))) axes.set(name, entryAxis([before, ...after].flatMap((held) => held.get(name) ?? [])));
  /** @type {Map<string, { held: Held, entries: number[] }>} */
  let last = new Map([...before].map(([name, held]) => [name, { held, entries: Array(held.shape[axes.get(name) ?? -1] ?? 0).fill(-1) }]));
  const history = after.map((items, position) => {
    const parts = [...items].map(([name, held]) => partOf(name, held, axes.get(name) ?? -1, last.get(name), position));
    last = new Map(parts.map((part) => [part.name, { held: /** @type {Held} */ (items.get(part.name)), entries: part.entries }]));
    return parts;
  });
  for (const name of axes.keys()) {
    const all = history.flatMap((parts) => parts.find((part) => part.name === name) ?? []);
    const isSteady = all.filter(({ entered }) => entered.length > 0).length > all.length / 2;
    for (const part of all) part.isSteady = isSteady;
  }
  return history;
}

/** @param {string} name @param {Held} held @param {number} axis @param {{ held: Held, entries: number[] } | undefined} previous @param {number} position @returns {Part} */
function partOf(name, held, axis, previous, position) {
  const bytes = held.data.length * bytesOfType(held.dtype);
  if (axis < 0) return { name, kind: "state", bytes, entryBytes: bytes, axis, entries: [], entered: [], left: [], changed: !previous || !sameValues(previous.held, held), isSteady: false };
  const entryBytes = bytesOfType(held.dtype) * held.shape.reduce((product, size, at) => (at === axis ? product : product * size), 1);
  const now = slices(held, axis);
  const then = previous ? slices(previous.held, axis) : [];
  const origin = matchEntries(then, now);
  const entries = origin.map((from) => (from < 0 ? position : (previous?.entries[from] ?? position)));
  const kept = new Set(origin);
  const left = (previous?.entries ?? []).filter((_, index) => !kept.has(index));
  return { name, kind: "entries", bytes, entryBytes, axis, entries, entered: entries.filter((_, index) => origin[index] < 0), left, changed: left.length > 0 || origin.some((from) => from < 0), isSteady: false };
}

/** The axis along which an item has entries: the one that grows or shrinks, else one along which the values move on by one; −1 for none. @param {Held[]} history */
function entryAxis(history) {
  const rank = history[0]?.shape.length ?? 0;
  if (history.some(({ shape }) => shape.length !== rank)) return -1;
  for (let axis = 0; axis < rank; axis += 1) if (history.some(({ shape }) => shape[axis] !== history[0].shape[axis])) return axis;
  for (let axis = 0; axis < rank; axis += 1) {
    const length = history[0].shape[axis];
    const moves = history.slice(1).every((held, index) => slices(held, axis).slice(0, -1).join("|") === slices(history[index], axis).slice(1).join("|"));
    // Two positions may agree by chance; one entry alone has nothing that could move.
    if (length > 1 && history.length > 3 && moves) return axis;
  }
  return -1;
}

/** Each entry as a text of its values, so that equal entries are equal texts. @param {Held} held @param {number} axis @returns {string[]} */
function slices({ shape, data }, axis) {
  const length = shape[axis];
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  return Array.from({ length }, (_, entry) => {
    const values = [];
    for (let before = 0; before < outer; before += 1) for (let within = 0; within < inner; within += 1) values.push(data[(before * length + entry) * inner + within]);
    return values.join();
  });
}

/**
 * Where each entry now was before, −1 if it is new. Entries keep their order. Equal
 * words can have equal entries, so the plain ways come first: the old ones and then new
 * ones, with as few as possible gone from the front; else the longest common sequence.
 * @param {string[]} then @param {string[]} now @returns {number[]}
 */
export function matchEntries(then, now) {
  for (let gone = 0; gone < then.length; gone += 1) {
    const kept = then.length - gone;
    if (kept <= now.length && then.every((entry, index) => index < gone || entry === now[index - gone])) return now.map((_, index) => (index < kept ? index + gone : -1));
  }
  /** Lengths of the longest common sequence of what follows. */
  const longest = Array.from({ length: then.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = then.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) longest[i][j] = then[i] === now[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
  }
  const origin = Array(now.length).fill(-1);
  for (let i = 0, j = 0; i < then.length && j < now.length; ) {
    if (then[i] === now[j]) origin[j++] = i++;
    else if (longest[i + 1][j] >= longest[i][j + 1]) i += 1;
    else j += 1;
  }
  return origin;
}

/** @param {Held} a @param {Held} b */
function sameValues(a, b) {
  if (a.data.length !== b.data.length) return false;
  for (let at = 0; at < a.data.length; at += 1) if (!Object.is(a.data[at], b.data[at])) return false;
  return true;
}

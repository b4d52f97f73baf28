/**
 * A model's run as its layers, token by token: a turn is one pass through the model, and in it every turn of the loop
 * over the layers is a layer. Pure functions over a trace.
 *
 * What is recognised is what the programs of models have in common: a loop that binds `layer`, attention by a function
 * `attend` that binds `shares`, a feed-forward layer or experts by a function that is called so, and a cache of a layer
 * that is called `kept`.
 */

import { bytesOfType } from "./decode.js";
import { cellCount } from "./shape.js";

/** @typedef {import("./state.js").Step} Step */
/** @typedef {import("./state.js").Name} Name */

/**
 * @typedef {object} Layer one layer at one token
 * @property {number} layer its number
 * @property {number} from its first step
 * @property {number} to the step after its last
 * @property {number} opens the first step of what mixes its tokens
 * @property {string} file the module of the architecture, whose loop over the layers it is
 * @property {string} mixer the function that mixes tokens; "" where none was seen
 * @property {boolean} feedsForward whether a feed-forward layer, or experts, were seen
 * @property {Name | null} shares [B, H, T, S]: how much each head's queries read of each key
 * @property {Name | null} chosen [B, T, K]: the keys, or the entries, that a query chose
 * @property {number} ratio tokens that an entry of the cache stands for; 1 where each has its own
 * @property {Name | null} state what is kept instead of keys
 * @property {Map<string, Name>} kept all that the layer keeps, by name
 */

/**
 * @typedef {object} Turn one pass through the model
 * @property {number} from its first step
 * @property {number} to the step after its last
 * @property {Layer[]} layers those that the trace has room for
 */

const KEPT = /^kept\['(\w+)'\]$/;
const MIXES = /attention|mamba|mixer|delta|lightning/;
const FEEDS_FORWARD = /feed_forward|experts/;

/** The first own step of a program that is about the model as it was, with nothing scaled: no pass after it writes. @param {Step[]} steps @returns {number} that of no step where there is none */
export function endOfWriting(steps) {
  const at = steps.findIndex(({ depth, names }) => depth === 0 && names.some(({ name }) => name === "read_whole"));
  return at < 0 ? steps.length : at;
}

/** @type {WeakMap<Step[], Turn[]>} */
const known = new WeakMap();

/** The passes through the model; none where the program runs no model. @param {{ steps: Step[] }} run @returns {Turn[]} */
export function turnsOf({ steps }) {
  let turns = known.get(steps);
  if (!turns) known.set(steps, (turns = findTurns(steps.slice(0, endOfWriting(steps)))));
  return turns;
}

/** The pass that a step belongs to: before the first it is that one, after the last it is that one. @param {Turn[]} turns @param {number} step */
export function turnAt(turns, step) {
  const later = turns.findIndex(({ to }) => step < to);
  return later < 0 ? turns.length - 1 : later;
}

/** How many bytes a layer keeps. @param {Layer} layer */
export function bytesKept({ kept }) {
  return [...kept.values()].reduce((sum, item) => sum + bytesOf(item), 0);
}

/** @param {Name} item */
export function bytesOf({ shape, dtype }) {
  return cellCount(shape) * bytesOfType(dtype);
}

/** How many heads a layer has; 0 where it mixes no tokens. @param {Layer} layer */
export function headCount({ shares, state }) {
  return shares?.shape[1] ?? state?.shape[1] ?? 0;
}

/**
 * @typedef {{ first: number, last: number }} Span the tokens that a key stands for
 *
 * What each key of a layer's attention stands for. A window holds the last tokens; behind it stand entries, each of
 * a block of tokens; of either, a query that chooses reads only some.
 * @param {Layer} layer
 * @param {number} keys how many the attention read
 * @param {number} length of the text so far
 * @param {number[] | null} chosen by the last query, in the order in which they were read
 * @returns {Span[]}
 */
export function spansOf({ ratio, kept }, keys, length, chosen) {
  const one = (/** @type {number} */ at) => ({ first: at, last: at });
  if (ratio === 1) return chosen && chosen.length === keys ? chosen.map(one) : Array.from({ length: keys }, (_, at) => one(length - keys + at));
  const entries = kept.get("entries")?.shape.at(-2) ?? 0;
  const blocks = chosen ?? Array.from({ length: entries }, (_, at) => at);
  const window = keys - Math.min(blocks.length, keys);
  return [
    ...Array.from({ length: window }, (_, at) => one(length - window + at)),
    ...blocks.slice(0, keys - window).map((block) => ({ first: block * ratio, last: block * ratio + ratio - 1 })),
  ];
}

/** @param {Step[]} steps @returns {Turn[]} */
function findTurns(steps) {
  /** @type {Turn[]} */
  const turns = [];
  /** The step that opened the pass at hand. @type {Step | null} */
  let head = null;
  /** @type {Layer | null} */
  let open = null;
  /** What each layer kept at last. @type {Map<number, Map<string, Name>>} */
  const caches = new Map();
  steps.forEach((step, index) => {
    const layer = layerOf(step);
    if (layer !== null) {
      if (!head || step.call !== head.call || step.function !== head.function || step.file !== head.file) {
        head = step;
        turns.push({ from: index, to: index, layers: [] });
      }
      open = { layer, from: index, to: index, opens: index, file: step.file, mixer: "", feedsForward: false, shares: null, chosen: null, ratio: 1, state: null, kept: new Map(caches.get(layer)) };
      turns[turns.length - 1].layers.push(open);
    } else if (open && head && (step.depth < head.depth || (step.depth === head.depth && step.loops.length === 0))) {
      open = null;
    }
    if (!open || !head) return;
    observe(open, step, head, index);
    open.to = index + 1;
    turns[turns.length - 1].to = index + 1;
    caches.set(open.layer, open.kept);
  });
  // Where the trace was full, it broke off in the middle of a pass.
  const [before, last] = turns.slice(-2);
  if (last && last.layers.length < before.layers.length) turns.pop();
  return turns;
}

/** The number that a step gives to the layer which begins with it; null for every other step. @param {Step} step */
function layerOf({ loops, names }) {
  // A loop over the layers' weights binds no cache.
  if (loops.length !== 1 || !names.some(({ name }) => name === "kept" || KEPT.test(name))) return null;
  const layer = names.find(({ name, kind, text }) => name === "layer" && kind === "value" && /^\d+$/.test(text));
  return layer ? Number(layer.text) : null;
}

/** Takes from a step what it says of the layer that it is part of. @param {Layer} layer @param {Step} step @param {Step} head @param {number} index */
function observe(layer, step, head, index) {
  if (layer.mixer === "" && step.depth === head.depth + 1 && step.file !== "layers.py" && MIXES.test(step.function)) {
    layer.mixer = step.function;
    layer.opens = index;
  }
  if (step.depth === head.depth + 1 && FEEDS_FORWARD.test(step.function)) layer.feedsForward = true;
  for (const name of step.names) {
    const item = KEPT.exec(name.name)?.[1];
    if (item && name.kind === "tensor") layer.kept.set(item, name);
    if (item === "state" && name.kind === "tensor") layer.state = name;
    if (name.name === "shares" && name.kind === "tensor" && step.function === "attend") layer.shares = name;
    if (name.name === "chosen" && name.kind === "tensor" && step.function === layer.mixer) layer.chosen = name;
    if (name.name === "ratio" && name.kind === "value" && step.function === layer.mixer) layer.ratio = Number(name.text) || 1;
  }
}

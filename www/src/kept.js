/** What a layer of a model keeps, token after token: what grows, what makes room, what stays as large as it is. Pure functions. */

import { bytesOf } from "./layers.js";
import { bytesText } from "./number.js";
import { texts } from "./texts-later.js";

/** @typedef {import("./layers.js").Turn} Turn */
/** @typedef {Map<string, import("./state.js").Name>} Kept */

/** What is kept of each token, under the names that the programs of models give it. */
const OF_TOKENS = new Set(["k", "v", "kv", "latent", "k_rope", "index_k"]);
/** What stands for a block of tokens. */
const OF_BLOCKS = new Set(["entries", "index"]);

/** The kinds of what is kept, as they lie upon each other in a drawing; `texts.kept` names them. */
export const KINDS = /** @type {const} */ (["state", "blocks", "tokens"]);

/** @typedef {Record<(typeof KINDS)[number], number>} Bytes */

/** What a layer kept after each pass; nothing in a pass that the trace broke off before it. @param {Turn[]} turns @param {number} layer @returns {Kept[]} */
export function keptAfterEach(turns, layer) {
  return turns.map(({ layers }) => layers.find((other) => other.layer === layer)?.kept ?? new Map());
}

/** @param {Kept} kept @returns {Bytes} */
export function bytesByKind(kept) {
  const bytes = { state: 0, blocks: 0, tokens: 0 };
  for (const [name, item] of kept) bytes[kindOf(name)] += bytesOf(item);
  return bytes;
}

/**
 * What a pass that read one token changed in what a layer keeps: "+ 768 bytes", "the oldest token left".
 * @param {Kept} before @param {Kept} after
 * @param {number} ratio tokens that an entry stands for
 */
export function changeText(before, after, ratio) {
  if (after.size === 0) return "";
  const grown = [...after].filter(([name, item]) => length(item) > length(before.get(name)));
  const tokens = grown.some(([name]) => kindOf(name) === "tokens");
  const made = [...after.keys()].some((name) => kindOf(name) === "tokens") && !tokens ? [texts.kept.left] : [];
  const entry = grown.find(([name]) => name === "entries");
  if (entry) {
    const last = length(entry[1]) * ratio - 1;
    const first = length(before.get("entries")) * ratio;
    made.push(texts.kept.entry(first, last));
  }
  const more = sum(after) - sum(before);
  if (more > 0) made.unshift(`+ ${bytesText(more)}`);
  return made.join("; ") || texts.kept.same;
}

/** @param {string} name @returns {keyof Bytes} */
function kindOf(name) {
  return OF_TOKENS.has(name) ? "tokens" : OF_BLOCKS.has(name) ? "blocks" : "state";
}

/** Tokens, or entries, along the axis on which they are appended. @param {import("./state.js").Name | undefined} item */
function length(item) {
  return item?.shape.at(-2) ?? 0;
}

/** @param {Kept} kept */
function sum(kept) {
  return [...kept.values()].reduce((bytes, item) => bytes + bytesOf(item), 0);
}

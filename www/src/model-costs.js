/**
 * What whole models cost against the length of the context: which quantities there are,
 * where the plot puts them, and how the comparison reads. Pure functions.
 */
import { decimal, inWords } from "./language.js";
import { FIRST, MOST_TOKENS } from "./model-costs-choice.js";
import { bytesText } from "./number.js";
import { texts } from "./texts-later.js";

/** A real model of each architecture, by the name of its program. @type {Record<string, string>} */
const COUNTERPARTS = {
  gpt2: "gpt2-xl",
  llama: "llama-3-8b",
  qwen3: "qwen3-8b",
  gemma3_text: "gemma-3-27b",
  gpt_oss: "gpt-oss-120b",
  deepseek_v3: "deepseek-v3",
  deepseek_v32: "deepseek-v3.2",
  deepseek_v4: "deepseek-v4-pro",
  qwen3_next: "qwen3-next-80b-a3b",
  kimi_linear: "kimi-linear-48b-a3b",
  gemma4_text: "gemma-4-e2b",
  laguna: "laguna-xs.2",
  zaya: "zaya1-8b",
};

/** What a real model of an architecture costs at a million tokens, beside one that keeps every key and value; null where none is at hand. @param {string} architecture @returns {import("./state.js").Costs | null} */
export function costsAtAMillion(architecture) {
  const model = COUNTERPARTS[architecture];
  return model ? { models: [...new Set([FIRST.models[0], model])], what: "cache", context: MOST_TOKENS, dtype: "bf16" } : null;
}

/** The contexts of the plot: powers of two from 1K to 1M, and the middle between two, where windows bend a line. */
export const CONTEXTS = Array.from({ length: 21 }, (_, half) => (half % 2 === 0 ? 1024 : 1536) * 2 ** Math.floor(half / 2));

/** What a line of costs.py says of a model after so many tokens; which counts there are depends on what it was asked for. @typedef {Record<string, number>} Counts */
/** @typedef {{ config: string, quantity: string, value: number, source: string, context?: number, dtype?: string }} Published */
/** @typedef {import("./model-costs-choice.js").What} What */

/**
 * @typedef {object} Quantity
 * @property {What} id
 * @property {string[]} counts the names under which costs.py counts it
 * @property {(counts: Counts, context: number) => number} of
 * @property {"bytes" | "FLOPs" | ""} unit
 */

/** Their titles, axes and sentences are `texts.modelCosts.quantities`, by the same ids. @type {Quantity[]} */
export const QUANTITIES = [
  { id: "cache", counts: ["kv_cache_bytes", "state_bytes"], of: (counts) => counts.kv_cache_bytes + counts.state_bytes, unit: "bytes" },
  { id: "per-token", counts: ["kv_cache_bytes", "kv_cache_bytes_per_token"], of: (counts, context) => counts.kv_cache_bytes / context, unit: "bytes" },
  { id: "decode", counts: ["decode_flops"], of: (counts) => counts.decode_flops, unit: "FLOPs" },
  { id: "moved", counts: ["decode_bytes"], of: (counts) => counts.decode_bytes, unit: "bytes" },
  { id: "prefill", counts: ["prefill_flops"], of: (counts) => counts.prefill_flops, unit: "FLOPs" },
  { id: "parameters", counts: ["parameters", "active_parameters"], of: (counts) => counts.parameters, unit: "" },
];

/** @param {string} id @returns {Quantity} */
export function quantityOf(id) {
  return QUANTITIES.find((quantity) => quantity.id === id) ?? QUANTITIES[0];
}

/** What it is called where it is chosen. @param {Quantity} quantity */
export function titleOf({ id }) {
  return texts.modelCosts.quantities[id].title;
}

/** What its axis says. @param {Quantity} quantity */
export function axisOf({ id }) {
  return texts.modelCosts.quantities[id].axis;
}

/** The number, where all that it is made of is counted. @param {Quantity} quantity @param {Counts | undefined} counts @param {number} context @returns {number | null} */
export function valueOf(quantity, counts, context) {
  if (!counts || !quantity.counts.every((name) => name in counts)) return null;
  const value = quantity.of(counts, context);
  return value > 0 ? value : null;
}

/** A number in the unit that suits it. @param {number} value @param {Quantity["unit"]} unit */
export function amountText(value, unit) {
  if (unit === "bytes") return bytesText(value < 1000 ? Math.round(value) : value);
  const [letter, size] = LETTERS.find(([, least]) => value >= least) ?? ["", 1];
  const scaled = value / size;
  const text = decimal(scaled.toFixed(scaled < 10 ? (letter === "" ? 0 : 2) : scaled < 100 ? 1 : 0));
  return unit === "FLOPs" ? `${text} ${letter}FLOPs` : letter === "" ? text : `${text} ${texts.modelCosts[WORDS[letter]]}`;
}

const LETTERS = /** @type {[string, number][]} */ ([["E", 1e18], ["P", 1e15], ["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]]);
const WORDS = /** @type {Record<string, "quintillion" | "quadrillion" | "trillion" | "billion" | "million" | "thousand">} */ ({ E: "quintillion", P: "quadrillion", T: "trillion", G: "billion", M: "million", k: "thousand" });

/** 4096 is 4K, 1048576 is 1M: how the field writes the length of a context. @param {number} tokens */
export function tokensText(tokens) {
  if (tokens >= 1 << 20 && tokens % (1 << 18) === 0) return `${tokens / (1 << 20)}M`;
  return tokens >= 1024 && tokens % 512 === 0 ? `${tokens / 1024}K` : inWords(tokens);
}

/** How a number compares with another: "the same", "2.4 times", "0.65", and what is a small part of it as "1/37". @param {number} value @param {number} reference */
export function ratioText(value, reference) {
  if (value === reference) return texts.modelCosts.same;
  const ratio = value / reference;
  if (ratio >= 1) return texts.modelCosts.times(digits(ratio));
  return ratio > SMALL_PART ? decimal(ratio.toFixed(ratio > 0.995 ? 3 : 2)) : `1/${digits(1 / ratio)}`;
}

/** A ratio below this reads better as a fraction. */
const SMALL_PART = 0.2;

/** @param {number} ratio at least 1 */
function digits(ratio) {
  return ratio < 9.95 ? decimal(ratio.toFixed(ratio < 1.05 ? 3 : 1)) : inWords(Math.round(ratio));
}

/**
 * The comparison in a sentence, of the first model with the one that needs least and, where that is another, with the last.
 * @param {Quantity} quantity @param {number} context @param {{ title: string, value: number | null }[]} models
 */
export function comparisonSentence(quantity, context, models) {
  const counted = models.flatMap(({ title, value }) => (value === null ? [] : [{ title, value }]));
  if (counted.length === 0) return "";
  const [first, ...others] = counted;
  const t = texts.modelCosts;
  const least = others.length > 0 ? others.reduce((a, b) => (b.value < a.value ? b : a)) : null;
  // No line ends between a number and its unit.
  const amount = (/** @type {number} */ value) => amountText(value, quantity.unit).replace(" ", "\u00a0");
  const says = t.quantities[quantity.id].says(first.title, amount(first.value));
  const start = quantity.id === "parameters" ? says : t.at(context, says);
  if (!least) return `${start}.`;
  const most = others.reduce((a, b) => (b.value > a.value ? b : a));
  const part = (/** @type {{ title: string, value: number }} */ one) => `${one.title} ${amount(one.value)}, ${ratioPhrase(one.value, first.value, quantity.unit)}`;
  return most === least ? `${start}, ${part(least)}.` : `${start}; ${part(most)}; ${part(least)}.`;
}

/** @param {number} value @param {number} reference @param {Quantity["unit"]} unit */
function ratioPhrase(value, reference, unit) {
  const text = ratioText(value, reference);
  const t = texts.modelCosts;
  const [more, part] = unit === "bytes" ? [t.asMuch, t.ofIt] : [t.asMany, t.ofThem];
  return value === reference ? text : value > reference ? more(text) : part(text);
}

/** A logarithmic scale from one interval to another. @param {[number, number]} from @param {[number, number]} to */
export function logScale([low, high], [start, end]) {
  const width = Math.log(high / low) || 1;
  return (/** @type {number} */ value) => start + ((end - start) * Math.log(value / low)) / width;
}

/** An interval that holds all values with some room, and a power of ten at least. @param {number[]} values @returns {[number, number]} */
export function domainOf(values) {
  if (values.length === 0) return [1, 10];
  const [low, high] = [Math.min(...values) / 1.5, Math.max(...values) * 1.5];
  return [Math.min(low, 10 ** Math.floor(Math.log10(high))), high];
}

/** Round numbers of an interval: powers of ten, no more than `most`, and where there are hardly any, two and five times these. @param {[number, number]} domain @param {number} most */
export function ticksOf([low, high], most) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(2, most)));
  const ticks = [];
  for (let power = first; power <= last; power += step) ticks.push(10 ** power);
  if (ticks.length > 2) return ticks;
  const finer = [first - 1, ...Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at)].flatMap((power) => [1, 2, 5].map((times) => times * 10 ** power));
  return finer.filter((tick) => tick >= low && tick <= high);
}

/** The powers of two to be written below the axis, where there is room for so many. @param {number} most */
export function tokenTicks(most) {
  const step = [1, 2, 5, 10].find((every) => 10 / every + 1 <= most) ?? 10;
  return Array.from({ length: 10 / step + 1 }, (_, at) => 1024 * 2 ** (at * step));
}

/**
 * Places for labels as near to where they belong as they can be without overlapping, in the same order.
 * @param {number[]} wanted @param {number} height of a label @param {[number, number]} room @returns {number[]}
 */
export function spread(wanted, height, [top, bottom]) {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b] || a - b);
  /** Neighbours that touch, which move as one: where the first of them stands. @type {{ at: number, members: number[] }[]} */
  const groups = [];
  const highest = (/** @type {number[]} */ members) => {
    const mean = members.reduce((sum, member, index) => sum + wanted[member] - index * height, 0) / members.length;
    return Math.max(top, Math.min(mean, bottom - (members.length - 1) * height));
  };
  for (const index of order) {
    let group = { at: highest([index]), members: [index] };
    for (let before = groups.at(-1); before && before.at + before.members.length * height > group.at + 1e-9; before = groups.at(-1)) {
      groups.pop();
      const members = [...before.members, ...group.members];
      group = { at: highest(members), members };
    }
    groups.push(group);
  }
  const places = Array(wanted.length).fill(0);
  for (const { at, members } of groups) members.forEach((member, index) => (places[member] = at + index * height));
  return places;
}

/** The counted context next to a position on the axis. @param {number} tokens @param {number[]} contexts */
export function nearest(tokens, contexts) {
  const distance = (/** @type {number} */ context) => Math.abs(Math.log(context / tokens));
  return contexts.reduce((best, context) => (distance(context) < distance(best) ? context : best), contexts[0]);
}

/** The lines of JSON that costs.py prints, of which the last may be on its way still. @param {string} text @returns {{ rows: (Counts & { dtype: string })[], rest: string }} */
export function rowsFromOutput(text) {
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  return { rows: lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)), rest };
}

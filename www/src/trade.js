/**
 * The trade: what each small trained model keeps of a text, and what it predicts and recalls for that. Pure functions
 * over the cards of the models and over what `programs/models/measure.py` prints.
 *
 * A mechanism has two models: one of language, and a smaller one that does nothing but recall. What the first keeps
 * stands beside its loss, what the second keeps beside its recall.
 */
import { decimal, inWords } from "./language.js";
import { bytesText } from "./number.js";
import { texts } from "./texts-later.js";

/** @typedef {import("./state.js").ModelEntry} ModelEntry */
/** @typedef {{ layer: number, name: string, shapes: number[][], bytes: number[] }} Tensor what a layer keeps under a name, at each length */
/** @typedef {{ lengths: number[], layers: number, tensors: Tensor[] }} Kept */
/** @typedef {{ task: string, length: number, times?: number, questions: number, recall: number, by_distance: [number, number][] }} Recall */
/** @typedef {{ shapes?: Kept, cache?: Kept, speed?: { tokens: number, seconds: number }, loss?: { loss: number, windows: number, of: number }, recall?: Recall[] }} Figures what was measured of a model in this page: `shapes` what its program keeps as counted without weights, `cache` as allocated */
/** @typedef {{ id: string, title: string, mechanism: string, language: ModelEntry, recall: ModelEntry | null }} Row a mechanism: its model of language, and its model of recall where there is one */

/** The losses on a card, of the first windows of the held-out text. @typedef {{ windows: number, loss: number, loss_per_character: number }[] | null} CardLosses */

/** What quality is, and whether more of it is better; `texts.trade.qualities` has what it is called and what its axis says. */
export const QUALITIES = /** @type {const} */ ([
  { id: "loss", isMoreBetter: false },
  { id: "associative", isMoreBetter: true },
  { id: "induction", isMoreBetter: true },
]);
/** @typedef {(typeof QUALITIES)[number]} Quality */
/** Tokens after which memory is compared; recall is measured on texts of these lengths. */
export const CONTEXTS = [64, 128, 256];
/** What the page begins with. GPT-2 has other positions and norms as well: multi-head attention is compared by a Qwen3. */
export const FIRST = { against: "qwen3_multi_head-shakespeare", model: "deepseek_v4-shakespeare", context: "256" };
/** As near as a measured loss is to the card's: of it, half a percent; of recall, half a point of a hundred. */
const SAME = 0.005;

/** What is asked for; else recall, where most mechanisms have a model of it. @param {string | undefined} id @param {Row[]} [rows] @returns {Quality} */
export function qualityOf(id, rows = []) {
  const first = 2 * rows.filter(({ recall }) => recall).length > rows.length ? "associative" : "loss";
  return QUALITIES.find((quality) => quality.id === id) ?? QUALITIES.find((quality) => quality.id === first) ?? QUALITIES[0];
}

/** @param {string | undefined} text */
export function contextOf(text) {
  return CONTEXTS.find((context) => String(context) === text) ?? Number(FIRST.context);
}

/** The mechanisms in the order of the story. @param {ModelEntry[]} models @param {{ path: string }[]} programs @returns {Row[]} */
export function rowsOf(models, programs) {
  const place = (/** @type {ModelEntry} */ { mechanism }) => programs.findIndex(({ path }) => path === `attention/${mechanism}.py`);
  const known = (/** @type {ModelEntry} */ model) => (place(model) < 0 ? programs.length : place(model));
  return models
    .filter(({ task }) => task === "language")
    .sort((a, b) => known(a) - known(b))
    .map((language) => ({
      id: language.path,
      title: language.title.replace(/, \w+$/, ""),
      mechanism: language.mechanism,
      language,
      // Two variants of an architecture differ in the mechanism, two architectures may share one.
      recall: models.find(({ task, architecture, mechanism }) => task === "recall" && architecture === language.architecture && mechanism === language.mechanism) ?? null,
    }));
}

/** The model whose quality is asked for. @param {Row} row @param {Quality} quality */
export function modelOf(row, quality) {
  return quality.id === "loss" ? row.language : row.recall;
}

/** What the card says; null where it does not. @param {Row} row @param {Quality} quality @param {number} context */
export function qualityAt(row, quality, context) {
  if (quality.id === "loss") return row.language.loss_per_character ?? null;
  return recallAt(row, quality.id, context)?.recall ?? null;
}

/** @param {Row} row @param {string} task @param {number} length */
export function recallAt(row, task, length) {
  return row.recall?.recall?.find((part) => part.task === task && part.length === length) ?? null;
}

/** All bytes that are kept after so many tokens. @param {Kept | undefined} kept @param {number} context */
export function bytesAt(kept, context) {
  const at = kept?.lengths.indexOf(context) ?? -1;
  return kept && at >= 0 ? sum(kept.tensors.map(({ bytes }) => bytes[at])) : null;
}

/** What a token adds, and what does not grow: windows that are full, states, blocks that are not complete yet. @param {Kept} kept */
export function growthOf(kept) {
  const [before, last] = kept.lengths.slice(-2);
  const grows = ({ bytes }) => bytes[bytes.length - 1] > bytes[bytes.length - 2];
  const added = sum(kept.tensors.filter(grows).map(({ bytes }) => bytes[bytes.length - 1] - bytes[bytes.length - 2]));
  return { perToken: added / (last - before), fixed: sum(kept.tensors.filter((tensor) => !grows(tensor)).map(({ bytes }) => bytes[bytes.length - 1])) };
}

/** Whether two countings found the same tensors of the same sizes. @param {Kept} one @param {Kept} other */
export function isSameCache(one, other) {
  return JSON.stringify(one.tensors) === JSON.stringify(other.tensors);
}

/** Whether a measured loss is that of the card. @param {number} measured @param {number} card */
export function isSameLoss(measured, card) {
  return Math.abs(measured - card) <= SAME * card;
}

/** Whether measured recall is that of the card, in each task and length. @param {Recall[]} measured @param {Recall[]} card */
export function isSameRecall(measured, card) {
  return measured.length > 0 && measured.every(({ task, length, recall }) => card.some((part) => part.task === task && part.length === length && Math.abs(part.recall - recall) <= SAME));
}

/** Under which the programs keep keys and values. */
const OF_HEADS = ["k", "v", "kv"];

/** @typedef {{ layers: number[], text: string, names: string[], isWindow: boolean }} LayerGroup layers that keep the same; `isWindow` of those that keep the last tokens alone */

/**
 * The layers by what they keep, those alike together, in the order in which they first come.
 * @param {Kept} kept
 * @returns {LayerGroup[]}
 */
export function layersOf(kept) {
  /** @type {Map<string, LayerGroup>} */
  const groups = new Map();
  for (let layer = 0; layer < kept.layers; layer += 1) {
    const tensors = kept.tensors.filter((tensor) => tensor.layer === layer && tensor.bytes.some((bytes) => bytes > 0));
    const text = textOfLayer(tensors, kept.lengths);
    const isWindow = tensors.length > 0 && tensors.every((tensor) => OF_HEADS.includes(tensor.name) && entriesOf(tensor, kept.lengths).ratio === 0);
    const group = groups.get(text) ?? { layers: [], text, names: tensors.map(({ name }) => name), isWindow };
    group.layers.push(layer);
    groups.set(text, group);
  }
  return [...groups.values()];
}

/** What a layer keeps, in words. @param {Tensor[]} tensors @param {number[]} lengths */
function textOfLayer(tensors, lengths) {
  if (tensors.length === 0) return texts.trade.nothing;
  const parts = KINDS.flatMap(([names, text]) => {
    const tensor = tensors.find(({ name }) => names.includes(name));
    return tensor ? [text(tensor, tensors, lengths)] : [];
  });
  return parts.length > 1 ? texts.trade.andLast(parts.slice(0, -1).join(", "), parts[parts.length - 1]) : parts.join("");
}

/** How many entries a tensor has at the end of the longest text, and how many tokens each new one stands for; 0 where there are no new ones. @param {Tensor} tensor @param {number[]} lengths */
function entriesOf({ shapes }, lengths) {
  const [before, last] = shapes.slice(-2).map((shape) => shape[shape.length - 2]);
  const [shorter, longer] = lengths.slice(-2);
  return { entries: last, ratio: last > before ? (longer - shorter) / (last - before) : 0 };
}

/** How many numbers of each token, of a tensor [B, …, T, D]. @param {Tensor} tensor */
function numbersOf({ shapes }) {
  const shape = shapes[shapes.length - 1];
  return shape.slice(1, -2).reduce((product, size) => product * size, 1) * shape[shape.length - 1];
}

/** What the programs keep, by the names under which they keep it, and how that is said; the newest idea first. @type {[string[], (tensor: Tensor, all: Tensor[], lengths: number[]) => string][]} */
const KINDS = [
  [["entries"], (tensor, _, lengths) => texts.trade.oneEntry(numbersOf(tensor), entriesOf(tensor, lengths).ratio)],
  [["index"], (tensor) => texts.trade.indexKey(numbersOf(tensor))],
  [["state"], ({ shapes }) => texts.trade.state(shapes[0].slice(1).join(" × "))],
  [["latent", "k_rope"], (_, all) => texts.trade.latent(sum(all.filter(({ name }) => name === "latent" || name === "k_rope").map(numbersOf)))],
  [["index_k"], (tensor) => texts.trade.indexKey(numbersOf(tensor))],
  [
    OF_HEADS,
    (tensor, all, lengths) => {
      const { entries, ratio } = entriesOf(tensor, lengths);
      const numbers = sum(all.filter(({ name }) => OF_HEADS.includes(name)).map(numbersOf));
      return ratio > 0 ? texts.trade.keys(numbers) : texts.trade.keysWindow(entries, numbers);
    },
  ],
];

/** Names that only a layer of the mechanism keeps: by them it is found. @type {Record<string, (names: string[], isWindow: boolean) => boolean>} */
const SHOWN_BY = {
  "compressed-sparse-attention": (names) => names.includes("index"),
  "deepseek-sparse-attention": (names) => names.includes("index_k"),
  "gated-delta-rule": (names) => names.includes("state"),
  "kimi-delta-attention": (names) => names.includes("state"),
  "cross-layer-kv-sharing": (names) => names.length === 0,
  "sliding-window-attention": (names, isWindow) => names.includes("k") && isWindow,
};

/** The layers in which a mechanism can be seen, and what they keep. @param {string} mechanism @param {Kept} kept */
export function layersThatShow(mechanism, kept) {
  const groups = layersOf(kept);
  return groups.find(({ names, isWindow }) => SHOWN_BY[mechanism]?.(names, isWindow)) ?? groups[0];
}

/**
 * What a model saves against another, in a few words and in a sentence.
 * @param {{ title: string, kept: Kept }} model @param {{ title: string, kept: Kept }} against @param {number} context
 */
export function savingOf(model, against, context) {
  const [mine, other] = [growthOf(model.kept), growthOf(against.kept)];
  const [all, otherAll] = [bytesAt(model.kept, context) ?? 0, bytesAt(against.kept, context) ?? 0];
  const fixed = mine.fixed > 0 ? texts.trade.notGrowing(nonBreaking(bytesText(mine.fixed))) : "";
  return {
    short: mine.perToken === 0 ? texts.trade.perTokenNone : comparedText(mine.perToken, other.perToken, texts.trade.bytesForEach),
    sentence: texts.trade.savesSaid(model.title, numberText(mine.perToken), fixed, against.title, numberText(other.perToken), context, nonBreaking(bytesText(all)), nonBreaking(bytesText(otherAll)), comparedText(all, otherAll, "")),
  };
}

/** @param {number} mine @param {number} other @param {string} noun */
function comparedText(mine, other, noun) {
  if (mine === other) return texts.trade.asMany(noun).trim();
  const isFewer = mine < other;
  const ratio = isFewer ? other / mine : mine / other;
  const times = ratio < 9.95 ? decimal(ratio.toFixed(1)) : inWords(Math.round(ratio));
  return texts.trade[isFewer ? "fewer" : "more"](times, noun).trim();
}

/** What it costs in predictions: nats a character more, or fewer. @param {Row} model @param {Row} against */
export function lossCostOf(model, against) {
  const [mine, other] = [model, against].map(({ language }) => language.loss_per_character);
  if (mine === undefined || other === undefined) return null;
  const difference = mine - other;
  const short = Math.abs(difference) < 0.0005 ? texts.trade.lossNone : texts.trade.lossShort(`${difference > 0 ? "+" : "−"}${decimal(Math.abs(difference).toFixed(3))}`);
  const verdict = Math.abs(difference) < 0.0005 ? texts.trade.lossSame : texts.trade[difference > 0 ? "lossWorse" : "lossBetter"](decimal(((100 * Math.abs(difference)) / other).toFixed(1)));
  return { short, sentence: texts.trade.lossSaid(model.title, decimal(mine.toFixed(3)), against.title, decimal(other.toFixed(3)), verdict) };
}

/** What it costs in recall of a text of so many tokens, where both models of recall are measured; else a sentence that says which is not. @param {Row} model @param {Row} against @param {string} task @param {number} length */
export function recallCostOf(model, against, task, length) {
  const [mine, other] = [model, against].map((row) => recallAt(row, task, length));
  if (!mine || !other) {
    const missing = [...new Set([...(mine ? [] : [model.title]), ...(other ? [] : [against.title])])];
    return { short: "", sentence: texts.trade.recallMissing(missing.length > 1 ? texts.trade.and(missing[0], missing[1]) : missing[0], missing.length) };
  }
  const says = task === "associative" ? texts.trade.recallOnce : texts.trade.recallPattern;
  const [near, otherNear] = [model, against].map((row) => recallAt(row, task, CONTEXTS[0]));
  const start = near && otherNear && length > CONTEXTS[0] ? texts.trade.recallStart(percent(near.recall), percent(otherNear.recall)) : "";
  return {
    short: texts.trade.recallShort(percent(mine.recall), percent(other.recall)),
    sentence: says(percent(mine.recall), percent(other.recall), length, /** @type {Record<number, string>} */ (texts.trade.lengths)[length / CONTEXTS[0]], start),
  };
}

/**
 * A question as those that recall is measured on: pairs of a key and a value, then one of the keys. The model is right
 * to go on with its value.
 */
export function questionOf() {
  // Any keys below 64 and values from 64 on, each once: products with odd numbers, which share no factor with 64.
  const pairs = Array.from({ length: CONTEXTS[0] / 4 }, (_, at) => [(at * 11 + 5) % 64, 64 + ((at * 23 + 7) % 64)]);
  const [key, answer] = pairs[2];
  return { prompt: [...pairs.flat(), key].join(" "), key, answer, pairs: pairs.length };
}

/** @param {number} part */
export function percent(part) {
  // Next to none and next to all have a digit more, so that they are neither.
  const isNear = (part > 0 && part < 0.0995) || (part > 0.9895 && part < 1);
  return `${decimal(isNear ? Math.min(99.9, Math.max(0.1, 100 * part)).toFixed(1) : (100 * part).toFixed(0))}\u00a0%`;
}

/** A number of bytes, whole where it is. @param {number} value */
export function numberText(value) {
  return inWords(value, { maximumFractionDigits: 1 });
}

/** No line ends between a number and its unit. @param {string} text */
function nonBreaking(text) {
  return text.replace(" ", "\u00a0");
}

/** An interval that holds the values of most models: one that is further away than all others are apart is left outside. @param {number[]} values @returns {[number, number]} */
export function intervalOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const spread = (/** @type {number[]} */ some) => some[some.length - 1] - some[0];
  let kept = sorted;
  if (sorted.length > 3) {
    const [withoutLast, withoutFirst] = [sorted.slice(0, -1), sorted.slice(1)];
    if (spread(sorted) > 2 * spread(withoutLast)) kept = withoutLast;
    else if (spread(sorted) > 2 * spread(withoutFirst)) kept = withoutFirst;
  }
  const room = 0.12 * spread(kept) || 0.05 * Math.abs(kept[0] ?? 1) || 0.1;
  return [kept[0] - room, kept[kept.length - 1] + room];
}

/** Round steps of an interval, about five. @param {[number, number]} interval */
export function linearTicks([low, high]) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? rough;
  const ticks = [];
  for (let at = Math.ceil(low / step); at * step <= high + 1e-12; at += 1) ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

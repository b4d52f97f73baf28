/** What is published of models' costs, beside what is counted: `configs/published.json` has the figures. Pure functions. */
import { decimal, inWords } from "./language.js";
import { amountText } from "./model-costs.js";
import { texts } from "./texts-later.js";

/** @typedef {import("./model-costs.js").Published} Published */
/** @typedef {import("./model-costs.js").Counts} Counts */
/** @typedef {(config: string, context: number, dtype: string) => Counts | undefined} Counted what is counted of a model so far */

/** The model that the relative figures are relative to. */
export const REFERENCE = "deepseek-v3.2";
/** The figures count values of two bytes. */
const DTYPE = "bf16";
const SHORTEST = 1024;

/**
 * What each published quantity is held against: the quantity of the plot on which it is a mark, its name among `texts.publishedCosts`, what
 * is counted for it, and what it is a share of.
 * @type {Record<string, { what: import("./model-costs.js").What, name: keyof typeof texts.publishedCosts, of: (counts: Counts) => number, needs: string[], unit: "bytes" | "FLOPs" | "", isShare?: boolean }>}
 */
const COMPARED = {
  kv_cache_bytes_per_token: { what: "per-token", name: "grows", of: (counts) => counts.kv_cache_bytes_per_token, needs: ["kv_cache_bytes_per_token"], unit: "bytes" },
  kv_cache_bytes: { what: "cache", name: "cache", of: (counts) => counts.kv_cache_bytes, needs: ["kv_cache_bytes"], unit: "bytes" },
  state_bytes: { what: "cache", name: "state", of: (counts) => counts.state_bytes, needs: ["state_bytes"], unit: "bytes" },
  active_parameters: { what: "parameters", name: "active", of: (counts) => counts.active_parameters, needs: ["active_parameters"], unit: "" },
  parameters: { what: "parameters", name: "parameters", of: (counts) => counts.parameters, needs: ["parameters"], unit: "" },
  "KV cache relative to deepseek-v3.2": { what: "cache", name: "cacheOf", of: (counts) => counts.kv_cache_bytes, needs: ["kv_cache_bytes"], unit: "bytes", isShare: true },
  "FLOPs per decoded token relative to deepseek-v3.2": { what: "decode", name: "flopsOf", of: (counts) => counts.decode_flops, needs: ["decode_flops"], unit: "FLOPs", isShare: true },
};

/**
 * @typedef {object} Mark a published figure, ready to be drawn and listed
 * @property {string} config
 * @property {string} name
 * @property {number} value as it is published: an amount, or a share of the reference's
 * @property {number | null} counted the same of what is counted here, null as long as it is not
 * @property {number | null} at the amount at which the mark stands
 * @property {number} context at which it stands; figures that hold at any context stand at the shortest
 * @property {boolean} isAnywhere whether the figure names no context
 * @property {"bytes" | "FLOPs" | ""} unit
 * @property {boolean} isShare
 * @property {string} source
 */

/**
 * The figures published of some models that belong to a quantity of the plot.
 * @param {Published[]} published @param {string[]} configs @param {string} what @param {Counted} counted @returns {Mark[]}
 */
export function marksOf(published, configs, what, counted) {
  const ordered = [...published].sort((a, b) => configs.indexOf(a.config) - configs.indexOf(b.config));
  return ordered.flatMap(({ config, quantity, value, context, source, dtype }) => {
    const compared = COMPARED[quantity];
    if (!compared || compared.what !== what || !configs.includes(config)) return [];
    const { name, of, needs, unit, isShare = false } = compared;
    const at = context ?? SHORTEST;
    const take = (/** @type {string} */ model) => {
      const counts = counted(model, at, DTYPE);
      return counts && needs.every((need) => need in counts) ? of(counts) : null;
    };
    const own = take(config);
    const reference = isShare ? take(REFERENCE) : 1;
    const share = own === null || reference === null ? null : own / reference;
    const note = isShare ? `${source}; ${dtype}` : source;
    return [{ config, name: texts.publishedCosts[name], value, counted: share, at: reference === null ? null : value * reference, context: at, isAnywhere: context === undefined, unit, isShare, source: note }];
  });
}

/** A figure, or what is counted for it, as it is written. @param {number} value @param {Pick<Mark, "isShare" | "unit">} mark */
export function figureText(value, { isShare, unit }) {
  if (isShare) return decimal(value.toFixed(3).replace(/0$/, ""));
  return value >= 1e6 ? amountText(value, unit) : `${inWords(value)}${unit ? ` ${unit}` : ""}`;
}

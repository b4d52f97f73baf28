/** What can be chosen of models' costs, as an address says it: the page begins with this, and with no more of them. */

export const MOST_TOKENS = 1_048_576;
export const DTYPES = /** @type {const} */ (["bf16", "f16", "f32", "int8"]);
/** What is counted, by the ids of the quantities of `model-costs.js`. */
export const WHATS = /** @type {const} */ (["cache", "per-token", "decode", "moved", "prefill", "parameters"]);
/** @typedef {(typeof WHATS)[number]} What */
/** What the page begins with: models that keep every key and value, windows, states, a latent, entries for blocks. @type {import("./state.js").Costs} */
export const FIRST = { models: ["llama-3-8b", "gemma-3-27b", "qwen3-next-80b-a3b", "deepseek-v3.2", "deepseek-v4-pro"], what: "cache", context: 131_072, dtype: "bf16" };

/** The reader's own configuration, which no address can name. */
export const OWN = "own:";

/** @param {string} model */
export function isReadersOwn(model) {
  return model.startsWith(OWN);
}

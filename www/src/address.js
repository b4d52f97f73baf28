/**
 * The readable addresses: `#catalogue?q=window`, `#compare?a=…&b=…&num_heads=2` and
 * `#attention/causal-attention.py?view=keys`. What only a packed link can say is in `link.js`.
 */
import { checkedView } from "./link.js";
import { DTYPES, FIRST, MOST_TOKENS, WHATS } from "./model-costs-choice.js";

/** A link is a stranger's: longer than this is no search and no setting. */
const MAX_TEXT = 2000;

/**
 * @typedef {{ page: "catalogue", query: string }
 *   | { page: "compare", pair: import("./state.js").Pair }
 *   | { page: "program", path: string, view: import("./state.js").State["view"], mask: { tokens: number, row: number }, step: number | null, device: import("./state.js").State["device"], model: string, layer: number | null }
 *   | { page: "costs", costs: import("./state.js").Costs }
 *   | { page: "trade", trade: Record<string, string> }
 *   | { page: "models" }} Address
 */

/** @param {string} fragment with or without `#` @returns {Address} */
export function addressFromFragment(fragment) {
  const [path, search = ""] = fragment.replace(/^#/, "").split("?");
  const values = new Map([...new URLSearchParams(search)].map(([name, value]) => [name, value.slice(0, MAX_TEXT)]));
  const take = (/** @type {string} */ name) => {
    const value = values.get(name) ?? "";
    values.delete(name);
    return value;
  };
  if (path === "models") return { page: "models" };
  if (path === "trade") return { page: "trade", trade: Object.fromEntries(values) };
  if (path === "costs") return { page: "costs", costs: costsFrom(values.has("models") ? take("models").split(",").filter(Boolean) : FIRST.models, take("what"), Number(take("context")), take("dtype")) };
  if (path === "catalogue") return { page: "catalogue", query: take("q") };
  if (path === "compare") return { page: "compare", pair: { a: take("a"), b: take("b"), values: Object.fromEntries([...values].map(([name, text]) => [name, valueFromText(text)])) } };
  const number = (/** @type {string} */ name) => (values.has(name) ? Number(take(name)) : null);
  const index = (/** @type {string} */ name) => ((value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? value : null))(number(name));
  const device = take("device");
  return { page: "program", path: decoded(path), ...checkedView(take("view") || firstView(values.get("model")), number("tokens"), number("row")), step: index("step"), device: device === "cpu" || device === "webgpu" ? device : "auto", model: take("model"), layer: index("layer") };
}

/** @param {Address} address @returns {string} the fragment, with its `#` */
export function fragmentFromAddress(address) {
  /** @type {[string, string][]} */
  const search = [];
  if (address.page === "catalogue") {
    if (address.query) search.push(["q", address.query]);
  } else if (address.page === "compare") {
    const { a, b, values } = address.pair;
    search.push(["a", a], ["b", b], ...Object.entries(values).map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)])));
  } else if (address.page === "costs") {
    const { models, what, context, dtype } = address.costs;
    search.push(["models", models.join()], ["what", what], ["context", String(context)], ["dtype", dtype]);
  } else if (address.page === "trade") {
    search.push(...Object.entries(address.trade));
  } else if (address.page === "program") {
    if (address.model) search.push(["model", address.model]);
    if (address.layer !== null) search.push(["layer", String(address.layer)]);
    if (address.view !== firstView(address.model)) search.push(["view", address.view]);
    if (address.view === "keys" && address.mask.tokens > 0) search.push(["tokens", String(address.mask.tokens)]);
    if (address.view === "keys" && address.mask.row >= 0) search.push(["row", String(address.mask.row)]);
    if (address.step !== null) search.push(["step", String(address.step)]);
    if (address.device !== "auto") search.push(["device", address.device]);
  }
  // Slashes are as good in a fragment as they are, and a person can read them.
  const text = new URLSearchParams(search).toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  const path = address.page === "program" ? address.path : address.page;
  return `#${path}${text ? `?${text}` : ""}`;
}

/** @param {string[]} models @param {string} what @param {number} context @param {string} dtype @returns {import("./state.js").Costs} */
function costsFrom(models, what, context, dtype) {
  const isLength = Number.isInteger(context) && context >= 1 && context <= MOST_TOKENS;
  return { models: [...new Set(models)], what: WHATS.find((known) => known === what) ?? FIRST.what, context: isLength ? context : FIRST.context, dtype: DTYPES.find((known) => known === dtype) ?? FIRST.dtype };
}

/** What is looked at first: of a model its layers. @param {string | undefined} model */
function firstView(model) {
  return model ? "layers" : "tensors";
}

/** A setting as its control holds it. @param {string} text @returns {number | boolean | string} */
function valueFromText(text) {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** @param {string} path */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

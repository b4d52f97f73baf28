/** The exact counts at one context, and the published figures beside what is counted here. */
import { h } from "../dom.js";
import { inWords } from "../language.js";
import { amountText, ratioText, titleOf, tokensText, valueOf } from "../model-costs.js";
import { REFERENCE, figureText } from "../published-costs.js";
import { texts } from "../texts-later.js";
import { SLOTS, swatch } from "./plot-parts.js";

/** @typedef {import("./model-costs.js").Shown} Shown */
/** @typedef {import("../model-costs.js").Quantity} Quantity */

/** What a table says of each quantity: a column's head among `texts.modelCostsTable`, the name of the count, and its unit. @type {Record<string, ["cache" | "state" | "grows" | "active", string, Quantity["unit"]][]>} */
const COLUMNS = {
  cache: [["cache", "kv_cache_bytes", "bytes"], ["state", "state_bytes", "bytes"]],
  "per-token": [["grows", "kv_cache_bytes_per_token", "bytes"]],
  decode: [],
  prefill: [],
  parameters: [["active", "active_parameters", ""]],
};
/** The column that is compared with the first model's. @type {Record<string, "keptInAll" | "keptForEach" | "flops" | "parameters">} */
const TOTALS = { cache: "keptInAll", "per-token": "keptForEach", decode: "flops", prefill: "flops", parameters: "parameters" };

/** @param {Quantity} quantity @param {Shown[]} models @param {number} context */
export function countTable(quantity, models, context) {
  const values = models.map((model) => valueOf(quantity, model.at(context), context));
  const reference = values[0] ?? null;
  const columns = COLUMNS[quantity.id];
  const t = texts.modelCostsTable;
  return h(
    "table",
    null,
    h("caption", null, quantity.id === "parameters" ? texts.modelCostsTable.parameters : texts.modelCostsTable.at(titleOf(quantity), context)),
    h("thead", null, h("tr", null, ...[texts.modelCostsTable.model, t[TOTALS[quantity.id]], models.length > 1 ? texts.modelCostsTable.ofModel(models[0].title) : "", ...columns.map(([head]) => t[head])].map((head) => h("th", { scope: "col" }, head)))),
    h(
      "tbody",
      null,
      ...models.map((model, at) => {
        const value = values[at];
        const counts = model.at(context) ?? {};
        const name = h("th", { scope: "row", class: `slot-${model.slot % SLOTS}` }, swatch(model.slot), h("span", null, model.title));
        if (model.problem) return h("tr", { "data-config": model.config }, name, h("td", { class: "reason error-line", colspan: columns.length + 2 }, model.problem));
        const ratio = value === null || reference === null || models.length < 2 ? "" : at === 0 ? "1" : ratioText(value, reference);
        const cells = [amountCell(value, quantity.unit, model), h("td", { class: "number" }, ratio), ...columns.map(([, name, unit]) => amountCell(counts[name], unit))];
        return h("tr", { "data-config": model.config }, name, ...cells);
      }),
    ),
  );

  /** @param {number | null | undefined} value @param {Quantity["unit"]} unit @param {Shown} [model] whose row says why there is none */
  function amountCell(value, unit, model) {
    if (value === null || value === undefined) {
      return h("td", { class: "reason" }, !model ? "" : model.isBeyond(context) ? texts.modelCostsTable.noPositions : model.waits);
    }
    const whole = inWords(value, { maximumFractionDigits: 1 });
    return h("td", null, h("span", { class: "number" }, whole), value >= 1000 ? h("span", { class: "rounded" }, amountText(value, unit)) : null);
  }
}

/** @param {import("../published-costs.js").Mark[]} marks @param {Shown[]} models @returns {Node[]} */
export function publishedTable(marks, models) {
  if (marks.length === 0) return [];
  const titles = new Map(models.map(({ config, title }) => [config, title]));
  /** What is to be known of a count, or why there is none yet. @param {import("../published-costs.js").Mark} mark */
  const remark = ({ counted, isShare, unit }) => {
    if (counted === null) return isShare && !titles.has(REFERENCE) ? texts.modelCostsTable.chooseReference : "…";
    return !isShare ? "" : unit === "bytes" ? texts.modelCostsTable.allBf16 : texts.modelCostsTable.allFlops;
  };
  return [
    h(
      "table",
      { class: "published" },
      h("caption", null, texts.modelCostsTable.caption),
      h("thead", null, h("tr", null, ...[texts.modelCostsTable.model, texts.modelCostsTable.figure, texts.modelCostsTable.published, texts.modelCostsTable.counted, texts.modelCostsTable.source].map((head) => h("th", { scope: "col" }, head)))),
      h(
        "tbody",
        null,
        ...marks.map((mark) =>
          h(
            "tr",
            { "data-config": mark.config },
            h("th", { scope: "row" }, titles.get(mark.config) ?? mark.config),
            h("td", null, mark.isAnywhere ? mark.name : texts.modelCostsTable.atContext(mark.name, tokensText(mark.context))),
            h("td", { class: "number" }, figureText(mark.value, mark)),
            h("td", null, h("span", { class: "number" }, mark.counted === null ? "" : figureText(mark.counted, mark)), h("span", { class: "rounded" }, remark(mark))),
            h("td", { class: "source" }, mark.source),
          ),
        ),
      ),
    ),
  ];
}

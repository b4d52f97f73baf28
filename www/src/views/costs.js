/** What the program counted against its formulas, and what the engine counted of the whole run; it follows every run. */
import { costRows, runTotals } from "../costs.js";
import { h } from "../dom.js";
import { inWords } from "../language.js";
import { texts } from "../texts.js";

/** @param {import("../state.js").Store} store @param {boolean} isRoomy whether it is open at first */
export function createCosts(store, isRoomy) {
  const summary = h("summary", null, texts.costs.costs);
  const body = h("div", { class: "costs-body" });
  const element = h("details", { class: "costs", "data-testid": "costs" }, summary, body);
  element.open = isRoomy;
  /** What the run before counted, by what it is called. @type {Map<string, number>} */
  let before = new Map();
  /** @type {string} */
  let program = "";

  store.on(["run"], ({ run, program: path }) => {
    if (!run) return;
    if (path !== program) before = new Map();
    program = path;
    const rows = costRows(run);
    const { flops, bytes } = runTotals(run);
    element.hidden = rows.length === 0 && flops === 0 && bytes === 0;
    summary.replaceChildren(
      texts.costs.costs,
      h("span", { class: "brief" }, rows.map(({ what, counted }) => `${what} ${number(counted)}`).join(" · ")),
      h("span", { class: "whole", title: texts.costs.wholeTitle(run.steps.length) }, texts.costs.whole(number(flops), number(bytes))),
    );
    body.replaceChildren(...(rows.length > 0 ? [costTable(rows, before)] : []));
    before = new Map(rows.map(({ what, counted }) => [what, counted]));
  });
  return { element };
}

/** @param {import("../costs.js").CostRow[]} rows @param {Map<string, number>} before */
function costTable(rows, before) {
  return h(
    "table",
    null,
    h("thead", { class: "off-screen" }, h("tr", null, ...[texts.costs.quantity, texts.costs.counted, texts.costs.formula].map((head) => h("th", { scope: "col" }, head)))),
    h(
      "tbody",
      null,
      ...rows.map(({ what, counted, formula, value }) => {
        const was = before.get(what);
        return h(
          "tr",
          null,
          h("th", { scope: "row" }, what),
          h("td", { class: "number" }, number(counted), was !== undefined && was !== counted ? h("span", { class: "was" }, texts.costs.was(number(was))) : null),
          h("td", null, h("code", null, formula), counted === value ? "" : h("strong", { class: "wrong" }, ` = ${number(value)}`)),
        );
      }),
    ),
  );
}

/** @param {number} value */
export function number(value) {
  return inWords(value);
}

/** Where the pointed cell came from: the arithmetic with its real numbers, and the tensors it read. */
import { h } from "../dom.js";
import { exactNumber } from "../number.js";
import { texts } from "../texts.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {{ showTensor: (id: number, index?: number[]) => void }} steps
 */
export function createProvenance(store, session, steps) {
  const element = h("section", { class: "provenance", "data-testid": "provenance", "aria-label": texts.provenance.where });
  store.on(["provenance", "pinned", "run"], draw);
  return { element };

  /** @param {Readonly<import("../state.js").State>} state */
  function draw({ provenance, pinned, run }) {
    element.classList.toggle("pinned", pinned !== null);
    if (!provenance) {
      element.replaceChildren(h("p", { class: "hint" }, run ? texts.provenance.hint : ""));
      return;
    }
    const { cell, value, origin, note } = provenance;
    const place = `${cell.name}${cell.index.length > 0 ? `[${cell.index.join(", ")}]` : ""}`;
    const dtype = run?.steps[cell.step]?.names.find(({ id }) => id === cell.id)?.dtype ?? "float32";
    const letGo = pinned ? h("button", { type: "button", class: "quiet", onclick: () => session.pin(null) }, texts.provenance.letGo) : null;
    element.replaceChildren(
      h("p", { class: "result" }, h("strong", null, place), " = ", h("output", null, exactNumber(value, dtype)), letGo),
      origin ? h("ol", { class: "arithmetic" }, ...origin.steps.map(stepOf)) : h("p", { class: "hint" }, note),
    );
  }

  /** @param {import("../state.js").Provenance["steps"][number]} step */
  function stepOf({ operation, inputs, text }) {
    const sources = inputs.filter(({ name }) => name !== null);
    return h(
      "li",
      null,
      h("span", { class: "operation" }, operation),
      h("span", { class: "sum" }, text),
      sources.length > 0
        ? h(
            "span",
            { class: "sources" },
            texts.provenance.from,
            ...sources.map(({ id, name, cells, more }) =>
              h("button", { type: "button", class: "source-tensor", onclick: () => steps.showTensor(id) }, texts.provenance.cells(name ?? "", cells.length, more)),
            ),
          )
        : null,
    );
  }
}

/** The values of a tensor as a real table, exact, with its labels as headers. */
import { h } from "../dom.js";
import { matrixSummary } from "../matrix-summary.js";
import { exactNumber } from "../number.js";
import { cellCount } from "../shape.js";
import { texts } from "../texts.js";

/** A table is for reading; beyond this the drawing and its cells serve better. */
const MAX_ROWS = 64;
const MAX_COLUMNS = 64;
const MAX_MATRICES = 16;

/**
 * @param {import("../state.js").Name} name
 * @param {ArrayLike<number | bigint>} data
 * @param {{ rows: string[] | null, columns: string[] | null }} labels
 * @param {(panel: number) => string} titleOf
 */
export function tensorTable(name, data, labels, titleOf) {
  const { shape, dtype } = name;
  const columns = shape[shape.length - 1] ?? 1;
  const rows = shape.length >= 2 ? shape[shape.length - 2] : 1;
  const matrices = cellCount(shape.slice(0, -2));
  const shown = { rows: Math.min(rows, MAX_ROWS), columns: Math.min(columns, MAX_COLUMNS), matrices: Math.min(matrices, MAX_MATRICES) };
  const range = (/** @type {number} */ length) => Array.from({ length }, (_, index) => index);
  const tables = range(shown.matrices).map((matrix) =>
    h(
      texts.tensor.table,
      null,
      h("caption", null, [[name.name, titleOf(matrix)].filter(Boolean).join(", "), matrixSummary({ data, base: matrix * rows * columns, rows, columns, name: name.name, labels })].filter(Boolean).join(". ")),
      h("thead", null, h("tr", null, h("td", null), ...range(shown.columns).map((column) => h("th", { scope: "col" }, labels.columns?.[column] ?? String(column))))),
      h(
        "tbody",
        null,
        ...range(shown.rows).map((row) =>
          h(
            "tr",
            null,
            h("th", { scope: "row" }, labels.rows?.[row] ?? String(row)),
            ...range(shown.columns).map((column) => h("td", null, exactNumber(data[(matrix * rows + row) * columns + column], dtype))),
          ),
        ),
      ),
    ),
  );
  const isCut = shown.rows < rows || shown.columns < columns || shown.matrices < matrices;
  const note = isCut ? h("p", { class: "note" }, texts.tensor.firstRows(shown.rows, shown.columns, matrices > 1 ? texts.tensor.ofMatrices(shown.matrices, matrices) : "")) : null;
  return h("div", null, ...tables, note);
}

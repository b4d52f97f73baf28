/**
 * One matrix of a tensor. The canvas is the drawing; the grid around it is what pointer,
 * keyboard and screen reader meet: one real cell that moves over the drawing, as large
 * grids are built in ARIA.
 */
import { h } from "../dom.js";
import { inFrame } from "../frame.js";
import { matrixSummary } from "../matrix-summary.js";
import { exactNumber, shortNumber } from "../number.js";
import { offsetFromIndex } from "../shape.js";
import { texts } from "../texts.js";
import { look } from "./look.js";
import { paintPanel, tileSummary } from "./tensor-paint.js";
import { cellFromIndex, gridSize, indexFromCell, panelTitle } from "./tensor-plan.js";

/**
 * @typedef {object} Figure what the panels of a tensor share; `tensor.js` owns it
 * @property {import("../state.js").Name} name
 * @property {number} step that bound the tensor
 * @property {{ rows: string[] | null, columns: string[] | null }} labels
 * @property {Set<number>} heads
 * @property {import("./tensor-plan.js").Plan} plan
 * @property {boolean} isZoomed
 * @property {{ data: ArrayLike<number | bigint>, domain: import("../color.js").Domain } | null} values
 * @property {number[][] | null} lit cells that light up as sources; null when nothing is asked
 * @property {number[] | null} pointed
 * @property {Panel[]} panels
 * @property {(panel: number, at: Place | null) => void} zoomTo
 */
/** @typedef {{ row: number, column: number }} Place */
/** @typedef {ReturnType<typeof createPanel>} Panel */

/** @param {import("../session.js").Session} session @param {Figure} figure @param {number} number which of the small multiples */
export function createPanel(session, figure, number) {
  const { name, labels, plan } = figure;
  const { shape } = name;
  const title = panelTitle(shape, number, figure.heads);
  const canvas = h("canvas", { "aria-hidden": "true" });
  const cell = h("div", { role: "gridcell", class: "cell", tabindex: number === 0 ? "0" : "-1" });
  const row = h("div", { role: "row" }, cell);
  const size = shape.length === 0 ? texts.tensor.scalar : texts.tensor.by(plan.rows, plan.columns);
  const label = [name.name, title, size].filter(Boolean).join(", ");
  const grid = h(
    "div",
    { class: "matrix", role: "grid", "aria-label": label, "aria-rowcount": plan.rows, "aria-colcount": plan.columns },
    canvas,
    row,
  );
  grid.style.width = `${plan.width}px`;
  grid.style.height = `${plan.height}px`;
  /** @type {Place} */
  let active = { row: plan.firstRow, column: plan.firstColumn };
  /** The values that the label tells of. @type {Figure["values"]} */
  let told = null;

  grid.addEventListener("pointermove", (event) => {
    const at = cellAt(event);
    session.point(at && ownCell(at));
    if (at) grid.title = describe(at);
  });
  grid.addEventListener("pointerleave", () => session.point(null));
  grid.addEventListener("click", (event) => {
    const at = cellAt(event);
    if (!at) return;
    moveTo(at, true);
    choose(at);
  });
  cell.addEventListener("focus", () => session.point(ownCell(active)));
  cell.addEventListener("blur", () => session.point(null));
  cell.addEventListener("keydown", whenKey);
  place();

  return {
    element: h("div", { class: "panel" }, title ? h("div", { class: "panel-title" }, title) : null, grid),
    canvas,
    moveTo,
    paint: () =>
      inFrame(canvas, () => {
        if (!figure.values) return;
        const drawn = drawing();
        paintPanel(canvas, drawn, look(canvas));
        place();
        if (figure.values !== told) grid.setAttribute("aria-label", [label, matrixSummary({ data: drawn.data, base: drawn.base, rows: shape[shape.length - 2] ?? 1, columns: shape[shape.length - 1] ?? 1, name: name.name, labels })].filter(Boolean).join(". "));
        told = figure.values;
      }),
  };

  /** @param {MouseEvent} event @returns {Place | null} */
  function cellAt(event) {
    const box = canvas.getBoundingClientRect();
    const across = Math.floor((event.clientX - box.left - plan.left) / plan.cellWidth);
    const down = Math.floor((event.clientY - box.top - plan.top) / plan.cellHeight);
    const drawn = gridSize(plan);
    if (across < 0 || down < 0 || across >= drawn.across || down >= drawn.down) return null;
    const at = { row: plan.firstRow + down * plan.tile, column: plan.firstColumn + across * plan.tile };
    return indexFromCell(shape, plan, number, at.row, at.column) ? at : null;
  }

  /** @param {Place} at @returns {import("../state.js").Cell | null} */
  function ownCell(at) {
    const index = indexFromCell(shape, plan, number, at.row, at.column);
    return index && { id: name.id, index, step: figure.step, name: name.name };
  }

  /** A tile opens; a cell stays selected and its line becomes the current one. @param {Place} at */
  function choose(at) {
    if (plan.mode === "tiles") return figure.zoomTo(number, at);
    session.goTo(figure.step);
    session.pin(ownCell(at));
  }

  /** @param {Place} at @param {boolean} focus */
  function moveTo(at, focus) {
    active = at;
    place();
    if (focus) cell.focus({ preventScroll: true });
  }

  /** Puts the one real cell over the active one. */
  function place() {
    const across = Math.floor((active.column - plan.firstColumn) / plan.tile);
    const down = Math.floor((active.row - plan.firstRow) / plan.tile);
    cell.style.transform = `translate(${plan.left + across * plan.cellWidth}px, ${plan.top + down * plan.cellHeight}px)`;
    cell.style.width = `${plan.cellWidth - 1}px`;
    cell.style.height = `${plan.cellHeight - 1}px`;
    row.setAttribute("aria-rowindex", String(active.row + 1));
    cell.setAttribute("aria-colindex", String(active.column + 1));
    cell.setAttribute("aria-label", describe(active));
  }

  /** A cell as one reads it aloud: its name, its labels, its exact value. @param {Place} at */
  function describe(at) {
    const index = indexFromCell(shape, plan, number, at.row, at.column) ?? [];
    const spot = `${name.name}${index.length > 0 ? `[${index.join(", ")}]` : ""}`;
    if (!figure.values || index.length < shape.length) return spot;
    if (plan.mode === "tiles") {
      const { mean, min, max, count, special } = tileSummary(drawing(), Math.floor((at.row - plan.firstRow) / plan.tile), Math.floor((at.column - plan.firstColumn) / plan.tile));
      return texts.tensor.andOn(spot, shortNumber(mean), count > 0 ? texts.tensor.range(shortNumber(min), shortNumber(max)) : "", special);
    }
    const words = [labels.rows?.[at.row], labels.columns?.[shape.length === 1 ? index[0] : at.column]].filter(Boolean).join(", ");
    return `${spot}${words ? ` (${words})` : ""} = ${exactNumber(figure.values.data[offsetFromIndex(shape, index)], name.dtype)}`;
  }

  /** @param {KeyboardEvent} event */
  function whenKey(event) {
    if (event.altKey || event.metaKey) return;
    const { row: y, column: x } = active;
    const last = { row: plan.firstRow + plan.rows - 1, column: plan.firstColumn + plan.columns - 1 };
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowLeft: () => goToCell(y, x - plan.tile),
      ArrowRight: () => goToCell(y, x + plan.tile),
      ArrowUp: () => goToCell(y - plan.tile, x),
      ArrowDown: () => goToCell(y + plan.tile, x),
      Home: () => goToCell(event.ctrlKey ? plan.firstRow : y, plan.firstColumn),
      End: () => goToCell(event.ctrlKey ? last.row : y, last.column),
      PageDown: () => figure.panels[number + 1]?.moveTo(active, true),
      PageUp: () => figure.panels[number - 1]?.moveTo(active, true),
      Enter: () => choose(active),
      " ": () => choose(active),
      Escape: () => (figure.isZoomed ? figure.zoomTo(number, null) : session.pin(null)),
    };
    const move = moves[event.key];
    // With nothing to let go, Escape is for what is around.
    if (!move || (event.key === "Escape" && !figure.isZoomed && !session.hasPinned())) return;
    event.preventDefault();
    event.stopPropagation();
    move();

    /** @param {number} toRow @param {number} toColumn */
    function goToCell(toRow, toColumn) {
      const at = { row: Math.max(plan.firstRow, Math.min(last.row, toRow)), column: Math.max(plan.firstColumn, Math.min(last.column, toColumn)) };
      if (!indexFromCell(shape, plan, number, at.row, at.column)) return;
      moveTo(at, false);
      session.point(ownCell(at));
    }
  }

  /** @returns {import("./tensor-paint.js").Panel} */
  function drawing() {
    const columns = shape[shape.length - 1] ?? 1;
    const length = shape.length >= 2 ? shape[shape.length - 2] * columns : columns;
    const isHere = (/** @type {number[]} */ index) => cellFromIndex(shape, plan, index).panel === number;
    const { values, lit, pointed } = figure;
    return {
      plan,
      data: values?.data ?? [],
      base: number * length,
      length,
      stride: shape.length === 1 && plan.wrap ? plan.wrap : columns,
      dtype: name.dtype,
      domain: values?.domain ?? { min: 0, max: 0, scale: 0 },
      labels,
      lit: lit && lit.filter(isHere).map((index) => cellFromIndex(shape, plan, index)),
      pointed: pointed && isHere(pointed) ? cellFromIndex(shape, plan, pointed) : null,
    };
  }
}

/**
 * One tensor as a figure: its name, shape, dtype, device and time; a heat map of its
 * cells, one panel for each matrix in it; the exact values on hover, on focus and as a
 * table. The canvas is the drawing; the grid around it is what keyboard and screen
 * reader see: one real cell that moves over it, as large grids are built in ARIA.
 */
import { domainFromValues } from "../color.js";
import { h } from "../dom.js";
import { inFrame } from "../frame.js";
import { duration, exactNumber, shortNumber } from "../number.js";
import { axisLabels, headCounts } from "../trace.js";
import { look } from "./look.js";
import { paintPanel, tileSummary } from "./tensor-paint.js";
import { FIRST_PANELS, MAX_PANELS, NUMBER_CELL, cellFromIndex, gridSize, indexFromCell, offsetFromIndex, panelTitle, planTensor } from "./tensor-plan.js";
import { tensorTable } from "./tensor-table.js";

/** Larger tensors are named with their shape and not read: 64 MB is more than a page should copy to draw a picture. */
const MAX_CELLS = 16 * 1024 * 1024;
/** Rows of the part that a click on a tile opens; as many columns as show their numbers. */
const ZOOM_ROWS = 16;

/** @typedef {import("../state.js").Name} Name */
/** @typedef {ReturnType<typeof createTensor>} TensorView */

/**
 * @param {import("../session.js").Session} session
 * @param {{ name: Name, step: number, steps: import("../state.js").Step[], room: number, previous?: TensorView }} options
 *   `previous` is the same tensor of the run before: its drawing stays until the new values are there
 */
export function createTensor(session, { name, step, steps, room, previous }) {
  const { shape } = name;
  const axes = axisLabels(steps, step, name);
  const labels = { rows: shape.length >= 2 ? axes[shape.length - 2] : null, columns: axes[shape.length - 1] ?? null };
  const heads = headCounts(steps);
  const count = shape.reduce((product, length) => product * length, 1);
  /** @type {import("./tensor-plan.js").Zoom | null} */
  let zoom = null;
  let plan = planTensor(shape, room, labels);
  let panelsShown = Math.min(plan.panels, FIRST_PANELS);
  /** @type {{ data: ArrayLike<number | bigint>, domain: import("../color.js").Domain } | null} */
  let values = null;
  /** @type {number[][] | null} */
  let lit = null;
  let fading = false;
  /** @type {number[] | null} */
  let pointed = null;
  /** @type {ReturnType<typeof createPanel>[]} */
  let panels = [];

  const legend = h("span", { class: "legend" });
  const body = h("div", { class: "panels" });
  const note = h("p", { class: "note" });
  const table = h("div", { class: "table-of-values", hidden: true });
  const tableButton = h("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-label": `Values of ${name.name} as a table`, onclick: toggleTable }, "table");
  const element = h(
    "figure",
    { class: "tensor", "data-testid": "tensor", "data-name": name.name, "data-id": name.id, "data-state": "waiting" },
    h(
      "figcaption",
      null,
      h("button", { type: "button", class: "name", title: `Go to line ${steps[step].line}`, onclick: () => session.goTo(step) }, name.name),
      h("span", { class: "shape", title: "shape" }, `[${shape.join(", ")}]`),
      h("span", { class: "facts" }, [name.dtype.replace("torch.", ""), name.device, duration(name.microseconds)].filter(Boolean).join(" · ")),
      legend,
      tableButton,
    ),
    body,
    note,
    table,
  );
  build();
  if (previous) adopt(previous);

  /** @param {TensorView} other */
  function adopt(other) {
    other.canvases().forEach((drawn, index) => {
      const canvas = panels[index]?.canvas;
      if (!canvas || drawn.width === 0 || drawn.style.width !== `${plan.width}px` || drawn.style.height !== `${plan.height}px`) return;
      canvas.width = drawn.width;
      canvas.height = drawn.height;
      canvas.style.width = drawn.style.width;
      canvas.style.height = drawn.style.height;
      canvas.getContext("2d")?.drawImage(drawn, 0, 0);
    });
  }

  function build() {
    panels = [];
    for (let panel = 0; panel < panelsShown; panel += 1) panels.push(createPanel(panel));
    const more = Math.min(plan.panels, MAX_PANELS) - panelsShown;
    const showAll = () => ((panelsShown += more), build(), paint());
    body.replaceChildren(...panels.map((panel) => panel.element), ...(more > 0 ? [h("button", { type: "button", class: "quiet", onclick: showAll }, `${more} more`)] : []));
    describe();
  }

  /** What the drawing leaves out is said, not hidden. */
  function describe() {
    const lines = [];
    if (count === 0) lines.push("no cells");
    if (plan.mode === "tiles") lines.push(`Each square is the mean of ${plan.tile} × ${plan.tile} cells; press one to see its cells.`);
    if (zoom) lines.push(`Rows ${zoom.row} to ${zoom.row + zoom.rows - 1}, columns ${zoom.column} to ${zoom.column + zoom.columns - 1}; Escape shows all.`);
    if (plan.panels > MAX_PANELS && panelsShown === MAX_PANELS) lines.push(`The first ${MAX_PANELS} of ${plan.panels} matrices.`);
    note.textContent = lines.join(" ");
    note.hidden = lines.length === 0;
  }

  /** @param {number} number which of the small multiples */
  function createPanel(number) {
    const title = panelTitle(shape, number, heads);
    const canvas = h("canvas", { "aria-hidden": "true" });
    const cell = h("div", { role: "gridcell", class: "cell", tabindex: number === 0 ? "0" : "-1" });
    const row = h("div", { role: "row" }, cell);
    const grid = h("div", { class: "matrix", role: "grid", "aria-label": [name.name, title, shape.length === 0 ? "scalar" : `${plan.rows} by ${plan.columns}`].filter(Boolean).join(", "), "aria-rowcount": plan.rows, "aria-colcount": plan.columns }, canvas, row);
    grid.style.width = `${plan.width}px`;
    grid.style.height = `${plan.height}px`;
    let active = { row: plan.firstRow, column: plan.firstColumn };

    grid.addEventListener("pointermove", (event) => {
      const at = cellAt(event);
      session.point(at ? ownCell(at) : null);
      if (at) hint(at);
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

    /** @param {MouseEvent} event */
    function cellAt(event) {
      const box = canvas.getBoundingClientRect();
      const across = Math.floor((event.clientX - box.left - plan.left) / plan.cellWidth);
      const down = Math.floor((event.clientY - box.top - plan.top) / plan.cellHeight);
      const size = gridSize(plan);
      if (across < 0 || down < 0 || across >= size.across || down >= size.down) return null;
      const at = { row: plan.firstRow + down * plan.tile, column: plan.firstColumn + across * plan.tile };
      return indexFromCell(shape, plan, number, at.row, at.column) ? at : null;
    }

    /** @param {{ row: number, column: number }} at */
    function ownCell(at) {
      const index = indexFromCell(shape, plan, number, at.row, at.column);
      return index && { id: name.id, index, step, name: name.name };
    }

    /** A tile opens; a cell stays selected and its line becomes the current one. @param {{ row: number, column: number }} at */
    function choose(at) {
      if (plan.mode === "tiles") {
        setZoom(at);
        panels[number]?.moveTo(at, true);
        return;
      }
      session.goTo(step);
      session.pin(ownCell(at));
    }

    /** @param {{ row: number, column: number }} at @param {boolean} focus */
    function moveTo(at, focus) {
      active = at;
      place();
      if (focus) cell.focus({ preventScroll: true });
    }

    function place() {
      const across = Math.floor((active.column - plan.firstColumn) / plan.tile);
      const down = Math.floor((active.row - plan.firstRow) / plan.tile);
      cell.style.transform = `translate(${plan.left + across * plan.cellWidth}px, ${plan.top + down * plan.cellHeight}px)`;
      cell.style.width = `${plan.cellWidth - 1}px`;
      cell.style.height = `${plan.cellHeight - 1}px`;
      row.setAttribute("aria-rowindex", String(active.row + 1));
      cell.setAttribute("aria-colindex", String(active.column + 1));
      cell.setAttribute("aria-label", describeCell(active));
    }

    /** @param {{ row: number, column: number }} at */
    function hint(at) {
      canvas.title = "";
      grid.title = describeCell(at);
    }

    /** @param {{ row: number, column: number }} at */
    function describeCell(at) {
      const index = indexFromCell(shape, plan, number, at.row, at.column) ?? [];
      const where = [labels.rows?.[at.row], labels.columns?.[shape.length === 1 ? index[0] : at.column]].filter(Boolean).join(", ");
      const place = `${name.name}${index.length > 0 ? `[${index.join(", ")}]` : ""}`;
      if (!values) return place;
      if (plan.mode === "tiles") {
        const { mean, min, max, count: cells, special } = tileSummary(panelData(), Math.floor((at.row - plan.firstRow) / plan.tile), Math.floor((at.column - plan.firstColumn) / plan.tile));
        return `${place} and on: ${cells} cells, mean ${shortNumber(mean)}, from ${shortNumber(min)} to ${shortNumber(max)}${special ? `, ${special} not finite` : ""}`;
      }
      const value = values.data[offsetFromIndex(shape, index)];
      return `${place}${where ? ` (${where})` : ""} = ${exactNumber(value, name.dtype)}`;
    }

    /** @param {KeyboardEvent} event */
    function whenKey(event) {
      if (event.altKey || event.metaKey) return;
      const lastRow = plan.firstRow + plan.rows - 1;
      const lastColumn = plan.firstColumn + plan.columns - 1;
      const { row: y, column: x } = active;
      /** @type {Record<string, () => void>} */
      const moves = {
        ArrowLeft: () => goToCell(y, x - plan.tile),
        ArrowRight: () => goToCell(y, x + plan.tile),
        ArrowUp: () => goToCell(y - plan.tile, x),
        ArrowDown: () => goToCell(y + plan.tile, x),
        Home: () => goToCell(event.ctrlKey ? plan.firstRow : y, plan.firstColumn),
        End: () => goToCell(event.ctrlKey ? lastRow : y, lastColumn),
        PageDown: () => panels[number + 1]?.moveTo(active, true),
        PageUp: () => panels[number - 1]?.moveTo(active, true),
        Enter: () => choose(active),
        " ": () => choose(active),
        Escape: () => (zoom ? (setZoom(null), panels[number]?.cell.focus()) : session.pin(null)),
      };
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      move();
      /** @param {number} toRow @param {number} toColumn */
      function goToCell(toRow, toColumn) {
        const at = { row: Math.max(plan.firstRow, Math.min(lastRow, toRow)), column: Math.max(plan.firstColumn, Math.min(lastColumn, toColumn)) };
        if (!indexFromCell(shape, plan, number, at.row, at.column)) return;
        moveTo(at, false);
        session.point(ownCell(at));
      }
    }

    /** @returns {import("./tensor-paint.js").Panel} */
    function panelData() {
      const columns = shape[shape.length - 1] ?? 1;
      const length = shape.length >= 2 ? shape[shape.length - 2] * columns : count;
      const inPanel = (/** @type {number[]} */ index) => cellFromIndex(shape, plan, index).panel === number;
      return {
        plan,
        data: values?.data ?? [],
        base: number * length,
        length,
        stride: shape.length === 1 && plan.wrap ? plan.wrap : columns,
        dtype: name.dtype,
        domain: values?.domain ?? { min: 0, max: 0, scale: 0 },
        labels,
        lit: lit && lit.filter(inPanel).map((index) => cellFromIndex(shape, plan, index)),
        fading,
        pointed: pointed && inPanel(pointed) ? cellFromIndex(shape, plan, pointed) : null,
      };
    }

    place();
    const panel = h("div", { class: "panel" }, title ? h("div", { class: "panel-title" }, title) : null, grid);
    return {
      element: panel,
      cell,
      canvas,
      moveTo,
      paint: () =>
        inFrame(canvas, () => {
          if (!values) return;
          paintPanel(canvas, panelData(), look());
          place();
        }),
    };
  }

  /** @param {{ row: number, column: number } | null} at */
  function setZoom(at) {
    const whole = { rows: shape[shape.length - 2] ?? 1, columns: shape[shape.length - 1] ?? 1 };
    const rows = Math.min(ZOOM_ROWS, whole.rows);
    const columns = Math.min(Math.max(4, Math.floor((room - 8) / NUMBER_CELL.width)), whole.columns);
    zoom = at && { row: Math.max(0, Math.min(at.row, whole.rows - rows)), column: Math.max(0, Math.min(at.column, whole.columns - columns)), rows, columns };
    plan = planTensor(shape, room, labels, zoom);
    build();
    paint();
  }

  function paint() {
    for (const panel of panels) panel.paint();
  }

  function toggleTable() {
    table.hidden = !table.hidden;
    tableButton.setAttribute("aria-expanded", String(!table.hidden));
    if (!table.hidden && values) table.replaceChildren(tensorTable(name, values.data, labels, (panel) => panelTitle(shape, panel, heads)));
  }

  function drawLegend() {
    if (!values || name.dtype.endsWith("bool") || count === 0) return;
    const { min, max, scale } = values.domain;
    if (scale === 0) return;
    const bar = h("span", { class: min < 0 ? "bar signed" : "bar" });
    legend.replaceChildren(h("span", null, shortNumber(min < 0 ? -scale : 0)), bar, h("span", null, shortNumber(max > 0 || min >= 0 ? scale : 0)));
    legend.title = `smallest ${exactNumber(min, name.dtype)}, largest ${exactNumber(max, name.dtype)}`;
  }

  return {
    element,
    name,
    step,
    canvases: () => panels.map(({ canvas }) => canvas),
    /** Reads the values and draws them; asked for when the figure comes into view. */
    async load() {
      if (values || element.dataset.state === "reading") return;
      if (count > MAX_CELLS) {
        note.hidden = false;
        note.textContent = `${count.toLocaleString("en")} cells: too many to draw.`;
        body.replaceChildren();
        element.dataset.state = "drawn";
        return;
      }
      element.dataset.state = "reading";
      try {
        const { data } = await session.read(name.id);
        values = { data, domain: await domainFromValues(data) };
        element.dataset.state = "drawn";
        drawLegend();
        paint();
      } catch (error) {
        element.dataset.state = "lost";
        note.hidden = false;
        note.textContent = `These values are no longer kept: ${error instanceof Error ? error.message : error}`;
      }
    },
    paint,
    /** Lights cells: those that the explained cell came from, and that cell itself. @param {number[][] | null} cells @param {number[] | null} own */
    light(cells, own) {
      if (cells === lit && own === pointed) return;
      lit = cells;
      fading = cells !== null && cells.length > 0;
      pointed = own;
      paint();
    },
    /** @param {number[]} index */
    focusCell(index) {
      const { panel, row, column } = cellFromIndex(shape, plan, index);
      panels[panel]?.moveTo({ row, column }, true);
    },
  };
}

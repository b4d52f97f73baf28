/**
 * One tensor as a figure: its name, shape, dtype, device and time; a heat map with one
 * panel for each matrix in it; the exact values as a table. The figure keeps its room
 * from the start and is built when it comes into view, so a long trace costs little.
 */
import { domainFromValues } from "../color.js";
import { h } from "../dom.js";
import { duration, exactNumber, shortNumber } from "../number.js";
import { cellCount, hasValues } from "../shape.js";
import { texts } from "../texts.js";
import { axisLabels, headCounts } from "../trace.js";
import { createPanel } from "./tensor-panel.js";
import { FIRST_PANELS, MAX_PANELS, NUMBER_CELL, cellFromIndex, panelTitle, planTensor } from "./tensor-plan.js";
import { tensorTable } from "./tensor-table.js";

/** Larger tensors are named with their shape and not read: 64 MB is more than a page should copy to draw a picture. */
const MAX_CELLS = 16 * 1024 * 1024;
/** Rows of the part that a click on a tile opens; as many columns as show their numbers. */
const ZOOM_ROWS = 16;
/** Height of a caption, for the room that a figure keeps before it is built. */
const CAPTION = 27;
/** And about how wide it is: fewer figures stand side by side than their cells alone would let. */
const CAPTION_WIDTH = 480;

/** @typedef {ReturnType<typeof createTensor>} TensorView */

/**
 * @param {import("../session.js").Session} session
 * @param {{ name: import("../state.js").Name, step: number, steps: import("../state.js").Step[], room: number, previous?: TensorView, domain?: Promise<import("../color.js").Domain> }} options
 *   `previous` is the same tensor of the run before: its drawing stays until the new values are there; `domain` is what
 *   the colours span where it is more than this tensor's own values
 */
export function createTensor(session, { name, step, steps, room, previous, domain }) {
  const t = texts.tensor;
  const { shape } = name;
  const axes = axisLabels(steps, step, name);
  const labels = { rows: shape.length >= 2 ? axes[shape.length - 2] : null, columns: axes[shape.length - 1] ?? null };
  const count = cellCount(shape);
  /** @type {import("./tensor-panel.js").Figure} */
  const figure = { name, step, labels, heads: headCounts(steps), plan: planTensor(shape, room, labels), isZoomed: false, values: null, lit: null, pointed: null, panels: [], zoomTo };
  const canBeRead = hasValues(name);
  let panelsShown = canBeRead ? Math.min(figure.plan.panels, FIRST_PANELS) : 0;
  let isBuilt = false;

  const facts = h("span", { class: "facts" }, `${name.dtype} · ${name.device}`);
  const legend = h("span", { class: "legend" });
  const body = h("div", { class: "panels" });
  const note = h("p", { class: "note" });
  const table = h("div", { class: "table-of-values", hidden: true });
  const save = h("button", { type: "button", class: "quiet", "data-testid": "save-tensor", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-label": texts.exports.saveTensor(name.name), onclick: () => void openExports() }, texts.exports.save);
  const element = h("figure", { class: "tensor", "data-testid": "tensor", "data-name": name.name, "data-id": name.id, "data-state": "waiting" });
  reserve();
  if (previous?.isBuilt()) {
    build();
    previous.canvases().forEach(adopt);
  }

  /** Keeps the room that the figure will take, as the panels will wrap. */
  function reserve() {
    const { width, height } = figure.plan;
    const across = Math.max(1, Math.floor((room + 20) / (width + 20)));
    const down = Math.ceil(panelsShown / across);
    const titles = figure.plan.panels > 1 ? 18 : 0;
    element.style.minHeight = `${CAPTION + down * (height + titles + 10) - 10}px`;
    element.style.minWidth = `${Math.min(room, Math.max(CAPTION_WIDTH, Math.min(across, panelsShown) * (width + 20) - 20))}px`;
  }

  function build() {
    isBuilt = true;
    element.style.minHeight = "";
    element.style.minWidth = "";
    const tableButton = h("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-label": t.asTable(name.name), onclick: () => toggleTable(tableButton) }, t.table);
    element.replaceChildren(
      h(
        "figcaption",
        null,
        h("button", { type: "button", class: "name", title: t.goToLine(steps[step].line), onclick: () => session.goTo(step) }, name.name),
        h("span", { class: "shape", title: t.shape }, `[${shape.join(", ")}]`),
        facts,
        legend,
        ...(canBeRead ? [tableButton, save] : []),
      ),
      body,
      note,
      table,
    );
    buildPanels();
  }

  function buildPanels() {
    figure.panels = Array.from({ length: panelsShown }, (_, number) => createPanel(session, figure, number));
    const more = Math.min(figure.plan.panels, MAX_PANELS) - panelsShown;
    const showAll = () => {
      panelsShown += more;
      buildPanels();
    };
    body.replaceChildren(...figure.panels.map((panel) => panel.element), ...(more > 0 ? [h("button", { type: "button", class: "quiet", onclick: showAll }, t.more(more))] : []));
    describe();
    paint();
  }

  /** What the drawing leaves out is said, not hidden. */
  function describe() {
    const { mode, tile, panels, firstRow, firstColumn, rows, columns } = figure.plan;
    const sentences = [];
    if (count === 0) sentences.push(t.noCells);
    if (mode === "tiles") sentences.push(t.mean(tile));
    if (figure.isZoomed) sentences.push(t.part(firstRow, firstRow + rows - 1, firstColumn, firstColumn + columns - 1));
    if (panels > MAX_PANELS && panelsShown === MAX_PANELS) sentences.push(t.firstMatrices(MAX_PANELS, panels));
    tell(sentences.join(" "));
  }

  /** @param {string} sentence */
  function tell(sentence) {
    note.textContent = sentence;
    note.hidden = sentence === "";
  }

  /** Shows the last drawing of the same tensor until the new one is there. @param {HTMLCanvasElement} drawn @param {number} index */
  function adopt(drawn, index) {
    const canvas = figure.panels[index]?.canvas;
    const { width, height } = figure.plan;
    if (!canvas || drawn.width === 0 || drawn.style.width !== `${width}px` || drawn.style.height !== `${height}px`) return;
    canvas.width = drawn.width;
    canvas.height = drawn.height;
    canvas.style.width = drawn.style.width;
    canvas.style.height = drawn.style.height;
    canvas.getContext("2d")?.drawImage(drawn, 0, 0);
  }

  /** Opens the part of a matrix around a cell; null shows all again. @param {number} panel @param {import("./tensor-panel.js").Place | null} at */
  function zoomTo(panel, at) {
    const whole = { rows: shape[shape.length - 2] ?? 1, columns: shape[shape.length - 1] ?? 1 };
    const rows = Math.min(ZOOM_ROWS, whole.rows);
    const columns = Math.min(Math.max(4, Math.floor((room - 8) / NUMBER_CELL.width)), whole.columns);
    const zoom = at && { row: Math.max(0, Math.min(at.row, whole.rows - rows)), column: Math.max(0, Math.min(at.column, whole.columns - columns)), rows, columns };
    figure.isZoomed = zoom !== null;
    figure.plan = planTensor(shape, room, labels, zoom);
    buildPanels();
    figure.panels[panel]?.moveTo(at ?? { row: 0, column: 0 }, true);
  }

  function paint() {
    for (const panel of figure.panels) panel.paint();
  }

  /** @param {HTMLButtonElement} button */
  function toggleTable(button) {
    table.hidden = !table.hidden;
    button.setAttribute("aria-expanded", String(!table.hidden));
    if (!table.hidden && figure.values) table.replaceChildren(tensorTable(name, figure.values.data, labels, (panel) => panelTitle(shape, panel, figure.heads)));
  }

  async function openExports() {
    try {
      const { openSave } = await import("./exports.js");
      openSave(save, { session, figure, steps, across: Math.max(1, Math.floor((room + 20) / (figure.plan.width + 20))) });
    } catch (error) {
      tell(texts.exports.failed(error instanceof Error ? error.message : String(error)));
    }
  }

  async function tellTime() {
    const microseconds = await session.time(name.id);
    if (microseconds === null) return;
    facts.textContent = `${name.dtype} · ${name.device} · ${duration(microseconds)}`;
    facts.title = t.time;
  }

  function drawLegend() {
    if (!figure.values || name.dtype.endsWith("bool") || figure.values.domain.scale === 0) return;
    const { min, max, scale } = figure.values.domain;
    legend.replaceChildren(h("span", null, shortNumber(min < 0 ? -scale : 0)), h("span", { class: min < 0 ? "bar signed" : "bar" }), h("span", null, shortNumber(scale)));
    legend.title = t.span(exactNumber(min, name.dtype), exactNumber(max, name.dtype));
  }

  return {
    element,
    name,
    step,
    isBuilt: () => isBuilt,
    canvases: () => figure.panels.map(({ canvas }) => canvas),
    /** Builds the figure, reads the values and draws them: asked for when it comes into view. */
    async load() {
      if (element.dataset.state !== "waiting") return;
      if (!isBuilt) build();
      if (!canBeRead || count > MAX_CELLS) {
        tell(canBeRead ? t.tooMany(count) : t.noValues);
        body.replaceChildren();
        element.dataset.state = "drawn";
        return;
      }
      element.dataset.state = "reading";
      try {
        const { data } = await session.read(name.id);
        figure.values = { data, domain: await (domain ?? domainFromValues(data)) };
        element.dataset.state = "drawn";
        drawLegend();
        paint();
        void tellTime();
      } catch (error) {
        element.dataset.state = "lost";
        tell(t.notKept(error instanceof Error ? error.message : String(error)));
      }
    },
    paint,
    /** Lights cells: those that the explained cell came from, and that cell itself. @param {number[][] | null} cells @param {number[] | null} own */
    light(cells, own) {
      if (cells === figure.lit && own === figure.pointed) return;
      figure.lit = cells;
      figure.pointed = own;
      paint();
    },
    /** @param {number[]} index */
    focusCell(index) {
      if (!isBuilt) build();
      const { panel, row, column } = cellFromIndex(shape, figure.plan, index);
      figure.panels[panel]?.moveTo({ row, column }, true);
    },
  };
}

/**
 * Which keys a query sees, at any length: the program's own `visible_keys`, asked in a
 * second engine. Rows are queries, columns are keys; one row is looked at.
 */
import { h, setText } from "../dom.js";
import { inFrame } from "../frame.js";
import { MAX_TOKENS } from "../link.js";
import { keysSeen, maskFromValues, maskName, maskProgram, rangesText, rowSentence, seenCounts } from "../mask.js";
import { hasVisibleKeys } from "../program.js";
import { texts } from "../texts-later.js";
import { ownWords } from "../trace.js";
import { onLookChange, look } from "./look.js";
import { hatch, paintMask, prepareCanvas, seenColor } from "./mask-paint.js";

/** After the slider moved: a drag asks once. */
const ASK_AFTER_MILLISECONDS = 40;
const LARGEST_CELL = 28;
const TALLEST = 600;
/** Cells of this size have their words beside them. */
const LABELLED = 12;
/** Room at the right for the number of keys that each query sees. */
const COUNTS = 76;
const STRIP = 22;

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {import("../side-engine.js").SideEngine} side
 */
export function createKeysSeen(store, session, side) {
  const slider = h("input", { id: "mask-tokens", type: "range", min: 1, max: MAX_TOKENS, step: 1, "data-testid": "mask-tokens", oninput: () => session.askMask({ tokens: Number(slider.value), row: store.state.mask.row }) });
  const count = h("output", { for: "mask-tokens" });
  const own = h("button", { type: "button", class: "quiet", onclick: () => session.askMask({ tokens: 0, row: -1 }) }, texts.keysSeen.asInText);
  const sentence = h("p", { class: "sentence", role: "status", "data-testid": "mask-sentence" });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const picture = h("div", { class: "mask", role: "slider", tabindex: "0", "aria-label": texts.keysSeen.query, "aria-orientation": "vertical", "aria-valuemin": 0, "data-testid": "mask" }, canvas);
  const strip = h("canvas", { class: "strip", "aria-hidden": "true" });
  const hint = h("p", { class: "hint" }, texts.keysSeen.hint);
  const rowsOfTable = h("tbody");
  const asTable = h(
    "details",
    { class: "mask-table", "data-testid": "mask-table", ontoggle: () => fillTable() },
    h("summary", null, texts.keysSeen.table),
    h("table", null, h("thead", null, h("tr", null, ...[texts.keysSeen.query, texts.keysSeen.count, texts.keysSeen.keys].map((name) => h("th", { scope: "col" }, name)))), rowsOfTable),
  );
  const element = h(
    "section",
    { class: "keys-seen", "aria-label": texts.keysSeen.which },
    h("div", { class: "bar" }, h("label", { for: "mask-tokens" }, texts.keysSeen.tokens), slider, count, own),
    sentence,
    picture,
    strip,
    hint,
    asTable,
  );
  /** @type {import("../mask.js").Mask | null} */
  let mask = null;
  /** The one that is in the table. @type {import("../mask.js").Mask | null} */
  let filled = null;
  /** What the mask on display, or the one that is being asked for, answers. */
  let asked = "";
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  /** @type {string[] | null} */
  let words = null;
  let place = { left: 0, top: 0, cell: 1 };

  store.on(["run", "view", "mask", "page"], (state) => {
    if (state.view !== "keys" || state.page !== "program" || !state.run) return;
    words = ownWords(state.run.steps);
    const tokens = state.mask.tokens || Math.min(MAX_TOKENS, words?.length ?? 16);
    slider.value = String(tokens);
    setText(count, String(tokens));
    own.hidden = words === null || words.length === tokens;
    if (words?.length !== tokens) words = null;
    ask(state.run.code, tokens);
    draw();
  });
  onLookChange(element, draw);
  new ResizeObserver(draw).observe(element);
  // A finger presses, and does not move before.
  for (const type of /** @type {const} */ (["pointermove", "pointerdown"])) picture.addEventListener(type, (event) => {
    const row = Math.floor((event.clientY - canvas.getBoundingClientRect().top - place.top) / place.cell);
    if (mask && row >= 0 && row < mask.rows) lookAt(row);
  });
  picture.addEventListener("keydown", (event) => {
    if (!mask || event.altKey || event.metaKey || event.ctrlKey) return;
    const row = current();
    const to = { ArrowDown: row + 1, ArrowRight: row + 1, ArrowUp: row - 1, ArrowLeft: row - 1, PageDown: row + 16, PageUp: row - 16, Home: 0, End: mask.rows - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    lookAt(Math.max(0, Math.min(mask.rows - 1, to)));
  });

  /** @param {number} row */
  function lookAt(row) {
    if (row !== store.state.mask.row) session.askMask({ tokens: store.state.mask.tokens, row });
  }

  /** The row that is looked at: one in the second half, which has keys before and after it, until the reader chooses. */
  function current() {
    const { row } = store.state.mask;
    const rows = mask?.rows ?? 1;
    return row >= 0 && row < rows ? row : Math.floor(rows * 0.6);
  }

  /** @param {string} code @param {number} tokens */
  function ask(code, tokens) {
    const question = `${tokens} ${code}`;
    if (question === asked) return;
    asked = question;
    asking?.abort();
    clearTimeout(waiting);
    element.dataset.state = "reading";
    waiting = setTimeout(() => void answer(code, tokens), mask ? ASK_AFTER_MILLISECONDS : 0);
  }

  /** @param {string} code @param {number} tokens */
  async function answer(code, tokens) {
    const mine = new AbortController();
    asking = mine;
    try {
      if (!hasVisibleKeys(code)) throw new Error(texts.keysSeen.noFunction);
      mask = await side.use(async (run, read) => maskFromValues(await read(maskName(await run(maskProgram(code, tokens))).id)), mine.signal);
    } catch (error) {
      if (mine.signal.aborted) return;
      mask = null;
      setText(sentence, error instanceof Error ? error.message : String(error));
    }
    element.dataset.state = "drawn";
    draw();
  }

  function draw() {
    inFrame(canvas, () => {
      picture.hidden = strip.hidden = hint.hidden = asTable.hidden = mask === null;
      // The sentence is as wide as the view without its padding.
      const room = sentence.clientWidth;
      if (!mask || room === 0) return;
      const labelled = words !== null && words.length === mask.rows && words.length === mask.columns ? words : null;
      const row = current();
      setText(sentence, rowSentence(mask, row, labelled));
      picture.setAttribute("aria-valuemax", String(mask.rows - 1));
      picture.setAttribute("aria-valuenow", String(row));
      picture.setAttribute("aria-valuetext", sentence.textContent ?? "");
      paint(mask, row, labelled, room);
      paintStrip(mask, row, room);
      fillTable();
    });
  }

  /** What the picture shows, as a table, while that is open. */
  function fillTable() {
    if (!asTable.open || !mask || filled === mask) return;
    const shown = mask;
    filled = shown;
    rowsOfTable.replaceChildren(...Array.from({ length: shown.rows }, (_, row) => {
      const keys = keysSeen(shown, row);
      const word = words?.length === shown.rows ? ` (${words[row]})` : "";
      return h("tr", null, h("th", { scope: "row" }, `${row}${word}`), h("td", null, String(keys.length)), h("td", null, rangesText(keys)));
    }));
  }

  /** @param {import("../mask.js").Mask} shown @param {number} row @param {string[] | null} labels @param {number} room */
  function paint(shown, row, labels, room) {
    const colors = look(element);
    const widest = labels ? Math.min(80, 10 + 6.2 * Math.max(...labels.map(({ length }) => length))) : 34;
    const inner = Math.min(room - widest - COUNTS, (TALLEST * shown.columns) / shown.rows);
    const exact = Math.min(LARGEST_CELL, inner / shown.columns, TALLEST / shown.rows);
    // Whole pixels of the screen, so that no row is thicker than another.
    const pixels = Math.min(3, window.devicePixelRatio || 1);
    const cell = exact * pixels >= 1 ? Math.floor(exact * pixels) / pixels : exact;
    const isLabelled = labels !== null && cell >= LABELLED;
    place = { left: isLabelled ? widest : 34, top: isLabelled ? widest : 20, cell };
    const width = place.left + shown.columns * cell;
    const height = place.top + shown.rows * cell;
    const context = prepareCanvas(canvas, width + COUNTS, height + 2);
    if (!context) return;
    paintMask(context, shown, place, colors);
    paintCounts(context, shown, row, width + 8, colors);
    context.font = `11px ${colors.font}`;
    context.textBaseline = "middle";
    paintAxis(shown, context, row, isLabelled ? labels : null, colors);
    // The row that is looked at, also where it is one pixel high.
    const y = place.top + row * cell;
    context.strokeStyle = colors.lit;
    context.lineWidth = 1.5;
    context.strokeRect(place.left - 1.5, y - 1.5, shown.columns * cell + 2, Math.max(cell, 1) + 2);
  }

  /** Words beside and above the cells, or a number here and there. @param {import("../mask.js").Mask} shown @param {CanvasRenderingContext2D} context @param {number} row @param {string[] | null} labels @param {import("./tensor-paint.js").Look} colors */
  function paintAxis(shown, context, row, labels, colors) {
    const { left, top, cell } = place;
    const every = labels ? 1 : [1, 2, 4, 8, 16, 32, 64, 128].find((step) => step * cell >= 28) ?? 128;
    for (let at = 0; at < Math.max(shown.rows, shown.columns); at += every) {
      const text = labels?.[at] ?? String(at);
      if (at < shown.rows) {
        context.fillStyle = at === row ? colors.ink : colors.muted;
        context.textAlign = "right";
        context.fillText(text, left - 6, top + (at + 0.5) * cell, left - 8);
      }
      if (at >= shown.columns) continue;
      context.fillStyle = colors.muted;
      context.save();
      context.translate(left + (at + 0.5) * cell, top - 6);
      if (labels) context.rotate(-Math.PI / 2);
      context.textAlign = labels ? "left" : "center";
      context.fillText(text, 0, labels ? 0 : -4, labels ? top - 8 : undefined);
      context.restore();
    }
  }

  /** How many keys each query sees, as a profile: a staircase, a plateau, a comb. @param {CanvasRenderingContext2D} context @param {import("../mask.js").Mask} shown @param {number} row @param {number} x @param {import("./tensor-paint.js").Look} colors */
  function paintCounts(context, shown, row, x, colors) {
    const counts = seenCounts(shown);
    const { top, cell } = place;
    const most = Math.max(1, ...counts);
    const width = COUNTS - 40;
    for (let at = 0; at < shown.rows; at += 1) {
      context.fillStyle = at === row ? colors.lit : colors.muted;
      context.globalAlpha = at === row ? 1 : 0.45;
      context.fillRect(x, top + at * cell, (width * counts[at]) / most, Math.max(0.5, cell >= 6 ? cell - 1 : cell));
    }
    context.globalAlpha = 1;
    context.font = `11px ${colors.font}`;
    context.fillStyle = colors.ink;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(String(counts[row]), x + (width * counts[row]) / most + 4, Math.max(top + 5, top + (row + 0.5) * cell));
  }

  /** The row alone, as wide as the view: at 512 tokens a cell of the mask is one pixel. @param {import("../mask.js").Mask} shown @param {number} row @param {number} room */
  function paintStrip(shown, row, room) {
    strip.hidden = place.cell >= LABELLED;
    if (strip.hidden) return;
    const colors = look(element);
    const context = prepareCanvas(strip, room, STRIP);
    if (!context) return;
    hatch(context, 0, 0, room, STRIP, colors);
    context.fillStyle = `rgb(${seenColor(colors).join()})`;
    const width = room / shown.columns;
    const seen = (/** @type {number} */ column) => column < shown.columns && shown.seen[row * shown.columns + column] === 1;
    for (let column = 0; column < shown.columns; column += 1) {
      const first = column;
      if (!seen(column)) continue;
      // Neighbours are one rectangle, since between two there would be a seam.
      while (width < 6 && seen(column + 1)) column += 1;
      context.fillRect(first * width, 0, (column + 1 - first) * width - (width >= 6 ? 1 : 0), STRIP);
    }
    context.strokeStyle = colors.lit;
    context.lineWidth = 1.5;
    context.strokeRect(0.75, 0.75, room - 1.5, STRIP - 1.5);
  }

  return { element };
}

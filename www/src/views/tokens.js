/**
 * Token by token: what a position computes, what enters and leaves the cache, and how
 * large it is, next to what multi-head attention would keep. The page's transport steps
 * through the positions while this is shown.
 */
import { cacheSentences } from "../cache-sentences.js";
import { decodingOf, followCache, turnOf } from "../decode.js";
import { h, setText } from "../dom.js";
import { inFrame } from "../frame.js";
import { inWords } from "../language.js";
import { texts } from "../texts-later.js";
import { numbersNamed, ownWords } from "../trace.js";
import { cacheDrawing } from "./cache-drawing.js";
import { onLookChange } from "./look.js";
import { createTensor } from "./tensor.js";

/** Items and positions beyond this are not read: a picture of more would show nothing. */
const MAX_READS = 2000;
/** Lines listed for a position; a deep stack runs many more. */
const MAX_LINES = 60;
const FLOAT_BYTES = 4;

/** @typedef {{ run: import("../state.js").Run, decoding: import("../decode.js").Decoding, parts: import("../decode.js").Part[][], perToken: number, formula: string, words: string[] | null }} Followed */

/** @param {import("../state.js").Store} store @param {import("../session.js").Session} session */
export function createTokens(store, session) {
  const title = h("h3", { class: "position", "data-testid": "position" });
  const events = h("p", { class: "sentence", role: "status", "data-testid": "cache-events" });
  const drawing = h("div", { class: "drawing" });
  const bytes = h("p", { class: "bytes", "data-testid": "cache-bytes" });
  const lines = h("ol", { class: "lines", "aria-label": texts.tokens.computedLabel });
  const figures = h("div", { class: "tensors" });
  const note = h("p", { class: "note" });
  const element = h("div", { class: "tokens", "data-testid": "tokens" }, title, events, drawing, bytes, note, figures, h("h3", null, texts.tokens.computed), lines);
  /** @type {Followed | null} */
  let followed = null;
  let shown = "";
  /** Counts the draws, so that one that waited for values does not overwrite a later one. */
  let draws = 0;

  store.on(["run", "view", "page"], (state) => {
    if (state.view !== "tokens" || state.page !== "program") return store.set({ stops: null });
    const decoding = state.run && decodingOf(state.run);
    if (!state.run || !decoding) return store.set({ stops: null });
    const stops = decoding.turns.map(({ from }) => from);
    store.set({ stops });
    const { step } = store.state;
    if (step < stops[0] || step >= decoding.turns[stops.length - 1].to) session.goTo(stops[0]);
    if (followed?.run !== state.run) void follow(state.run, decoding);
    else show();
  });
  store.on(["step"], ({ view, page }) => view === "tokens" && page === "program" && show());
  onLookChange(drawing, () => ((shown = ""), show()));
  new ResizeObserver(() => ((shown = ""), show())).observe(element);
  return { element };

  /** Reads what the cache held at every position. @param {import("../state.js").Run} run @param {import("../decode.js").Decoding} decoding */
  async function follow(run, decoding) {
    element.dataset.state = "reading";
    try {
      const reads = decoding.after.reduce((sum, items) => sum + items.size, decoding.before.size);
      if (reads > MAX_READS) throw new Error(texts.tokens.tooMany(inWords(reads)));
      const held = async (/** @type {Map<string, import("../state.js").Name>} */ items) => new Map(await Promise.all([...items].map(async ([name, item]) => /** @type {const} */ ([name, { shape: item.shape, dtype: item.dtype, data: (await session.read(item.id)).data }]))));
      const before = await held(decoding.before);
      const after = [];
      for (const items of decoding.after) after.push(await held(items));
      if (store.state.run !== run) return;
      followed = { run, decoding, parts: followCache(before, after), words: wordsOf(run, decoding.turns.length), ...multiHead(run, decoding) };
      setText(note, "");
    } catch (error) {
      if (store.state.run !== run) return;
      followed = null;
      setText(note, error instanceof Error ? error.message : String(error));
    }
    element.dataset.state = "drawn";
    shown = "";
    show();
  }

  function show() {
    inFrame(element, () => void draw());
  }

  async function draw() {
    if (!followed || followed.run !== store.state.run || element.clientWidth === 0) return;
    const { run, decoding, parts, words, perToken, formula } = followed;
    const position = turnOf(decoding, store.state.step);
    markLine();
    if (shown === `${position}`) return;
    shown = `${position}`;
    draws += 1;
    const mine = draws;
    const turn = decoding.turns[position];
    const rowName = lastBound(run.steps, turn, "row");
    const row = rowName && rowName.shape.length <= 2 ? { shape: rowName.shape, data: (await session.read(rowName.id)).data } : null;
    if (mine !== draws) return;
    const here = parts[position];
    const nameOf = (/** @type {number} */ at) => (at < 0 ? texts.tokens.before : words ? texts.tokens.word(words[at]) : texts.tokens.token(at));
    setText(title, texts.tokens.title(position, words?.[position] ?? ""));
    setText(events, [...cacheSentences(here, nameOf(position), nameOf), ...readingSentence(row)].join(" "));
    const kept = here.reduce((sum, part) => sum + part.bytes, 0);
    const others = perToken * (position + 1);
    const size = texts.tokens.holds(inWords(kept), here.length > 1 ? here.map((part) => `${part.name}: ${inWords(part.bytes)}`).join(", ") : "");
    setText(bytes, `${size} ${texts.tokens.multiHead(inWords(others), formula, perToken, position + 1)}`);
    const goTo = (/** @type {number} */ at) => session.goTo(decoding.turns[at].from);
    drawing.replaceChildren(cacheDrawing({ parts: here, position, total: decoding.turns.length, perToken, words, row, room: title.clientWidth, place: drawing, label: `${events.textContent} ${bytes.textContent}` }, goTo));
    drawFigures(position, rowName);
    lines.replaceChildren(...linesOf(turn));
    markLine();
  }

  /** The states as heat maps, and the row of weights. @param {number} position @param {import("../state.js").Name | null} rowName */
  function drawFigures(position, rowName) {
    if (!followed) return;
    const { run, decoding, parts } = followed;
    const states = parts[position].filter(({ kind }) => kind === "state").flatMap(({ name }) => decoding.after[position].get(name) ?? []);
    const room = title.clientWidth;
    const before = new Map([...figures.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.name, child]));
    const views = [...states, ...(rowName ? [rowName] : [])].map((name) => createTensor(session, { name, step: stepOf(run.steps, decoding.turns[position], name.id), steps: run.steps, room }));
    // The drawing before stays until the new one is there, so that stepping does not flicker.
    void Promise.all(views.map((view) => view.load())).then(() => figures.replaceChildren(...views.map((view) => view.element)));
    if (before.size === 0) figures.replaceChildren(...views.map((view) => view.element));
  }

  /** The lines that ran for this position, with the shapes that they bound: those of the program itself, and below each those of the functions that it called. @param {import("../decode.js").Turn} turn */
  function linesOf({ from, to }) {
    const { steps, code } = /** @type {Followed} */ (followed).run;
    const source = code.split("\n");
    const rows = [];
    /** What a called function does is traced before the line that called it has ended. @type {number[]} */
    let called = [];
    for (let index = from; index < to; index += 1) {
      const { depth, names } = steps[index];
      if (depth > 0) {
        // Arguments and results have their names in the line that called.
        const isOwn = names.some(({ name, kind }) => kind === "tensor" && name !== "return") && !/^\s*def /.test(source[steps[index].line - 1] ?? "");
        if (depth === 1 && isOwn) called.push(index);
        continue;
      }
      rows.push(index, ...called);
      called = [];
    }
    const hidden = rows.length - MAX_LINES;
    return [...rows.slice(0, MAX_LINES).map((index) => lineOf(index, steps[index], source)), ...(hidden > 0 ? [h("li", { class: "note" }, texts.tokens.more(hidden))] : [])];
  }

  /** @param {number} index @param {import("../state.js").Step} step @param {string[]} source */
  function lineOf(index, { depth, line, names }, source) {
    const bound = names.filter(({ kind }) => kind === "tensor").map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
    return h(
      "li",
      { "data-step": index, class: depth > 0 ? "inner" : null },
      h("button", { type: "button", class: "line", "aria-label": texts.tokens.line(line), onclick: () => session.goTo(index) }, String(line)),
      h("code", { class: "source" }, (source[line - 1] ?? "").replace(/\s+#.*$/, "").trim()),
      bound.length > 0 ? h("span", { class: "bound" }, bound.join("  ")) : null,
    );
  }

  function markLine() {
    for (const row of lines.children) row.classList.toggle("current", /** @type {HTMLElement} */ (row).dataset.step === String(store.state.step));
  }
}

/**
 * What multi-head attention keeps of a token with this program's heads and layers: keys and values of every head, in float32.
 * @param {import("../state.js").Run} run @param {import("../decode.js").Decoding} decoding
 */
function multiHead({ steps, code }, decoding) {
  const last = (/** @type {string} */ name) => numbersNamed(steps, name).at(-1) ?? null;
  // The letter is the number of layers where the program's glossary says so; else the cache's items are numbered by layer.
  const numbered = new Set([...(decoding.after.at(-1)?.keys() ?? [])].flatMap((name) => /\d+$/.exec(name)?.[0] ?? []));
  const layers = (/\*\*L\*\* layers/.test(code) ? last("L") : null) ?? Math.max(1, numbered.size);
  const each = layers === 1 ? "" : texts.tokens.layers(layers);
  const [H, D] = [last("H"), last("D")];
  if (H === null || D === null) return { perToken: 2 * layers * (last("M") ?? last("model_width") ?? 16) * FLOAT_BYTES, formula: `${each}2·M·${FLOAT_BYTES}` };
  // A stack that gives its layers different numbers of heads binds one for each.
  const heads = numbersNamed(steps, "H");
  if (layers > 1 && heads.length === layers) return { perToken: 2 * heads.reduce((sum, count) => sum + count, 0) * D * FLOAT_BYTES, formula: `2·(${heads.join(" + ")})·D·${FLOAT_BYTES}` };
  return { perToken: 2 * layers * H * D * FLOAT_BYTES, formula: `${each}2·H·D·${FLOAT_BYTES}` };
}

/** @param {import("../state.js").Run} run @param {number} length */
function wordsOf(run, length) {
  const words = ownWords(run.steps);
  return words?.length === length ? words : null;
}

/** @param {import("../state.js").Step[]} steps @param {import("../decode.js").Turn} turn @param {string} wanted @returns {import("../state.js").Name | null} */
function lastBound(steps, { from, to }, wanted) {
  for (let index = to - 1; index >= from; index -= 1) {
    const name = steps[index].depth === 0 ? steps[index].names.find((other) => other.name === wanted && other.kind === "tensor") : undefined;
    if (name) return name;
  }
  return null;
}

/** @param {import("../state.js").Step[]} steps @param {import("../decode.js").Turn} turn @param {number} id */
function stepOf(steps, { from, to }, id) {
  for (let index = to - 1; index >= from; index -= 1) if (steps[index].names.some((name) => name.id === id)) return index;
  return from;
}

/** A row with zeros has chosen what it reads. @param {{ shape: number[], data: ArrayLike<number | bigint> } | null} row */
function readingSentence(row) {
  if (!row) return [];
  const count = row.shape[row.shape.length - 1];
  const read = new Set();
  for (let at = 0; at < row.data.length; at += 1) if (Number(row.data[at]) !== 0) read.add(at % count);
  if (count === 1) return [texts.tokens.readsOne];
  return [read.size === count ? texts.tokens.readsAll(count) : texts.tokens.readsSome(read.size, count)];
}

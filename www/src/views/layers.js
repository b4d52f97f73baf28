/**
 * The layers of a model, at one token: which tokens each head read, what the layer keeps, and which token the model
 * would write if it ended there. A layer opens as the program that it is.
 */
import { rgbFromValue } from "../color.js";
import { h, setText } from "../dom.js";
import { inFrame } from "../frame.js";
import { bytesKept, shownToken, spansOf, turnAt, turnsOf, writingOf } from "../layers.js";
import { fragmentFromAddress } from "../address.js";
import { costsAtAMillion } from "../model-costs.js";
import { bytesText } from "../number.js";
import { look, onLookChange } from "./look.js";
import { hatch, prepareCanvas } from "./mask-paint.js";

/** Height of a head's row, and the widest that a token's cell gets, in CSS pixels. */
const ROW = 9;
const WIDEST = 22;
const PERCENT = { min: 0, max: 1, scale: 1 };

/** @typedef {import("../layers.js").Layer} Layer */
/** @typedef {{ heads: number[][], spans: import("../layers.js").Span[] }} Attention what each head read of each key, and what the keys stand for */

/** @param {import("../state.js").Store} store @param {import("../session.js").Session} session */
export function createLayers(store, session) {
  const text = h("ol", { class: "token-strip", "aria-label": "The text", "data-testid": "token-strip" });
  const title = h("h3", { class: "position", role: "status", "data-testid": "layers-title" });
  const next = h("ol", { class: "candidates", "aria-label": "What could come next", "data-testid": "candidates" });
  const rows = h("tbody");
  const head = h("tr", null, ...["Layer", "What each head read of the text", "Keeps", "Would write"].map((name) => h("th", { scope: "col" }, name)));
  const table = h("table", { class: "layers-table", "data-testid": "layers-table" }, h("thead", null, head), rows);
  const note = h("p", { class: "note" });
  const real = h("p", { class: "hint" });
  const element = h("section", { class: "layers", "aria-label": "Layers", "data-testid": "layers" }, text, title, next, table, real, note);
  /** The pass that is drawn, and the run that it is of. @type {{ run: import("../state.js").Run | null, at: number }} */
  let shown = { run: null, at: -1 };
  /** Counts the draws, so that one that waited for values does not overwrite a later one. */
  let draws = 0;

  store.on(["run", "view", "page"], ({ run, view, page }) => {
    const turns = run ? turnsOf(run) : [];
    if (view !== "layers" || page !== "program" || turns.length === 0) return view === "layers" ? store.set({ stops: null }) : undefined;
    store.set({ stops: turns.map(({ from }) => from) });
    const { step } = store.state;
    if (step < turns[0].from) session.goTo(turns[turns.length - 1].from);
    show();
  });
  store.on(["step"], ({ view, page }) => view === "layers" && page === "program" && show());
  onLookChange(drawAnew);
  new ResizeObserver(drawAnew).observe(element);
  return { element };

  function drawAnew() {
    shown = { run: null, at: -1 };
    show();
  }

  function show() {
    inFrame(element, () => void draw());
  }

  async function draw() {
    const { run, step } = store.state;
    const turns = run ? turnsOf(run) : [];
    if (!run || turns.length === 0 || element.clientWidth === 0) return;
    const at = turnAt(turns, step);
    if (shown.run === run && shown.at === at) return;
    shown = { run, at };
    draws += 1;
    const mine = draws;
    const writing = writingOf(run);
    const turn = turns[at];
    const length = (writing?.prompt ?? 1) + at;
    const words = writing ? writing.tokens.map(shownToken) : null;
    element.dataset.state = "reading";
    const read = await Promise.all(turn.layers.map((layer) => attentionOf(layer, length).catch(() => null)));
    const odds = writing ? await oddsOf(writing.next[at]) : null;
    if (mine !== draws) return;
    element.dataset.state = "drawn";
    drawText(turns, at, writing, words);
    const last = words?.[length - 1];
    setText(title, at === 0 && length > 1 ? `The prompt is read: ${length} tokens, the last “${last ?? length - 1}”` : `Token ${length - 1}${last ? `, “${last}”,` : ""} is read`);
    next.replaceChildren(...(odds?.next ?? []).map(({ token, chance }, index) => candidate(token, chance, token === words?.[length] && !odds?.next.slice(0, index).some((other) => other.token === token))));
    const most = Math.max(1, ...turns[turns.length - 1].layers.map(bytesKept));
    rows.replaceChildren(...turn.layers.map((layer, index) => rowOf(layer, read[index], { words, length, most, early: odds?.early[layer.layer] ?? null })));
    const architecture = turns.flatMap(({ layers }) => layers.map(({ file }) => file)).find(Boolean)?.replace(/\.py$/, "") ?? "";
    const costs = costsAtAMillion(architecture);
    real.replaceChildren(...(costs ? [h("a", { href: fragmentFromAddress({ page: "costs", costs }), "data-testid": "at-a-million" }, "What a real model of this architecture keeps at a million tokens")] : []));
    setText(note, run.dropped > 0 ? `The trace has room for ${turns.length} ${turns.length === 1 ? "pass" : "passes"} through this model; what comes after that is in the output alone.` : "");
  }

  /** @param {Layer} layer @param {number} length @returns {Promise<Attention | null>} */
  async function attentionOf(layer, length) {
    const { shares, chosen } = layer;
    if (!shares) return null;
    const [, heads, queries, keys] = shares.shape;
    const { data } = await session.read(shares.id);
    const rows = Array.from({ length: heads }, (_, head) => Array.from({ length: keys }, (_, key) => Number(data[(head * queries + queries - 1) * keys + key])));
    let picked = null;
    if (chosen && queries === 1) picked = [...(await session.read(chosen.id)).data].map(Number);
    return { heads: rows, spans: spansOf(layer, keys, length, picked) };
  }

  /** @param {import("../layers.js").Writing["next"][0] | undefined} of */
  async function oddsOf(of) {
    const values = async (/** @type {import("../state.js").Name | null} */ name) => (name?.kind === "tensor" ? [...(await session.read(name.id)).data].map(Number) : []);
    const chances = await values(of?.chances ?? null).catch(() => []);
    const early = await values(of?.earlyChances ?? null).catch(() => []);
    const paired = (/** @type {string[]} */ tokens, /** @type {number[]} */ some) => tokens.slice(0, some.length).map((token, index) => ({ token: shownToken(token), chance: some[index] }));
    return { next: paired(of?.candidates ?? [], chances), early: paired(of?.earlyTokens ?? [], early) };
  }

  /** @param {import("../layers.js").Turn[]} turns @param {number} at @param {import("../layers.js").Writing | null} writing @param {string[] | null} words */
  function drawText(turns, at, writing, words) {
    const prompt = writing?.prompt ?? 1;
    const count = words?.length ?? turns.length;
    text.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        // A token is read in the pass that follows it; those of the prompt are read together.
        const turn = Math.max(0, index - prompt + 1);
        const isRead = turn < turns.length;
        const isCurrent = index === prompt - 1 + at;
        const label = words?.[index] ?? String(index);
        return h("li", { class: index < prompt ? "prompt" : "written" }, h("button", { type: "button", disabled: !isRead, "aria-current": isCurrent ? "true" : null, title: `Token ${index}`, onclick: () => session.goTo(turns[turn].from) }, label));
      }),
    );
  }

  /** @param {Layer} layer @param {Attention | null} attention @param {{ words: string[] | null, length: number, most: number, early: { token: string, chance: number } | null }} context */
  function rowOf(layer, attention, { words, length, most, early }) {
    const kept = bytesKept(layer);
    const items = [...layer.kept].map(([name, { shape }]) => `${name} [${shape.join(", ")}]`).join(", ");
    const open = h("button", { type: "button", class: "quiet", "data-testid": "open-layer", title: `Its program, at this token: ${layer.mixer || "no mixing of tokens"}`, onclick: () => (session.goTo(layer.opens), session.setView("tensors")) }, `${layer.layer}`);
    const name = layer.mixer.replaceAll("_", " ");
    const bar = h("span", { class: "kept-bar", style: `--part: ${kept / most}` });
    return h(
      "tr",
      { "data-testid": "layer" },
      h("th", { scope: "row" }, open, h("span", { class: "mixer" }, name)),
      h("td", { class: "read" }, attention ? strip(attention, words, length) : layer.state ? stateNote(layer.state) : h("span", { class: "hint" }, layer.mixer ? "nothing of its own" : "each token by itself")),
      h("td", { class: "keeps", title: items || "nothing" }, bar, h("span", null, kept > 0 ? bytesText(kept) : "nothing")),
      h("td", { class: "early" }, early ? `${early.token} ` : "", early ? h("span", { class: "chance" }, percent(early.chance)) : ""),
    );
  }

  /** @param {import("../state.js").Name} state */
  function stateNote({ shape }) {
    return h("span", { class: "hint" }, `a state of [${shape.slice(1).join(", ")}], of which every earlier token is part`);
  }

  /** A row for each head, a cell for each token of the text; what the layer could not see is hatched. @param {Attention} attention @param {string[] | null} words @param {number} length */
  function strip({ heads, spans }, words, length) {
    const room = Math.max(80, Math.min(460, element.clientWidth - 330));
    const cell = Math.min(WIDEST, room / length);
    const width = cell * length;
    const height = ROW * heads.length;
    const canvas = h("canvas", { role: "img", "aria-label": summary(heads, spans, words) });
    const context = prepareCanvas(canvas, width, height);
    if (context) {
      const colours = look();
      hatch(context, 0, 0, width, height, colours);
      heads.forEach((shares, head) =>
        shares.forEach((share, key) => {
          const { first, last } = spans[key] ?? { first: 0, last: -1 };
          context.fillStyle = `rgb(${rgbFromValue(Math.sqrt(share), PERCENT, colours.theme).join()})`;
          // An entry stands for a block of tokens, and lies under those that are seen one by one.
          const isBlock = last > first;
          context.fillRect(first * cell, head * ROW + (isBlock ? ROW - 4 : 0), (last - first + 1) * cell - (cell > 4 ? 1 : 0), isBlock ? 3 : ROW - (spans.some((other) => other.last > other.first) ? 5 : 1));
        }),
      );
    }
    canvas.title = summary(heads, spans, words);
    return canvas;
  }
}

/** "head 0 most of “be” (42 %), …" @param {number[][]} heads @param {import("../layers.js").Span[]} spans @param {string[] | null} words */
function summary(heads, spans, words) {
  return heads
    .map((shares, head) => {
      const most = shares.indexOf(Math.max(...shares));
      const { first, last } = spans[most] ?? { first: most, last: most };
      const what = last > first ? `tokens ${first} to ${last}` : words?.[first] ? `“${words[first]}”` : `token ${first}`;
      return `head ${head}: most of ${what}, ${percent(shares[most] ?? 0)}`;
    })
    .join("; ");
}

/** @param {string} token @param {number} chance @param {boolean} isChosen */
function candidate(token, chance, isChosen) {
  return h("li", { class: isChosen ? "chosen" : null, style: `--part: ${chance}` }, h("span", { class: "token" }, token), h("span", { class: "chance" }, percent(chance)));
}

/** @param {number} part */
function percent(part) {
  return `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;
}

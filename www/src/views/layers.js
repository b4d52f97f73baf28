/**
 * The layers of a model, at one token: which tokens each head read, what the layer keeps, and which token the model
 * would write if it ended there. A layer opens as the program that it is, and its parts can be switched off.
 */
import { fragmentFromAddress } from "../address.js";
import { h, setText } from "../dom.js";
import { inFrame } from "../frame.js";
import { KINDS, keptAfterEach } from "../kept.js";
import { bytesKept, spansOf, turnAt, turnsOf } from "../layers.js";
import { costsAtAMillion } from "../model-costs.js";
import { factorsFromText } from "../scaled.js";
import { texts } from "../texts-later.js";
import { shownToken, writingOf } from "../writing.js";
import { candidateList, comparedTable } from "./candidates.js";
import { layerRow } from "./layer-row.js";
import { look, onLookChange } from "./look.js";
import { createSwitches, factorOfHead } from "./switches.js";
import { tokenButtons } from "./token-strip.js";

/** What stands beside the picture of a layer, in CSS pixels; where there is little room it stands above it. */
const BESIDE = 310;

/** @typedef {import("../layers.js").Layer} Layer */

/** @param {import("../state.js").Store} store @param {import("../session.js").Session} session @param {(name: string, value: string) => void} turn writes a control's value into the code */
export function createLayers(store, session, turn) {
  const text = h("ol", { class: "token-strip", "aria-label": texts.layers.text, "data-testid": "token-strip" });
  const title = h("h3", { class: "position", "aria-live": "polite", "data-testid": "layers-title" });
  const next = h("div");
  const switches = createSwitches(store, turn);
  const rows = h("tbody", { role: "rowgroup" });
  const head = h("tr", null, ...[texts.layers.layer, texts.layers.read, texts.layers.keeps, texts.layers.wouldWrite].map((name) => h("th", { scope: "col" }, name)));
  const table = h("table", { class: "layers-table", role: "table", "data-testid": "layers-table" }, h("thead", null, head), rows);
  const legend = h("p", { class: "hint kept-legend" }, texts.layers.keptAfter, ...[...KINDS].reverse().map((kind) => h("span", { class: kind }, texts.kept[kind])));
  const note = h("p", { class: "note" });
  const real = h("p", { class: "hint" });
  const element = h("section", { class: "layers", "aria-label": texts.layers.layers, "data-testid": "layers" }, text, title, next, switches.element, table, legend, real, note);
  /** The pass that is drawn, and the run that it is of. @type {{ run: import("../state.js").Run | null, at: number }} */
  let shown = { run: null, at: -1 };
  /** The model whose layer was brought into view because a link asks for it. @type {import("../state.js").State["checkpoint"]} */
  let brought = null;
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
  onLookChange(element, drawAnew);
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
    const { layers } = turns[at];
    const length = (writing?.prompt ?? 1) + at;
    element.dataset.state = "reading";
    const read = await Promise.all(layers.map((layer) => attentionOf(layer, length).catch(() => null)));
    const odds = writing ? await oddsOf(writing, at) : null;
    if (mine !== draws) return;
    element.dataset.state = "drawn";
    const words = writing?.tokens.map(shownToken) ?? null;
    const goTo = (/** @type {number} */ pass) => session.goTo(turns[pass].from);
    const last = words?.[length - 1];
    setText(title, at === 0 && length > 1 ? texts.layers.prompt(length, last ?? String(length - 1)) : texts.layers.token(length - 1, last ?? ""));
    next.replaceChildren(...(odds ? [odds.element] : []));
    const most = Math.max(1, ...turns.flatMap((turn) => turn.layers.map(bytesKept)));
    const factors = factorsFromText(writing?.scaled ?? "");
    keepingFocus(() => {
      text.replaceChildren(...tokenButtons(writing, { count: turns.length, at }, goTo));
      switches.begin();
      rows.replaceChildren(
        ...layers.map((layer, index) =>
          layerRow(layer, read[index], {
            words,
            length,
            isAsked: layer.layer === store.state.layer,
            room: Math.min(460, rows.clientWidth - (head.clientWidth > 0 ? BESIDE : 0)),
            history: keptAfterEach(turns, layer.layer),
            scene: { at, most, colours: coloursOfKinds() },
            early: odds?.early[layer.layer] ?? null,
            factorOf: (head) => factorOfHead(factors, layer.layer, head),
            switches: switches.of(layer),
            open: () => (session.goTo(layer.opens), session.setView("tensors")),
            goTo,
          }),
        ),
      );
      switches.update();
    });
    if (brought !== store.state.checkpoint) rows.querySelector(".asked")?.scrollIntoView({ block: "nearest" });
    brought = store.state.checkpoint;
    const architecture = turns.flatMap(({ layers }) => layers.map(({ file }) => file)).find(Boolean)?.replace(/\.py$/, "") ?? "";
    const costs = costsAtAMillion(architecture);
    real.replaceChildren(...(costs ? [h("a", { href: fragmentFromAddress({ page: "costs", costs }), "data-testid": "at-a-million" }, texts.layers.atAMillion)] : []));
    setText(note, run.dropped > 0 ? texts.layers.dropped(turns.length) : "");
  }

  /** Draws anew, and gives the focus to what took the place of what had it. @param {() => void} replace */
  function keepingFocus(replace) {
    const key = element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.key : undefined;
    replace();
    const successor = /** @type {HTMLElement | null} */ (key ? element.querySelector(`[data-key="${key}"]`) : null);
    if (!successor) return;
    for (const other of successor.closest('[role="toolbar"]')?.querySelectorAll("button") ?? []) other.tabIndex = other === successor ? 0 : -1;
    successor.focus({ preventScroll: true });
  }

  /** @param {Layer} layer @param {number} length @returns {Promise<import("./layer-row.js").Attention | null>} */
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

  /** What could come next, drawn, and what each layer would write. @param {import("../writing.js").Writing} writing @param {number} at */
  async function oddsOf({ next, whole, scaled: parts }, at) {
    const values = async (/** @type {import("../state.js").Name | null} */ name) => (name?.kind === "tensor" ? [...(await session.read(name.id)).data].map(Number) : []);
    const paired = (/** @type {string[]} */ tokens, /** @type {number[]} */ some) => tokens.slice(0, some.length).map((token, index) => ({ token, chance: some[index] }));
    const candidatesOf = async (/** @type {import("../writing.js").Prediction} */ { candidates, chances }) => paired(candidates, await values(chances).catch(() => []));
    const scaled = await candidatesOf(next[at]);
    const early = paired(next[at].earlyTokens, await values(next[at].earlyChances).catch(() => []));
    const before = whole[at];
    if (!before) {
      const missing = parts !== "" ? h("p", { class: "note" }, texts.layers.notKnown) : "";
      return { early, element: h("div", null, candidateList(scaled, next[at].token ?? undefined), missing) };
    }
    /** The number of each token that is compared: of the likeliest, and of the one that was drawn. @type {Map<string, number>} */
    const numbers = new Map();
    for (const { candidates, likeliest, token, drawn } of [before, next[at]]) {
      (await values(likeliest).catch(() => [])).forEach((number, index) => numbers.set(candidates[index], number));
      (await values(drawn).catch(() => [])).forEach((number) => token !== null && numbers.set(token, number));
    }
    const [now, then] = await Promise.all([next[at], before].map(({ probabilities }) => values(probabilities).catch(() => [])));
    const list = [...numbers].map(([token, number]) => ({ token, scaled: now[number] ?? NaN, whole: then[number] ?? NaN }));
    const says = h("p", { class: "hint" }, texts.layers.dotted);
    return { early, element: h("div", null, comparedTable(list, { scaled: next[at].token, whole: before.token }), says) };
  }
}

/** @returns {Parameters<typeof import("./kept-chart.js").keptChart>[1]["colours"]} */
function coloursOfKinds() {
  const style = getComputedStyle(document.documentElement);
  const [tokens, blocks] = ["--accent", "--bar-negative"].map((name) => style.getPropertyValue(name).trim());
  return { tokens, blocks, state: look().muted };
}

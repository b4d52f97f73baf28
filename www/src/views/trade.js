/** The trade: what each small trained model keeps, and what it predicts and recalls for that. */
import { assetHref, assetUrl, fetchAsset } from "../assets.js";
import { fragmentFromAddress } from "../address.js";
import { checkpointFromSite } from "../checkpoint.js";
import { h, setText } from "../dom.js";
import { costsAtAMillion } from "../model-costs.js";
import { inFrame } from "../frame.js";
import { modulesOf } from "../modules.js";
import { sourceOf } from "../navigation.js";
import { bytesText } from "../number.js";
import { withValues } from "../program.js";
import { texts } from "../texts-later.js";
import { CONTEXTS, FIRST, QUALITIES, bytesAt, contextOf, layersOf, layersThatShow, lossCostOf, modelOf, qualityAt, qualityOf, questionOf, recallCostOf, rowsOf, savingOf } from "../trade.js";
import { createTradeMeasures } from "../trade-measures.js";
import { onLookChange } from "./look.js";
import { createTradePlot } from "./trade-plot.js";
import { tradeTable } from "./trade-table.js";

/** How many windows of the held-out text: the first two tell a broken model, all of them are the card's loss. */
const WINDOWS = ["2", "8", "64"];

/** @typedef {import("../trade.js").Row} Row */

/**
 * @param {import("../state.js").Store} store
 * @param {import("../navigation.js").Navigation} navigation
 * @param {import("../side-engine.js").SideEngine} side
 */
export function createTrade(store, navigation, side) {
  document.head.append(h("link", { rel: "stylesheet", href: assetHref("later/trade.css") }));
  /** The losses on the cards that were fetched. @type {Map<string, import("../trade.js").CardLosses>} */
  const cards = new Map();
  /** What all models are measured on. @type {Map<string, Promise<Blob>>} */
  const shared = new Map();
  /** Whether a reader began the measuring that is under way, rather than the page its counting. */
  let isMeasuring = false;
  let said = "";
  const measures = createTradeMeasures(side, { modules, config: (path) => fetched(`${path}/config.json`), files, shared: fetchedOnce }, () => inFrame(element, draw), () => inFrame(bar, drawProgress));

  const change = (/** @type {Record<string, string>} */ patch) => store.set({ trade: { ...store.state.trade, ...patch } });
  const address = (/** @type {string} */ path, /** @type {number | null} */ layer = null) => fragmentFromAddress({ page: "program", path: "models/generate.py", model: path, layer, view: "layers", mask: { tokens: 0, row: -1 }, step: null, device: "auto" });
  const select = (/** @type {string} */ name, /** @type {(value: string) => void} */ choose) => h("select", { id: `trade-${name}`, "data-testid": `trade-${name}`, onchange: (/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value) });
  const model = select("model", (value) => change({ model: value }));
  const against = select("against", (value) => change({ against: value }));
  const what = select("what", (value) => change({ what: value }));
  what.append(...QUALITIES.map(({ id }) => h("option", { value: id }, texts.trade.qualities[id].title)));
  const context = select("context", (value) => change({ context: value }));
  context.append(...CONTEXTS.map((length) => h("option", { value: String(length) }, texts.trade.tokens(length))));
  const windows = h("select", { "aria-label": texts.trade.windowsLabel, "data-testid": "trade-windows" }, ...WINDOWS.map((count) => h("option", { value: count, selected: count === "8" }, count === WINDOWS[WINDOWS.length - 1] ? texts.trade.windowsAll(Number(count)) : texts.trade.windowsFirst(Number(count)))));
  const answers = h("div", { class: "answers", role: "status", "data-testid": "trade-answers" });
  const bar = h("progress", { "aria-label": texts.trade.measuringLabel, hidden: true });
  const how = h("span", { "data-testid": "trade-progress" });
  const stop = h("button", { type: "button", class: "quiet", "data-testid": "trade-stop", onclick: () => measures.stop() }, texts.trade.stop);
  const two = h("button", { type: "button", "data-testid": "trade-measure-two", onclick: () => measure([model.value, against.value]) }, texts.trade.two);
  const all = h("button", { type: "button", "data-testid": "trade-measure-all", onclick: () => measure(rows().map(({ id }) => id)) }, texts.trade.all);
  const problem = h("p", { class: "error-line", role: "alert", "data-testid": "trade-problem" });
  const plot = createTradePlot(address, navigation.openModel);
  const table = h("div", { class: "costs-table trade-table", "data-testid": "trade-table" });
  const element = h(
    "section",
    { class: "catalogue model-costs trade", "aria-label": texts.trade.trade, tabindex: "-1" },
    h("header", null, h("h2", null, texts.trade.title), h("p", null, texts.trade.intro)),
    h(
      "div",
      { class: "wide" },
      h("div", { class: "choices question" }, h("span", { class: "field" }, h("label", { for: "trade-model" }, texts.trade.what), model), h("span", { class: "field" }, h("label", { for: "trade-against" }, texts.trade.against), against, h("span", { class: "hint" }, texts.trade.question))),
      answers,
      h("div", { class: "choices" }, h("span", { class: "field" }, h("label", { for: "trade-what" }, texts.trade.shown), what), h("span", { class: "field" }, h("label", { for: "trade-context" }, texts.trade.memory), context)),
      plot.element,
      h("div", { class: "measuring", role: "group", "aria-label": texts.trade.measure }, h("span", null, texts.trade.measureIntro), two, all, windows),
      // What says how far it is changes its width, and moves nothing that is pressed.
      h("div", { class: "measuring" }, stop, bar, how),
      problem,
      h("p", { class: "hint" }, texts.trade.recallHint(CONTEXTS.join(", "))),
      table,
      notes(),
    ),
  );

  store.on(["page", "trade", "models", "programs", "modules"], ({ page, models, modules: names }) => {
    if (page !== "trade") {
      measures.stop();
      return;
    }
    if (models.length > 0 && names.length > 0) void count();
    inFrame(element, draw);
  });
  onLookChange(() => inFrame(element, draw));
  new ResizeObserver(() => inFrame(element, draw)).observe(plot.element);
  return { element, focus: () => element.focus({ preventScroll: true }) };

  function rows() {
    return rowsOf(store.state.models, store.state.programs);
  }

  /** What the programs keep, counted without weights: a few KB are fetched for each model. */
  async function count() {
    if (isMeasuring || measures.progress()) return;
    // The two that are compared come first, and what the plot does not begin with last.
    const { model: first, against: second } = { ...FIRST, ...store.state.trade };
    const isCompared = ({ id }) => id === first || id === second;
    const list = rows().sort((a, b) => Number(isCompared(b)) - Number(isCompared(a)));
    const wanted = [...list.map(({ language }) => language.path), ...list.flatMap(({ recall }) => recall?.path ?? [])].filter((path) => !measures.of(path).shapes && measures.problem(path) === "");
    if (wanted.length === 0) return;
    element.dataset.state = "reading";
    await measures.measure(wanted.map((path) => ({ path, parts: ["shapes"] })));
    element.dataset.state = "drawn";
  }

  /** @param {string[]} ids of rows */
  async function measure(ids) {
    const chosen = rows().filter(({ id }) => ids.includes(id));
    isMeasuring = true;
    said = "";
    element.dataset.state = "reading";
    const began = performance.now();
    const jobs = chosen.flatMap((row) => [
      { path: row.language.path, parts: ["shapes", "cache", "speed", `loss:${windows.value}`] },
      ...(row.recall ? [{ path: row.recall.path, parts: ["shapes", "cache", "recall"] }] : []),
    ]);
    await Promise.all(chosen.map(({ language }) => cardOf(language.path)));
    const isDone = await measures.measure(jobs);
    isMeasuring = false;
    said = isDone ? texts.trade.done(chosen.length, ((performance.now() - began) / 1000).toFixed(0)) : texts.trade.stopped;
    element.dataset.state = "drawn";
    inFrame(element, draw);
    if (store.state.page === "trade") void count();
  }

  /** @param {string} path */
  async function cardOf(path) {
    if (cards.has(path)) return;
    const card = await fetched(`${path}/card.json`).then((blob) => blob.text()).then(JSON.parse).catch(() => null);
    if (Array.isArray(card?.held_out)) cards.set(path, card.held_out);
  }

  /** @param {string} path below the folder of models @returns {Promise<Blob>} */
  async function fetched(path) {
    const response = await fetchAsset(`models/${path}`).catch(() => null);
    if (!response?.ok) throw new Error(texts.trade.loadFailed(path, response ? String(response.status) : ""));
    return await response.blob();
  }

  /** @param {string} name */
  function fetchedOnce(name) {
    const known = shared.get(name) ?? fetched(name);
    shared.set(name, known);
    known.catch(() => shared.delete(name));
    return known;
  }

  /** @param {string} path @param {AbortSignal} signal @param {(loaded: number, total: number) => void} onProgress */
  async function files(path, signal, onProgress) {
    const checkpoint = await checkpointFromSite(assetUrl(`models/${path}/`), { signal, onProgress });
    return checkpoint.files;
  }

  /** @param {string} path */
  async function modules(path) {
    const entry = store.state.models.find((one) => one.path === path);
    const text = await sourceOf("models/measure.py");
    const found = await modulesOf([text], store.state.modules, (name) => sourceOf(`models/${name}.py`), entry ? [entry.architecture] : []);
    return { ...found, measure: text };
  }

  function draw() {
    if (store.state.page !== "trade") return;
    const list = rows();
    const chosen = { ...FIRST, ...store.state.trade };
    const quality = qualityOf(chosen.what, list);
    const length = contextOf(chosen.context);
    const [mine, other] = [[chosen.model, FIRST.model], [chosen.against, FIRST.against]].map(([id, first], at) => list.find((row) => row.id === id) ?? list.find((row) => row.id === first) ?? list[at === 0 ? list.length - 1 : 0]);
    drawProgress();
    const problems = list.flatMap(({ language, recall }) => [language, ...(recall ? [recall] : [])]).filter(({ path }) => measures.problem(path) !== "");
    setText(problem, problems.map(({ title, path }) => texts.trade.couldNot(title, measures.problem(path))).join(" "));
    if (!mine || !other) {
      answers.replaceChildren(h("p", { class: "empty" }, texts.trade.none));
      return;
    }
    for (const [field, row] of /** @type {const} */ ([[model, mine], [against, other]])) {
      if (field.options.length !== list.length) field.replaceChildren(...list.map(({ id, title }) => h("option", { value: id }, title)));
      field.value = row.id;
    }
    what.value = quality.id;
    context.value = String(length);
    drawAnswers(mine, other, length, quality.id === "induction" ? "induction" : "associative");
    plot.draw({ quality, context: length, ...pointsOf(list, quality, length, mine, other) });
    const task = quality.id === "induction" ? "induction" : "associative";
    const lines = list.map((row) => ({
      row,
      figures: measures.of(row.language.path),
      recallFigures: row.recall ? measures.of(row.recall.path) : {},
      kept: keptOf(row.language.path),
      card: cards.get(row.language.path) ?? null,
      role: row === mine ? "model" : row === other ? "against" : "",
      mechanism: store.state.programs.find(({ path }) => path === `attention/${row.mechanism}.py`),
    }));
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-column]"))?.dataset.column;
    table.replaceChildren(tradeTable(lines, { task, context: length, sort: chosen.sort ?? "", address, openModel: navigation.openModel, openProgram: navigation.openProgram, sortBy: (sort) => change({ sort }) }));
    if (focused) /** @type {HTMLElement | null} */ (table.querySelector(`th[data-column="${focused}"] button`))?.focus();
  }

  /** As allocated, where that was measured; else as counted without weights. @param {string} path */
  function keptOf(path) {
    const { cache, shapes } = measures.of(path);
    return cache ?? shapes;
  }

  /** @param {Row[]} list @param {import("../trade.js").Quality} quality @param {number} length @param {Row} mine @param {Row} other */
  function pointsOf(list, quality, length, mine, other) {
    /** @type {string[]} */
    const missing = [];
    const points = list.flatMap((row) => {
      const entry = modelOf(row, quality);
      const value = qualityAt(row, quality, length);
      if (value === null || !entry) {
        missing.push(row.title);
        return [];
      }
      const bytes = bytesAt(keptOf(entry.path), length);
      const role = /** @type {"model" | "against" | ""} */ (row === mine ? "model" : row === other ? "against" : "");
      return bytes === null ? [] : [{ id: row.id, title: row.title, path: entry.path, bytes, quality: value, role }];
    });
    return { points, missing };
  }

  /** @param {Row} mine @param {Row} other @param {number} length @param {string} task */
  function drawAnswers(mine, other, length, task) {
    const [kept, otherKept] = [mine, other].map((row) => keptOf(row.language.path));
    if (mine === other) return answers.replaceChildren(h("p", { class: "empty" }, texts.trade.chooseTwo));
    const loss = lossCostOf(mine, other);
    const recall = recallCostOf(mine, other, task, length);
    const saving = kept && otherKept ? savingOf({ title: mine.title, kept }, { title: other.title, kept: otherKept }, length) : null;
    answers.replaceChildren(
      answer(texts.trade.saves, saving?.short ?? "…", saving ? [saving.sentence] : [], atAMillion(mine, other)),
      answer(texts.trade.costs, recall.short || (loss?.short ?? texts.trade.notMeasured), [recall.sentence, loss?.sentence ?? ""], askThem([mine, other].filter((row) => row.recall))),
      kept ? whereToSee(mine, kept) : answer(texts.trade.whereToSee, "…", []),
    );
  }

  /** Links that let models of recall answer a question, where each head's reading is seen. @param {Row[]} list */
  function askThem(list) {
    if (list.length === 0) return null;
    const { key, answer: right, pairs } = questionOf();
    const links = list.flatMap(({ title, recall }, at) => [at === 0 ? "" : texts.trade.andLink, h("a", { href: address(recall?.path ?? ""), "data-testid": "trade-ask", onclick: (/** @type {Event} */ event) => (event.preventDefault(), void ask(recall?.path ?? "")) }, title)]);
    return h("p", null, texts.trade.ask, ...links, texts.trade.asked(pairs, key, right));
  }

  /** @param {string} path of a model of recall */
  async function ask(path) {
    try {
      const code = withValues(await sourceOf("models/generate.py"), { prompt: questionOf().prompt, max_new_tokens: 1, temperature: 0 });
      await navigation.openModel(path, { code });
    } catch (error) {
      setText(problem, error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {Row} row @param {import("../trade.js").Kept} kept */
  function whereToSee(row, kept) {
    const shown = layersThatShow(row.mechanism, kept);
    const link = (/** @type {number} */ layer, /** @type {string} */ text) => h("a", { href: address(row.id, layer), "data-testid": "trade-layer", "data-layer": layer, onclick: (/** @type {Event} */ event) => (event.preventDefault(), navigation.openModel(row.id, { layer })) }, text);
    const groups = layersOf(kept).map(({ layers, text }) => h("li", null, layers.length === 1 ? texts.trade.layer : texts.trade.layers, ...layers.flatMap((layer, at) => [at === 0 ? "" : ", ", link(layer, String(layer))]), `: ${text}.`));
    return h("article", null, h("h3", null, texts.trade.whereToSee), h("p", { class: "short" }, link(shown.layers[0], texts.trade.layerOpen(shown.layers[0]))), h("ul", null, ...groups));
  }

  function drawProgress() {
    const list = rows();
    const progress = measures.progress();
    bar.hidden = stop.hidden = !progress;
    two.disabled = all.disabled = isMeasuring;
    setText(all, texts.trade.allOf(bytesText(list.reduce((sum, { language, recall }) => sum + language.bytes + (recall?.bytes ?? 0), 0))));
    if (!progress) return setText(how, said);
    const { path, doing, done, of, finished, jobs } = progress;
    const row = list.find(({ language, recall }) => language.path === path || recall?.path === path);
    const title = row?.recall?.path === path ? texts.trade.recallOf(row.title) : (row?.title ?? path);
    bar.max = jobs;
    bar.value = finished + (of > 0 ? done / of : 0);
    const part = doing === "fetching" ? texts.trade.fetching(bytesText(done), bytesText(of)) : doing === "loss" ? texts.trade.measuringLoss(done, of) : doing === "recall" ? texts.trade.measuringRecall(done, of) : isMeasuring ? texts.trade.measuring : texts.trade.counting;
    setText(how, texts.trade.progress(title, part, finished + 1, jobs));
  }
}

/** @param {string} title @param {string} short @param {string[]} sentences @param {Node | null} [more] */
function answer(title, short, sentences, more = null) {
  return h("article", null, h("h3", null, title), h("p", { class: "short" }, short), ...sentences.filter(Boolean).map((sentence) => h("p", null, sentence)), more);
}

/** What real models of two architectures keep, counted on the page of costs. @param {Row} mine @param {Row} other */
function atAMillion(mine, other) {
  const [costs, against] = [mine, other].map(({ language }) => costsAtAMillion(language.architecture));
  if (!costs) return null;
  const models = [...new Set([...costs.models.slice(0, 1), ...(against?.models ?? []).slice(1), ...costs.models.slice(1)])];
  return h("p", null, h("a", { href: fragmentFromAddress({ page: "costs", costs: { ...costs, models } }) }, texts.trade.atAMillion));
}

function notes() {
  return h(
    "div",
    { class: "note-list" },
    h("p", null, texts.trade.noteMultiHead),
    h("p", null, texts.trade.noteBytes),
    h("p", null, texts.trade.noteRecall),
  );
}

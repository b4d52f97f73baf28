/** What models cost against the length of the context: any set of them in one plot, counted while the reader looks. */
import { fetchAsset } from "../assets.js";
import { h, setText } from "../dom.js";
import { inFrame } from "../frame.js";
import { DTYPES, MOST_TOKENS, OWN } from "../model-costs-choice.js";
import { CONTEXTS, QUANTITIES, amountText, comparisonSentence, nearest, quantityOf, titleOf, valueOf } from "../model-costs.js";
import { createModelCounts } from "../model-counts.js";
import { modulesOf } from "../modules.js";
import { sourceOf } from "../navigation.js";
import { marksOf } from "../published-costs.js";
import { texts } from "../texts-later.js";
import { createPlot } from "./model-costs-plot.js";
import { countTable, publishedTable } from "./model-costs-table.js";
import { SLOTS, swatch } from "./plot-parts.js";

/** After the slider moved: a drag asks once. */
const ASK_AFTER_MILLISECONDS = 250;
/** A configuration is a few KB. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Parameters are the same at every context: at one, the shortest, they are counted. */
const ANY_CONTEXT = [1, 1024];

/** @typedef {{ config: string, title: string, architecture: string }} ConfigEntry */
/** @typedef {{ config: string, title: string, slot: number, problem: string, waits: string, isCounting: boolean, isBeyond: (context: number) => boolean, at: (context: number) => import("../model-costs.js").Counts | undefined }} Shown a chosen model, with what is counted of it so far */

/**
 * @param {import("../state.js").Store} store
 * @param {import("../navigation.js").Navigation} navigation
 * @param {import("../side-engine.js").SideEngine[]} sides
 */
export function createModelCosts(store, navigation, sides) {
  /** @type {{ models: ConfigEntry[], published: import("../model-costs.js").Published[] } | null} */
  let index = null;
  /** The reader's own configurations. @type {Map<string, { title: string, file: Blob, architecture: string }>} */
  const own = new Map();
  /** Colour, dashes and marker of each model that was chosen, which it keeps while it is. @type {Map<string, number>} */
  const slots = new Map();
  let isStopped = false;
  /** When the counting began that goes on. @type {number | null} */
  let began = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let ticking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let asking;
  const counts = createModelCounts(sides, source, DTYPES, () => inFrame(element, draw));

  const change = (/** @type {Partial<import("../state.js").Costs>} */ patch) => store.set({ costs: { ...store.state.costs, ...patch } });
  const what = h("select", { id: "costs-what", "data-testid": "costs-what", onchange: () => change({ what: quantityOf(what.value).id }) }, ...QUANTITIES.map((quantity) => h("option", { value: quantity.id }, titleOf(quantity))));
  const dtype = h("select", { id: "costs-dtype", "data-testid": "costs-dtype", onchange: () => change({ dtype: DTYPES.find((known) => known === dtype.value) ?? DTYPES[0] }) }, ...DTYPES.map((name) => h("option", { value: name }, name)));
  const dtypeField = h("span", { class: "field" }, h("label", { for: "costs-dtype" }, texts.modelCostsView.storedAs), dtype);
  const file = h("input", { type: "file", accept: ".json", hidden: true, "data-testid": "costs-file", onchange: () => (openFiles([...(file.files ?? [])].map((one) => ({ path: one.name, file: one }))), (file.value = "")) });
  const chips = h("div", { class: "chips", role: "group", "aria-label": texts.modelCostsView.compared, "data-testid": "costs-models" });
  const problem = h("p", { class: "error-line", role: "alert", "data-testid": "costs-problem" });
  const bar = h("progress", { "aria-label": texts.modelCostsView.counting });
  const how = h("span", null);
  const stop = h("button", { type: "button", class: "quiet", "data-testid": "costs-stop", onclick: () => (isStopped ? again() : halt()) });
  // A button after the sentence would move with it, away from who presses it.
  const progress = h("p", { class: "loading", "data-testid": "costs-progress" }, bar, stop, how);
  const sentence = h("p", { class: "sentence", role: "status", "data-testid": "costs-sentence" });
  const plot = createPlot((context) => change({ context }));
  const slider = h("input", { id: "costs-slider", type: "range", min: 0, max: CONTEXTS.length - 1, step: 1, "data-testid": "costs-slider", oninput: () => change({ context: CONTEXTS[Number(slider.value)] }) });
  const exact = h("input", { type: "number", min: 1, max: MOST_TOKENS, step: 1, "aria-label": texts.modelCostsView.tokensOfContext, "data-testid": "costs-context", onchange: () => change({ context: Math.max(1, Math.min(MOST_TOKENS, Math.round(Number(exact.value)) || 1)) }) });
  const contextField = h("div", { class: "context" }, h("label", { for: "costs-slider" }, texts.modelCostsView.context), slider, exact, h("span", { class: "hint" }, texts.modelCostsView.tokens));
  const table = h("div", { class: "costs-table", tabindex: "0", role: "region", "aria-label": texts.modelCostsView.each, "data-testid": "costs-table" });
  const figures = h("div", { class: "costs-table", tabindex: "0", role: "region", "aria-label": texts.modelCostsView.published, "data-testid": "costs-published" });
  const element = h(
    "section",
    { class: "catalogue model-costs", "aria-label": texts.modelCostsView.costs, tabindex: "-1" },
    h("header", null, h("h2", null, texts.modelCostsView.costs), h("p", null, texts.modelCostsView.intro)),
    h(
      "div",
      { class: "wide" },
      h("div", { class: "choices" }, h("span", { class: "field" }, h("label", { for: "costs-what" }, texts.modelCostsView.of), what), dtypeField, h("button", { type: "button", class: "quiet end", onclick: navigation.toModels }, texts.modelCostsView.models)),
      chips,
      problem,
      sentence,
      progress,
      plot.element,
      contextField,
      table,
      figures,
      file,
    ),
  );

  store.on(["page", "costs", "modules"], ({ page, costs, modules }) => {
    if (page !== "costs") {
      clearTimeout(asking);
      counts.stop();
      element.dataset.state = "drawn";
      return;
    }
    isStopped = false;
    if (modules.length > 0) void open(costs);
  });
  new ResizeObserver(() => inFrame(element, draw)).observe(element);

  /** @param {import("../state.js").Costs} costs */
  async function open({ what: chosenWhat, dtype: chosenDtype, context }) {
    what.value = chosenWhat;
    dtype.value = chosenDtype;
    exact.value = String(context);
    slider.value = String(CONTEXTS.indexOf(nearest(context, CONTEXTS)));
    element.dataset.state = "reading";
    try {
      index ??= await fetchAsset("configs/index.json").then((answer) => answer.json());
    } catch {
      setText(problem, texts.modelCostsView.noList);
      index = { models: [], published: [] };
    }
    drawChips();
    clearTimeout(asking);
    asking = setTimeout(ask, plot.isEmpty() ? 0 : ASK_AFTER_MILLISECONDS);
    inFrame(element, draw);
  }

  function ask() {
    const { what: id, context } = store.state.costs;
    if (store.state.page !== "costs" || isStopped) return;
    counts.want(chosen().map(({ config }) => config), quantityOf(id), id === "parameters" ? ANY_CONTEXT : [...new Set([context, ...CONTEXTS])]);
  }

  function halt() {
    isStopped = true;
    counts.stop();
    inFrame(element, draw);
  }

  function again() {
    isStopped = false;
    ask();
  }

  /** Everything that can be chosen. @returns {ConfigEntry[]} */
  function entries() {
    return [...(index?.models ?? []), ...[...own].map(([config, { title, architecture }]) => ({ config, title, architecture }))];
  }

  /** The chosen models, in the order in which they were chosen. */
  function chosen() {
    const all = entries();
    return store.state.costs.models.flatMap((config) => all.find((entry) => entry.config === config) ?? []);
  }

  /** @returns {Shown[]} */
  function shown() {
    const { dtype: chosenDtype } = store.state.costs;
    return chosen().map(({ config, title }) => ({
      config,
      title,
      slot: slotOf(config),
      problem: counts.problem(config),
      isCounting: counts.isCounting(config),
      waits: isStopped ? texts.modelCostsView.notCounted : counts.isCounting(config) ? texts.modelCostsView.isCounting : texts.modelCostsView.isWaiting,
      isBeyond: (context) => counts.isBeyond(config, context),
      at: (context) => counts.at(config, context, chosenDtype),
    }));
  }

  /** @param {string} config */
  function slotOf(config) {
    const { models } = store.state.costs;
    for (const other of slots.keys()) if (!models.includes(other)) slots.delete(other);
    const taken = new Set(slots.values());
    if (!slots.has(config)) slots.set(config, Array.from({ length: taken.size + 1 }, (_, slot) => slot).find((slot) => !taken.has(slot)) ?? 0);
    return /** @type {number} */ (slots.get(config));
  }

  /** @param {string} config @returns {Promise<import("../model-counts.js").Source>} */
  async function source(config) {
    const given = own.get(config);
    const architecture = given?.architecture ?? index?.models.find((entry) => entry.config === config)?.architecture ?? "";
    const { modules, programs } = store.state;
    const known = programs.flatMap(({ path }) => /^models\/(\w+)\.py$/.exec(path)?.[1] ?? []);
    if (!known.includes(architecture)) throw new Error(texts.modelCostsView.noProgram(architecture, known.join(", ")));
    const text = await sourceOf("costs.py");
    const found = await modulesOf([text], modules, (name) => sourceOf(`models/${name}.py`), [architecture]);
    const blob = given?.file ?? (await fetchAsset(`configs/${config}.json`).then((answer) => answer.blob()));
    return { file: blob, modules: { ...found, costs: text } };
  }

  /** Configurations that the reader chose or dropped. @param {{ path: string, file: File }[]} files */
  async function openFiles(files) {
    const configs = files.filter(({ path }) => path.endsWith(".json") && !/(index|tokenizer|generation)[\w.-]*\.json$/.test(path));
    setText(problem, configs.length > 0 ? "" : texts.modelCostsView.notConfig);
    /** @type {string[]} */
    const added = [];
    for (const { path, file: one } of configs) {
      try {
        if (one.size > MAX_FILE_BYTES) throw new Error(texts.modelCostsView.isTooLarge);
        const config = await one.text().then(JSON.parse).catch(() => null);
        if (config === null) throw new Error(texts.modelCostsView.noJson);
        if (typeof config.model_type !== "string") throw new Error(texts.modelCostsView.noType);
        const parts = path.split("/");
        const name = parts.at(-1) === "config.json" ? (parts.at(-2) ?? config.model_type) : String(parts.at(-1)).replace(/\.json$/, "");
        const before = [...own.values()].filter(({ title }) => title === name || title.startsWith(`${name} (`)).length;
        const title = before === 0 ? name : `${name} (${before + 1})`;
        own.set(`${OWN}${title}`, { title, file: one, architecture: config.model_type });
        added.push(`${OWN}${title}`);
      } catch (error) {
        setText(problem, `${path}: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (added.length > 0) change({ models: [...new Set([...store.state.costs.models, ...added])] });
  }

  /** @param {string} config */
  function toggle(config) {
    const { models } = store.state.costs;
    change({ models: models.includes(config) ? models.filter((other) => other !== config) : [...models, config] });
  }

  function drawChips() {
    const { models } = store.state.costs;
    // In the order in which they were chosen, not in that of the list.
    for (const { config } of chosen()) slotOf(config);
    const focused = chips.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.config : undefined;
    chips.replaceChildren(
      ...entries().map(({ config, title }) => {
        const isChosen = models.includes(config);
        return h("button", { type: "button", class: isChosen ? `chip slot-${slotOf(config) % SLOTS}` : "chip", "aria-pressed": String(isChosen), "data-config": config, onclick: () => toggle(config) }, isChosen ? swatch(slotOf(config)) : null, h("span", null, title));
      }),
      h("button", { type: "button", class: "chip own", onclick: () => file.click() }, texts.modelCostsView.own),
    );
    if (focused) /** @type {HTMLElement | null} */ (chips.querySelector(`[data-config="${CSS.escape(focused)}"]`))?.focus();
  }

  function draw() {
    if (store.state.page !== "costs" || !index) return;
    const { what: id, context, dtype: chosenDtype } = store.state.costs;
    const quantity = quantityOf(id);
    const models = shown();
    const at = id === "parameters" ? ANY_CONTEXT[0] : context;
    const { done, total } = counts.progress();
    const counting = models.filter(({ isCounting }) => isCounting);
    const isBusy = counting.length > 0;
    element.dataset.state = isBusy && !isStopped ? "reading" : "drawn";
    progress.hidden = !isBusy && !isStopped;
    bar.max = Math.max(1, total);
    bar.value = done;
    bar.hidden = isStopped;
    if (!isBusy) began = null;
    else began ??= performance.now();
    const seconds = began === null ? 0 : Math.round((performance.now() - began) / 1000);
    setText(how, isStopped ? texts.modelCostsView.stopped : texts.modelCostsView.countingOf(counting.map(({ title }) => title).join(" + "), done, total, seconds > 2 ? String(seconds) : ""));
    clearTimeout(ticking);
    if (isBusy) ticking = setTimeout(() => inFrame(element, draw), 1000);
    setText(stop, isStopped ? texts.modelCostsView.count : texts.modelCostsView.stop);
    dtypeField.hidden = quantity.unit !== "bytes";
    contextField.hidden = id === "parameters";
    setText(sentence, comparisonSentence(quantity, context, models.map((model) => ({ title: model.title, value: valueOf(quantity, model.at(at), at) }))) || (models.length === 0 ? texts.modelCostsView.choose : texts.modelCostsView.countingYet));
    const marks = marksOf(index.published, models.map(({ config }) => config), id, counts.at);
    plot.draw({ quantity, models, marks: chosenDtype === "bf16" || quantity.unit !== "bytes" ? marks : [], context });
    slider.setAttribute("aria-valuetext", texts.modelCostsView.tokensOf(context, models.map((model) => `${model.title} ${textOf(quantity, model, context)}`).join(", ")));
    table.replaceChildren(countTable(quantity, models, at));
    figures.replaceChildren(...publishedTable(marks, models));
  }

  return { element, openFiles, focus: () => element.focus({ preventScroll: true }) };
}

/** @param {import("../model-costs.js").Quantity} quantity @param {Shown} model @param {number} context */
function textOf(quantity, model, context) {
  const value = valueOf(quantity, model.at(context), context);
  return value === null ? (model.isBeyond(context) ? texts.modelCostsView.noPositions : texts.modelCostsView.notCounted) : amountText(value, quantity.unit);
}

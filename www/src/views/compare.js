/** Two programs side by side: the same controls turned in both, what each costs, and their tensors step against step. */
import { identityPair, kindOf } from "../catalogue.js";
import { compareSides, proofsOf, runSide } from "../comparison.js";
import { h, setText } from "../dom.js";
import { differenceText } from "../identity.js";
import { sourceOf } from "../navigation.js";
import { controls, withValues } from "../program.js";
import { texts } from "../texts-later.js";
import { createCompareRows } from "./compare-rows.js";
import { controlField, fieldKey } from "./control-field.js";
import { number } from "./costs.js";

/** After a control moved: a drag's burst is gathered. */
const RUN_AFTER_MILLISECONDS = 80;

/**
 * @param {import("../state.js").Store} store
 * @param {import("../navigation.js").Navigation} navigation
 * @param {[import("../side-engine.js").SideEngine, import("../side-engine.js").SideEngine]} sides
 */
export function createCompare(store, navigation, sides) {
  const picks = /** @type {const} */ (["a", "b"]).map((which) => h("select", { lang: "en", "aria-label": which === "a" ? texts.compare.first : texts.compare.second, "data-testid": `compare-${which}`, onchange: () => choose({ [which]: picks[which === "a" ? 0 : 1].value }) }));
  const swap = h("button", { type: "button", class: "quiet", title: texts.compare.swap, "aria-label": texts.compare.swap, onclick: () => choose({ a: store.state.pair.b, b: store.state.pair.a }) }, "⇄");
  const fieldset = h("form", { class: "controls", "aria-label": texts.compare.turn, "data-testid": "compare-controls", onsubmit: (/** @type {Event} */ event) => event.preventDefault() });
  const verdict = h("p", { class: "verdict", role: "status", "data-testid": "verdict" });
  const proofs = h("div", { class: "proofs", "data-testid": "proofs" });
  const problem = h("p", { class: "error-line", role: "alert", "data-testid": "compare-error" });
  const costs = h("div", { class: "compare-costs", "data-testid": "compare-costs" });
  const rows = createCompareRows();
  const element = h(
    "section",
    { class: "compare", "aria-label": texts.compare.compared, "data-testid": "compare-page" },
    h("div", { class: "compare-top" }, h("div", { class: "picks" }, picks[0], swap, picks[1], h("button", { type: "button", class: "quiet", onclick: navigation.toProgram }, texts.compare.back)), fieldset),
    h("div", { class: "findings" }, h("div", { class: "said" }, verdict, proofs, problem), costs),
    rows.element,
  );
  /** The two programs as they are listed, by path. @type {Map<string, Promise<string>>} */
  const sources = new Map();
  let compared = "";
  /** @type {AbortController | null} */
  let running = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let built = "";
  /** @type {Map<string, import("./control-field.js").Field>} */
  let fields = new Map();

  store.on(["page", "pair", "programs"], (state) => {
    if (state.page !== "compare") {
      running?.abort();
      clearTimeout(waiting);
      // What was given up is computed when the reader comes back.
      if (element.dataset.state === "reading") compared = "";
      return;
    }
    const mechanisms = state.programs.filter((entry) => kindOf(entry) === "mechanism");
    if (mechanisms.length === 0) return;
    const pair = completed(state.pair, mechanisms, state.program, state.programs);
    if (pair.a !== state.pair.a || pair.b !== state.pair.b) return store.set({ pair });
    fillPicks(mechanisms, pair);
    const key = JSON.stringify(pair);
    if (key === compared) return;
    compared = key;
    running?.abort();
    clearTimeout(waiting);
    element.dataset.state = "reading";
    waiting = setTimeout(() => void compare(pair), RUN_AFTER_MILLISECONDS);
  });
  return { element, focus: () => picks[0].focus({ preventScroll: true }) };

  /** @param {Partial<import("../state.js").Pair>} patch */
  function choose(patch) {
    store.set({ pair: { ...store.state.pair, ...patch } });
  }

  /** @param {import("../state.js").ProgramEntry[]} mechanisms @param {import("../state.js").Pair} pair */
  function fillPicks(mechanisms, pair) {
    const groups = [...new Set(mechanisms.map(({ group }) => group))];
    for (const [select, path] of /** @type {const} */ ([[picks[0], pair.a], [picks[1], pair.b]])) {
      if (select.options.length !== mechanisms.length) {
        select.replaceChildren(...groups.map((group) => h("optgroup", { label: group }, ...mechanisms.filter((entry) => entry.group === group).map((entry) => h("option", { value: entry.path }, entry.title)))));
      }
      select.value = path;
    }
  }

  /** @param {import("../state.js").Pair} pair */
  async function compare(pair) {
    const mine = new AbortController();
    running = mine;
    const { signal } = mine;
    try {
      const plain = await Promise.all([pair.a, pair.b].map(source));
      signal.throwIfAborted();
      showControls(plain, pair);
      const turned = plain.map((code) => withValues(code, pair.values));
      const [a, b] = await Promise.all([runSide(sides[0], turned[0], signal), runSide(sides[1], turned[1], signal)]);
      const names = [pair.a, pair.b].map((path) => store.state.programs.find((entry) => entry.path === path)?.title ?? path);
      setText(problem, [a, b].flatMap(({ run }, index) => (run.error ? [`${names[index]}: ${run.error.message || run.error.type}`] : [])).join(" "));
      // What still compares is shown; where a program ended early, the rest of it is missing on one side.
      const isWhole = !a.run.error && !b.run.error;
      if (isWhole) {
        setText(verdict, rows.show(compareSides(a, b), [a, b], names));
        costs.replaceChildren(costTable(a, b, names));
      }
      rows.element.classList.toggle("stale", !isWhole);
      showProofs(isWhole ? await proofsOf(sides[0], store.state.programs, pair, source, signal) : []);
      element.dataset.state = "drawn";
    } catch (error) {
      if (signal.aborted) return;
      setText(problem, error instanceof Error ? error.message : String(error));
      element.dataset.state = "drawn";
    }
  }

  /** @param {string} path */
  function source(path) {
    let text = sources.get(path);
    if (!text) {
      text = sourceOf(path);
      sources.set(path, text);
      text.catch(() => sources.delete(path));
    }
    return text;
  }

  /** One field for each name: what both have is turned in both. @param {string[]} plain @param {import("../state.js").Pair} pair */
  function showControls(plain, pair) {
    const [a, b] = plain.map((code) => controls(withValues(code, pair.values)));
    const both = a.filter(({ name }) => b.some((other) => other.name === name));
    const list = [...both, ...a.filter((control) => !both.includes(control)), ...b.filter(({ name }) => !both.some((other) => other.name === name))];
    const key = list.map(fieldKey).join();
    if (key !== built) {
      built = key;
      fields = new Map(list.map((control) => [control.name, controlField(control, "compare", (value) => choose({ values: { ...store.state.pair.values, [control.name]: value } }))]));
      fieldset.replaceChildren(...[...fields].map(([name, { wrapper }]) => {
        const only = both.some((control) => control.name === name) ? null : a.some((control) => control.name === name) ? texts.compare.firstOnly : texts.compare.secondOnly;
        if (only) wrapper.append(h("span", { class: "only" }, only));
        return wrapper;
      }));
    }
    for (const control of list) fields.get(control.name)?.set(control.value);
  }

  /** @param {import("../comparison.js").Proof[]} list */
  function showProofs(list) {
    proofs.replaceChildren(
      ...list.map(({ entry, difference, error }) =>
        h(
          "p",
          { class: error ? "proof failed" : "proof" },
          h("strong", null, error ? texts.compare.failed : texts.compare.proven),
          h("a", { href: `#${entry.path}` }, entry.title),
          h("span", { class: "measured" }, error || (difference === null ? "" : texts.compare.measured(differenceText(difference)))),
        ),
      ),
    );
  }
}

/** A pair of two listed programs: what is missing is the program on display, then one that is proven to be the same, then its neighbour in the story. @param {import("../state.js").Pair} pair @param {import("../state.js").ProgramEntry[]} mechanisms @param {string} program @param {import("../state.js").ProgramEntry[]} programs @returns {import("../state.js").Pair} */
function completed(pair, mechanisms, program, programs) {
  const paths = mechanisms.map(({ path }) => path);
  const a = paths.includes(pair.a) ? pair.a : paths.includes(program) ? program : paths[0];
  if (paths.includes(pair.b) && pair.b !== pair.a) return { ...pair, a };
  const partner = programs.flatMap((entry) => identityPair(entry, programs) ?? []).map(({ path }) => path);
  const at = partner.indexOf(a);
  const b = at >= 0 ? partner[at % 2 === 0 ? at + 1 : at - 1] : (paths[paths.indexOf(a) - 1] ?? paths[1] ?? a);
  return { ...pair, a, b };
}

/** @param {import("../comparison.js").Side} a @param {import("../comparison.js").Side} b @param {string[]} names */
function costTable(a, b, names) {
  const whats = [...new Set([...a.costs, ...b.costs].map(({ what }) => what))];
  if (whats.length === 0) return h("p", { class: "hint" }, texts.compare.noCosts);
  const cell = (/** @type {import("../comparison.js").Side} */ side, /** @type {string} */ what) => {
    const row = side.costs.find((other) => other.what === what);
    return h("td", null, row ? h("span", { class: "number" }, number(row.counted)) : "–", row ? h("code", null, row.formula) : null);
  };
  return h(
    "table",
    null,
    h("thead", null, h("tr", null, h("td", null), ...names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, ...whats.map((what) => h("tr", null, h("th", { scope: "row" }, what), cell(a, what), cell(b, what)))),
  );
}

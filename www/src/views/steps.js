/**
 * The trace, one row for each executed line: its place, its code, and the tensors and
 * values that it bound. Long traces show the part around the current step; a tensor is
 * read and drawn when it comes into view.
 */
import { h } from "../dom.js";
import { inFrame } from "../frame.js";
import { texts } from "../texts.js";
import { placeText, sourceText } from "../trace.js";
import { onLookChange } from "./look.js";
import { createTensor } from "./tensor.js";

/** Rows kept on the page around the current step. */
const ROWS_BEFORE = 40;
const ROWS_AFTER = 80;
/** A value's text, past which it is cut; the whole is in its title. */
const VALUE_CHARACTERS = 160;
/** How far outside the view a tensor is already drawn. */
const MARGIN = "400px 0px";

/** @param {import("../state.js").Store} store @param {import("../session.js").Session} session */
export function createSteps(store, session) {
  const list = h("div", { class: "steps", "data-testid": "steps", });
  const element = h("section", { class: "trace", "aria-label": texts.steps.tensors }, list);
  /** @type {{ from: number, to: number, rows: Map<number, HTMLElement>, tensors: Map<Element, import("./tensor.js").TensorView> }} */
  let shown = { from: 0, to: 0, rows: new Map(), tensors: new Map() };
  /** @type {import("../state.js").Run | null} */
  let run = null;
  let room = 0;

  const inView = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        inView.unobserve(entry.target);
        void shown.tensors.get(entry.target)?.load();
      }
    },
    { root: element, rootMargin: MARGIN },
  );

  store.on(["run", "step"], (state) => {
    if (state.run !== run || isOutside(state.step)) {
      const isRerun = state.run !== run && state.run !== null && run !== null;
      const scroll = element.scrollTop;
      run = state.run;
      fill(state.step);
      markCurrent(state.step);
      // The reader's view stays where it was while a program is turned and edited.
      if (isRerun) element.scrollTop = scroll;
      else reveal(state.step);
      return;
    }
    markCurrent(state.step);
    reveal(state.step);
  });
  store.on(["stale"], ({ stale }) => element.classList.toggle("stale", stale));
  store.on(["pointed", "pinned", "provenance"], lightCells);
  onLookChange(element, () => {
    for (const tensor of shown.tensors.values()) tensor.paint();
  });
  new ResizeObserver(() => {
    const width = measure();
    if (Math.abs(width - room) > 8 && run) inFrame(element, refill);
  }).observe(element);

  /** Where there is another width, rows have other heights: the current one stays where the reader sees it. */
  function refill() {
    const { step } = store.state;
    const topOfStep = () => shown.rows.get(step)?.getBoundingClientRect().top ?? 0;
    const before = topOfStep();
    fill(step);
    markCurrent(step);
    element.scrollBy({ top: topOfStep() - before, behavior: "instant" });
  }

  /** @param {number} step */
  function isOutside(step) {
    return run !== null && run.steps.length > 0 && (step < shown.from || step >= shown.to);
  }

  function measure() {
    const style = getComputedStyle(list);
    return element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 2;
  }

  /** Builds the rows around a step. @param {number} step */
  function fill(step) {
    room = measure();
    inView.disconnect();
    const before = new Map([...shown.tensors.values()].map((tensor) => [`${tensor.step} ${tensor.name.name}`, tensor]));
    shown = { from: 0, to: 0, rows: new Map(), tensors: new Map() };
    if (!run) {
      list.replaceChildren(h("p", { class: "empty" }, texts.steps.notRun));
      return;
    }
    const { steps } = run;
    const sources = new Map();
    const linesOf = (/** @type {string} */ file) => sources.get(file) ?? sources.set(file, sourceText(/** @type {any} */ (run), file).split("\n")).get(file);
    shown.from = steps.length <= ROWS_BEFORE + ROWS_AFTER ? 0 : Math.max(0, step - ROWS_BEFORE);
    shown.to = steps.length <= ROWS_BEFORE + ROWS_AFTER ? steps.length : Math.min(steps.length, step + ROWS_AFTER);
    const rows = [];
    for (let index = shown.from; index < shown.to; index += 1) rows.push(createRow(index, linesOf(steps[index].file), before));
    const jump = (/** @type {number} */ to, /** @type {string} */ text) => h("button", { type: "button", class: "quiet jump", onclick: () => session.goTo(to) }, text);
    list.replaceChildren(
      ...(shown.from > 0 ? [jump(shown.from - 1, texts.steps.earlier(shown.from))] : []),
      ...rows,
      ...(shown.to < steps.length ? [jump(shown.to, texts.steps.later(steps.length - shown.to))] : []),
      ...(steps.every(({ names }) => names.every(({ kind }) => kind === "value")) && run.stdout === "" ? [h("p", { class: "empty" }, texts.steps.noTensors)] : []),
      ...(run.dropped > 0 ? [h("p", { class: "note" }, texts.steps.dropped(run.dropped))] : []),
    );
    for (const figure of shown.tensors.keys()) inView.observe(figure);
    lightCells(store.state);
  }

  /** @param {number} index @param {string[]} codeLines @param {Map<string, import("./tensor.js").TensorView>} before tensors of the rows that these replace */
  function createRow(index, codeLines, before) {
    const { steps, stdout } = /** @type {import("../state.js").Run} */ (run);
    const step = steps[index];
    const code = (codeLines[step.line - 1] ?? "").replace(/\s+#.*$/, "").trim();
    const place = placeText(step);
    const printed = stdout.slice(steps[index - 1]?.output ?? 0, step.output).trimEnd();
    const tensors = step.names.filter(({ kind }) => kind === "tensor");
    // A line such as `heads = 2` already says what it binds.
    const others = step.names.filter(({ kind, name, text }) => kind !== "tensor" && code.replaceAll('"', "'") !== `${name} = ${text}`);
    const row = h(
      "article",
      { class: "step", "data-testid": "step", "data-step": index, "data-line": step.line },
      h(
        "header",
        null,
        h("button", { type: "button", class: "line", "aria-label": texts.steps.line(step.line, code), onclick: () => session.goTo(index) }, String(step.line)),
        h("code", { class: "source", lang: "en", onclick: () => session.goTo(index) }, code),
        place ? h("span", { class: "place" }, place) : null,
      ),
      others.length > 0 ? h("div", { class: "values" }, ...others.map(valueOf)) : null,
      printed ? h("pre", { class: "printed", tabindex: scrolls(printed) ? "0" : null }, clip(printed, 400)) : null,
    );
    row.style.setProperty("--depth", String(Math.min(step.depth, 6)));
    row.classList.toggle("bare", tensors.length === 0);
    if (tensors.length > 0) {
      const figures = tensors.map((name) => {
        const tensor = createTensor(session, { name, step: index, steps, room: room - 12 * Math.min(step.depth, 6) - 16, previous: before.get(`${index} ${name.name}`) });
        shown.tensors.set(tensor.element, tensor);
        return tensor.element;
      });
      row.append(h("div", { class: "tensors" }, ...figures));
    }
    shown.rows.set(index, row);
    return row;
  }

  /** @param {number} step */
  function markCurrent(step) {
    for (const [index, row] of shown.rows) {
      const isCurrent = index === step;
      row.classList.toggle("current", isCurrent);
      if (isCurrent) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    }
  }

  /** Brings a step's row into view with as little movement as possible, and never moves the page around it. @param {number} step */
  function reveal(step) {
    const row = shown.rows.get(step);
    if (!row) return;
    const outer = element.getBoundingClientRect();
    const inner = row.getBoundingClientRect();
    const margin = Math.min(72, outer.height / 6);
    const above = inner.top - outer.top - margin;
    const below = inner.bottom - outer.bottom + margin;
    const top = above < 0 || inner.height > outer.height - 2 * margin ? above : below > 0 ? Math.min(below, above) : 0;
    if (top === 0) return;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || store.state.playing || Math.abs(top) > 2 * outer.height;
    element.scrollBy({ top, behavior: isCalm ? "instant" : "smooth" });
  }

  /** @param {Readonly<import("../state.js").State>} state */
  function lightCells({ pointed, pinned, provenance }) {
    const own = pointed ?? pinned;
    /** @type {Map<number, number[][]>} */
    const sources = new Map();
    if (own && provenance?.origin && provenance.cell.id === own.id) {
      for (const { inputs } of provenance.origin.steps) {
        for (const { id, cells } of inputs) if (cells.length > 0) sources.set(id, [...(sources.get(id) ?? []), ...cells]);
      }
    }
    for (const tensor of shown.tensors.values()) {
      tensor.light(sources.get(tensor.name.id) ?? null, own && own.id === tensor.name.id ? own.index : null);
    }
  }

  return {
    element,
    /** Brings a tensor into view and, with an index, focuses its cell. @param {number} id @param {number[]} [index] */
    showTensor(id, index) {
      const tensor = [...shown.tensors.values()].find((other) => other.name.id === id);
      if (!tensor) {
        const step = run?.steps.findIndex(({ names }) => names.some((name) => name.id === id && name.kind === "tensor")) ?? -1;
        if (step >= 0) session.goTo(step);
        return;
      }
      reveal(tensor.step);
      if (index) tensor.focusCell(index);
    },
    /** Focuses the current line's first tensor cell, or its line number. */
    focusCurrent() {
      const row = shown.rows.get(store.state.step);
      const target = row?.querySelector(".cell[tabindex='0']") ?? row?.querySelector("button.line");
      if (target instanceof HTMLElement) target.focus();
    },
  };
}

/** @param {import("../state.js").Name} name */
function valueOf({ name, kind, text }) {
  if (kind === "dropped") return h("p", { class: "note" }, texts.steps.notKept(name));
  return h("div", { class: "value", "data-testid": "value", title: text.length > VALUE_CHARACTERS ? text.slice(0, 4000) : null }, h("span", { class: "name" }, name), " = ", h("span", { class: "text" }, clip(text, VALUE_CHARACTERS)));
}

/** @param {string} text @param {number} length */
function clip(text, length) {
  return text.length > length ? `${text.slice(0, length)} …` : text;
}

/** Whether what was printed may be larger than its place, so that who has no pointer must be able to scroll it. @param {string} printed */
function scrolls(printed) {
  const lines = clip(printed, 400).split("\n");
  return lines.length > 6 || lines.some((line) => line.length > 40);
}

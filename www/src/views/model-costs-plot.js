/**
 * Costs against the context, a line for each model, both axes logarithmic: dots are counts,
 * hollow diamonds are published figures. Parameters, which no context changes, are a row for
 * each model instead.
 */
import { h } from "../dom.js";
import { CONTEXTS, amountText, axisOf, domainOf, logScale, nearest, spread, ticksOf, titleOf, tokenTicks, tokensText, valueOf } from "../model-costs.js";
import { figureText } from "../published-costs.js";
import { texts } from "../texts-later.js";
import { SLOTS, dashes, marker, round, svg, swatch, text } from "./plot-parts.js";

const LABEL = 16;
/** Width of a character of a label. */
const CHARACTER = 8.6;
const ROW = 38;
/** Room around the plot; narrow screens give their width to the lines. */
const MARGIN = { top: 26, bottom: 40, left: 62, narrowLeft: 50 };
const NARROW = 620;

/** @typedef {import("./model-costs.js").Shown} Shown */
/** @typedef {import("../published-costs.js").Mark} Mark */
/** @typedef {{ quantity: import("../model-costs.js").Quantity, models: Shown[], marks: Mark[], context: number }} Scene */
/** @typedef {{ x: (tokens: number) => number, y: (value: number) => number, left: number, right: number, top: number, bottom: number }} Frame */

/** @param {(context: number) => void} choose called with the context that the reader presses */
export function createPlot(choose) {
  const reading = h("div", { class: "plot-reading", hidden: true });
  const drawing = h("div", { class: "plot-drawing" });
  const hint = h("p", { class: "hint" });
  const element = h("figure", { class: "plot", "data-testid": "costs-plot" }, drawing, reading, hint);
  /** @type {Scene | null} */
  let scene = null;
  /** @type {Frame | null} */
  let frame = null;
  /** Where the pointer is. @type {number | null} */
  let pointed = null;

  drawing.addEventListener("pointermove", (event) => {
    const context = contextAt(event);
    if (!(/** @type {Element} */ (event.target).closest(".mark")) && context !== pointed) point(context);
  });
  drawing.addEventListener("pointerleave", () => point(null));
  drawing.addEventListener("click", (event) => {
    const context = contextAt(event);
    if (context !== null) choose(context);
  });

  return { element, draw, isEmpty: () => drawing.childElementCount === 0 };

  /** @param {Scene} next */
  function draw(next) {
    scene = next;
    const width = Math.floor(element.clientWidth);
    if (width === 0) return;
    const focused = drawing.contains(document.activeElement) ? [...drawing.querySelectorAll(".mark")].indexOf(/** @type {Element} */ (document.activeElement)) : -1;
    const isBars = next.quantity.id === "parameters";
    frame = isBars ? null : frameOf(next, width);
    drawing.replaceChildren(isBars ? rows(next, width) : lines(next, width, /** @type {Frame} */ (frame)));
    hint.textContent = isBars ? texts.modelCostsPlot.bars : texts.modelCostsPlot.lines;
    if (focused >= 0) /** @type {SVGElement | undefined} */ (drawing.querySelectorAll(".mark")[focused])?.focus();
    if (isBars) point(null);
    else if (pointed !== null) point(pointed);
  }

  /** @param {PointerEvent | MouseEvent} event */
  function contextAt(event) {
    if (!frame) return null;
    const x = event.clientX - drawing.getBoundingClientRect().left;
    if (x < frame.left - 12 || x > frame.right + 12) return null;
    const part = (x - frame.left) / (frame.right - frame.left);
    return nearest(1024 * 1024 ** part, CONTEXTS);
  }

  /** Shows what is counted at a context. @param {number | null} context */
  function point(context) {
    pointed = context;
    reading.hidden = context === null;
    drawing.querySelector(".pointed")?.remove();
    if (context === null || !scene || !frame) return;
    const { quantity, models } = scene;
    const x = frame.x(context);
    drawing.firstElementChild?.append(svg("line", { class: "pointed", x1: x, x2: x, y1: frame.top, y2: frame.bottom }));
    const values = models.map((model) => ({ model, value: valueOf(quantity, model.at(context), context) })).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
    reading.replaceChildren(
      h("strong", null, texts.modelCostsPlot.tokens(context)),
      ...values.map(({ model, value }) => h("span", { class: `slot-${model.slot % SLOTS}` }, swatch(model.slot), h("span", null, model.title), h("span", { class: "number" }, value === null ? (model.isBeyond(context) ? texts.modelCostsPlot.noPositions : "…") : amountText(value, quantity.unit)))),
    );
    place(x);
  }

  /** Puts the reading beside a position, on the side where there is room. @param {number} x */
  function place(x) {
    const room = element.clientWidth;
    const wide = reading.offsetWidth;
    reading.style.left = `${x + 14 + wide <= room ? x + 14 : Math.max(0, x - 14 - wide)}px`;
    reading.style.top = `${MARGIN.top}px`;
  }

  /** @param {Mark} mark @param {number} x @param {number} y @param {Shown} model */
  function diamond(mark, x, y, model) {
    const counted = mark.counted === null ? "" : texts.modelCostsPlot.counted(figureText(mark.counted, mark));
    const said = texts.modelCostsPlot.published(model.title, mark.name, mark.isAnywhere ? "" : tokensText(mark.context), figureText(mark.value, mark), counted, mark.source);
    const show = () => {
      drawing.querySelector(".pointed")?.remove();
      pointed = null;
      reading.hidden = false;
      reading.replaceChildren(h("p", null, said));
      place(x);
    };
    const element = svg("g", { class: `mark slot-${model.slot % SLOTS}`, tabindex: 0, role: "img", "aria-label": said, "data-config": mark.config });
    element.append(svg("path", { d: `M${x} ${y - 7}L${x + 7} ${y}L${x} ${y + 7}L${x - 7} ${y}Z` }));
    element.addEventListener("pointerenter", show);
    element.addEventListener("focus", show);
    element.addEventListener("blur", () => point(null));
    element.addEventListener("pointerleave", () => point(null));
    return element;
  }

  /** @param {Scene} drawn @param {number} width @param {Frame} at */
  function lines({ quantity, models, marks, context }, width, at) {
    const { x, y, left, right, top, bottom } = at;
    const isNarrow = width < NARROW;
    const picture = svg("svg", { class: "costs-plot", width, height: bottom + MARGIN.bottom, role: "group", "aria-label": texts.modelCostsPlot.label(titleOf(quantity), models.map(({ title }) => title).join(", ")) });
    for (const tick of ticksOf(intervalOf({ quantity, models, marks }), 7)) {
      picture.append(svg("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }), text(left - 8, y(tick), shortAmount(tick, quantity.unit), { "text-anchor": "end" }));
    }
    for (const tick of tokenTicks(isNarrow ? 6 : 11)) picture.append(svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5 }), text(x(tick), bottom + 15, tokensText(tick), { "text-anchor": "middle" }));
    picture.append(text((left + right) / 2, bottom + 31, texts.modelCostsPlot.axis, { "text-anchor": "middle", class: "axis" }), text(isNarrow ? 4 : left - 50, 9, axisOf(quantity), { class: "axis" }));
    if (context >= 1024) picture.append(svg("line", { class: "chosen", x1: x(context), x2: x(context), y1: top, y2: bottom }));

    /** @type {{ model: Shown, points: [number, number][] }[]} */
    const drawn = models.map((model) => ({ model, points: CONTEXTS.flatMap((tokens) => {
      const value = valueOf(quantity, model.at(tokens), tokens);
      return value === null ? [] : /** @type {[number, number][]} */ ([[x(tokens), y(value)]]);
    }) }));
    for (const { model, points } of drawn) {
      const group = svg("g", { class: `line slot-${model.slot % SLOTS}`, "data-config": model.config, "data-points": points.length });
      group.append(svg("path", { d: points.map(([px, py], n) => `${n === 0 ? "M" : "L"}${round(px)} ${round(py)}`).join(""), "stroke-dasharray": dashes(model.slot) }));
      // A marker at every second power of two: enough to tell the lines apart, few enough to see them.
      for (const [n, [px, py]] of points.entries()) if (n % 4 === 0 || points.length === 1) group.append(marker(model.slot, px, py));
      picture.append(group);
    }
    // Lines that end at the same context have their names below each other; while counts come in, or where positions end, that is inside.
    const ends = drawn.flatMap(({ model, points }) => (points.length > 0 ? [{ model, endX: points[points.length - 1][0], endY: points[points.length - 1][1] }] : []));
    for (const column of new Set(ends.map(({ endX }) => endX))) {
      const group = ends.filter(({ endX }) => endX === column);
      const places = spread(group.map(({ endY }) => endY), LABEL, [top, bottom]);
      for (const [n, { model, endX, endY }] of group.entries()) {
        if (Math.abs(endY - places[n]) > 2) picture.append(svg("path", { class: "leader", d: `M${round(endX + 4)} ${round(endY)}L${round(endX + 9)} ${round(places[n])}` }));
        picture.append(text(endX + 12, places[n], labelOf(model.title, isNarrow), { class: `end slot-${model.slot % SLOTS}` }));
      }
    }
    for (const mark of marks) {
      const model = models.find(({ config }) => config === mark.config);
      if (model && mark.at !== null) picture.append(diamond(mark, round(x(mark.context)), round(y(mark.at)), model));
    }
    return picture;
  }

  /** All and active parameters, a row a model. @param {Scene} drawn @param {number} width */
  function rows({ models, marks }, width) {
    const left = 8;
    const right = width - 70;
    const bottom = MARGIN.top + models.length * ROW;
    const all = models.map((model) => model.at(1));
    const domain = domainOf(all.flatMap((counts) => (counts?.parameters && counts.active_parameters ? [counts.parameters, counts.active_parameters] : [])));
    const x = logScale(domain, [left + 8, right]);
    const picture = svg("svg", { class: "costs-plot", width, height: bottom + 26, role: "group", "aria-label": texts.modelCostsPlot.labelParameters(models.map(({ title }) => title).join(", ")) });
    for (const tick of ticksOf(domain, 7)) picture.append(svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: MARGIN.top - 8, y2: bottom }), text(x(tick), bottom + 14, shortAmount(tick, ""), { "text-anchor": "middle" }));
    for (const [n, model] of models.entries()) {
      const counts = all[n];
      const y = MARGIN.top + n * ROW + 24;
      picture.append(text(left, y - 18, model.title, { class: `end slot-${model.slot % SLOTS}` }));
      if (counts?.parameters && counts.active_parameters) {
        const group = svg("g", { class: `line slot-${model.slot % SLOTS}`, "data-config": model.config, "data-points": 2 });
        group.append(svg("path", { d: `M${round(x(counts.active_parameters))} ${y}L${round(x(counts.parameters))} ${y}` }), svg("circle", { class: "all", cx: x(counts.parameters), cy: y, r: 5.5 }), svg("circle", { class: "marker", cx: x(counts.active_parameters), cy: y, r: 4 }));
        picture.append(group, text(x(counts.parameters) + 12, y, shortAmount(counts.parameters, ""), {}));
      }
      for (const mark of marks.filter(({ config }) => config === model.config)) if (mark.at !== null) picture.append(diamond(mark, round(x(mark.at)), y, model));
    }
    return picture;
  }
}

/** @param {Pick<Scene, "quantity" | "models" | "marks">} scene @returns {[number, number]} */
function intervalOf({ quantity, models, marks }) {
  const values = models.flatMap((model) => CONTEXTS.flatMap((tokens) => valueOf(quantity, model.at(tokens), tokens) ?? []));
  return domainOf([...values, ...marks.flatMap(({ at }) => (at !== null && at > 0 ? [at] : []))]);
}

/** @param {Scene} scene @param {number} width @returns {Frame} */
function frameOf(scene, width) {
  const isNarrow = width < NARROW;
  const left = isNarrow ? MARGIN.narrowLeft : MARGIN.left;
  const right = width - LABEL - CHARACTER * Math.max(8, ...scene.models.map(({ title }) => labelOf(title, isNarrow).length));
  const top = MARGIN.top;
  const bottom = top + Math.max(isNarrow ? 300 : 380, LABEL * scene.models.length);
  return { x: logScale([CONTEXTS[0], CONTEXTS[CONTEXTS.length - 1]], [left, right]), y: logScale(intervalOf(scene), [bottom, top]), left, right, top, bottom };
}

/** What stands at the end of a line: beside a narrow plot without the sizes. @param {string} title @param {boolean} isNarrow */
function labelOf(title, isNarrow) {
  return isNarrow ? title.replace(/ \d+B-A\d+B$/, "").replace(/^DeepSeek /, "") : title;
}

/** An amount beside the axis. @param {number} value @param {import("../model-costs.js").Quantity["unit"]} unit */
function shortAmount(value, unit) {
  const text = amountText(value, unit).replace(/[.,]0+(?= )/, "");
  return unit === "" ? texts.modelCostsPlot.short(text) : text.replace(/FLOPs$/, "").replace(/bytes$/i, "B");
}

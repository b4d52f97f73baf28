/** Quality against memory: a point for each model, and an arrow between the two that are compared. */
import { h } from "../dom.js";
import { decimal } from "../language.js";
import { bytesText } from "../number.js";
import { domainOf, logScale, ticksOf } from "../model-costs.js";
import { texts } from "../texts-later.js";
import { intervalOf, linearTicks, percent } from "../trade.js";
import { round, svg, text } from "./plot-parts.js";

const MARGIN = { top: 30, right: 20, bottom: 44, left: 58 };
const NARROW = 620;
const RADIUS = 6;
/** Height of a label and width of its characters, to keep labels apart. */
const LINE = 15;
const CHARACTER = 6.9;

/** @typedef {{ id: string, title: string, path: string, bytes: number, quality: number, role: "" | "model" | "against" }} Point */
/** @typedef {{ points: Point[], quality: import("../trade.js").Quality, context: number, missing: string[] }} Scene */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/** @param {(path: string) => string} address of a model @param {(path: string) => void} open */
export function createTradePlot(address, open) {
  const drawing = h("div", { class: "plot-drawing" });
  const hint = h("p", { class: "hint" });
  const element = h("figure", { class: "plot trade-plot", "data-testid": "trade-plot" }, drawing, hint);
  return { element, draw };

  /** @param {Scene} scene */
  function draw({ points, quality, context, missing }) {
    const width = Math.floor(element.clientWidth);
    if (width === 0) return;
    const focused = /** @type {SVGElement | null} */ (document.activeElement)?.dataset?.id;
    drawing.replaceChildren(points.length > 0 ? picture(points, quality, context, width) : h("p", { class: "empty" }, texts.tradePlot.none(titleOf(quality))));
    hint.textContent = texts.tradePlot.hint(missing.join(", "));
    if (focused) /** @type {SVGElement | null} */ (drawing.querySelector(`[data-id="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {Point[]} points @param {import("../trade.js").Quality} quality @param {number} context @param {number} width */
  function picture(points, quality, context, width) {
    const isNarrow = width < NARROW;
    const frame = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: MARGIN.top + (isNarrow ? 300 : 360) };
    const bytes = domainOf(points.map((point) => point.bytes));
    const interval = quality.isMoreBetter ? /** @type {[number, number]} */ ([0, 1]) : intervalOf(points.map((point) => point.quality));
    const x = logScale([Math.min(...points.map((point) => point.bytes)) / 1.6, bytes[1]], [frame.left, frame.right]);
    const ends = quality.isMoreBetter ? [frame.bottom, frame.top] : [frame.top, frame.bottom];
    const y = (/** @type {number} */ value) => ends[0] + ((ends[1] - ends[0]) * (value - interval[0])) / (interval[1] - interval[0]);
    const shown = (/** @type {number} */ value) => (quality.isMoreBetter ? percent(value) : decimal(value.toFixed(2)));

    const { axis } = texts.trade.qualities[quality.id];
    const drawn = svg("svg", { class: "costs-plot", width, height: frame.bottom + MARGIN.bottom, role: "group", "aria-label": texts.tradePlot.label(titleOf(quality), context) });
    for (const tick of linearTicks(interval)) drawn.append(svg("line", { class: "grid", x1: frame.left, x2: frame.right, y1: y(tick), y2: y(tick) }), text(frame.left - 8, y(tick), shown(tick), { "text-anchor": "end" }));
    for (const tick of ticksOf(bytes, 6).filter((tick) => x(tick) >= frame.left && x(tick) <= frame.right)) drawn.append(svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: frame.bottom, y2: frame.bottom + 5 }), text(x(tick), frame.bottom + 15, bytesText(tick).replace(/[.,]0/, ""), { "text-anchor": "middle" }));
    drawn.append(text((frame.left + frame.right) / 2, frame.bottom + 33, texts.tradePlot.axis(context), { "text-anchor": "middle", class: "axis" }), text(isNarrow ? 4 : frame.left - 46, 10, quality.isMoreBetter ? axis : texts.tradePlot.lessIsBetter(axis), { class: "axis" }));

    // Far from all others, a point stands at the edge and says its number.
    const places = points.map((point) => {
      const at = y(point.quality);
      const isOutside = at < frame.top - 1 || at > frame.bottom + 1;
      return { point, px: x(point.bytes), py: Math.max(frame.top, Math.min(at, frame.bottom)), isOutside, label: isOutside ? `${point.title} ${shown(point.quality)} ${at > frame.bottom ? "↓" : "↑"}` : point.title };
    });
    const [model, against] = ["model", "against"].map((role) => places.find(({ point }) => point.role === role));
    if (model && against && model !== against) drawn.append(arrow(against, model));
    const labels = labelPlaces(places.map(({ px, py, label, point }) => ({ px, py, width: CHARACTER * label.length * (point.role ? 1.12 : 1) })), frame, model && against ? alongArrow(against, model) : []);
    for (const [n, { point, px, py, label, isOutside }] of places.entries()) {
      const said = texts.tradePlot.point(point.title, titleOf(quality), quality.isMoreBetter ? percent(point.quality) : decimal(point.quality.toFixed(3)), bytesText(point.bytes), context);
      const link = svg("a", { class: `point ${point.role}${isOutside ? " outside" : ""}`, href: address(point.path), "aria-label": said, "data-id": point.id, "data-bytes": String(point.bytes), "data-quality": String(point.quality) });
      link.addEventListener("click", (event) => (event.preventDefault(), open(point.path)));
      const title = svg("title", {});
      title.append(said);
      // A finger hits what is larger than the dot.
      link.append(title, svg("circle", { class: "reach", cx: px, cy: py, r: 14 }), svg("circle", { class: "dot", cx: px, cy: py, r: RADIUS }));
      const { x: lx, y: ly, anchor } = labels[n];
      // A label that found no room beside its point is tied to it.
      if (Math.abs(ly - py) > 1.5 * LINE) link.append(svg("path", { class: "leader", d: `M${round(px)} ${round(py)}L${round(lx)} ${round(ly)}` }));
      link.append(text(lx, ly, label, { class: "end", "text-anchor": anchor }));
      drawn.append(link);
    }
    return drawn;
  }
}

/** From one point to another, ending before it. @param {{ px: number, py: number }} from @param {{ px: number, py: number }} to */
function arrow(from, to) {
  const [dx, dy] = [to.px - from.px, to.py - from.py];
  const length = Math.hypot(dx, dy);
  if (length < 3 * RADIUS) return svg("g", {});
  const [ux, uy] = [dx / length, dy / length];
  const [sx, sy] = [from.px + ux * (RADIUS + 3), from.py + uy * (RADIUS + 3)];
  const [ex, ey] = [to.px - ux * (RADIUS + 4), to.py - uy * (RADIUS + 4)];
  const wing = (/** @type {number} */ side) => `L${round(ex - 9 * ux + side * 4 * uy)} ${round(ey - 9 * uy - side * 4 * ux)}`;
  return svg("path", { class: "arrow", d: `M${round(sx)} ${round(sy)}L${round(ex)} ${round(ey)}M${round(ex)} ${round(ey)}${wing(1)}M${round(ex)} ${round(ey)}${wing(-1)}` });
}

/** Small boxes along the arrow. @param {{ px: number, py: number }} from @param {{ px: number, py: number }} to @returns {Box[]} */
function alongArrow(from, to) {
  const count = Math.ceil(Math.hypot(to.px - from.px, to.py - from.py) / 8);
  return Array.from({ length: count }, (_, n) => {
    const [x, y] = [from.px + ((to.px - from.px) * n) / count, from.py + ((to.py - from.py) * n) / count];
    return { left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 };
  });
}

/**
 * Where labels stand without covering points or each other: right of the point, left, above or below, whichever is free first.
 * @param {{ px: number, py: number, width: number }[]} points @param {Box} frame @param {Box[]} others what else they should not cover
 * @returns {{ x: number, y: number, anchor: "start" | "end" | "middle" }[]}
 */
export function labelPlaces(points, frame, others) {
  /** @type {Box[]} */
  const taken = [...others, ...points.map(({ px, py }) => ({ left: px - RADIUS, right: px + RADIUS, top: py - RADIUS, bottom: py + RADIUS }))];
  return points.map(({ px, py, width }) => {
    const away = RADIUS + 5;
    const choices = [0, 1, 2, 3].flatMap((far) => [
      { x: px + away, y: py - far * LINE, anchor: /** @type {const} */ ("start") },
      { x: px - away, y: py - far * LINE, anchor: /** @type {const} */ ("end") },
      { x: px + away, y: py + far * LINE, anchor: /** @type {const} */ ("start") },
      { x: px - away, y: py + far * LINE, anchor: /** @type {const} */ ("end") },
      { x: px, y: py - (far + 1) * LINE, anchor: /** @type {const} */ ("middle") },
      { x: px, y: py + (far + 1) * LINE, anchor: /** @type {const} */ ("middle") },
    ]);
    const boxOf = ({ x, y, anchor }) => {
      const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
      return { left, right: left + width, top: y - LINE / 2, bottom: y + LINE / 2 };
    };
    const cost = (/** @type {typeof choices[0]} */ choice) => {
      const box = boxOf(choice);
      const isOutside = box.left < 0 || box.right > frame.right + MARGIN.right || box.top < 0 || box.bottom > frame.bottom;
      return (isOutside ? 1000 : 0) + taken.reduce((sum, other) => sum + overlap(box, other), 0);
    };
    const best = choices.reduce((least, choice) => (cost(choice) < cost(least) ? choice : least));
    taken.push(boxOf(best));
    return best;
  });
}

/** @param {import("../trade.js").Quality} quality */
function titleOf({ id }) {
  return texts.trade.qualities[id].title;
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
}

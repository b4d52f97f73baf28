/**
 * A tensor as a figure that stands by itself: the heat map as the page shows it, with its name, labels, legend and where
 * it comes from. Elements of SVG, so that text is text; made of any document, so that a build can make one as well.
 */
import { colorMap, inkOn, mapOffset } from "../color.js";
import { exactNumber, shortNumber } from "../number.js";
import { texts } from "../texts-later.js";
import { tileSummary, valueAt } from "../views/tensor-paint.js";
import { gridSize } from "../views/tensor-plan.js";
import { clipped, maker, short } from "./svg.js";

/** Colours of what is not a value, as `style.css` has them: a figure may be of the theme that is not on display. */
export const LOOKS = /** @type {const} */ ({
  light: { ink: "#1d2025", muted: "#646a73", paper: "#ffffff", line: "#d4d4cf" },
  dark: { ink: "#e6e7e9", muted: "#9ba1ab", paper: "#17191d", line: "#3a3f47" },
});
const SANS = "system-ui, sans-serif";
const MONO = "ui-monospace, monospace";
const MARGIN = 16;
const GAP = { across: 20, down: 12 };
const PANEL_TITLE = 16;
/** A figure of one number still has room for where it comes from. */
const LEAST_WIDTH = 360;
/** Width of a character, as a part of the size of its letters: most fonts have narrower ones. */
const CHARACTER = { sans: 0.56, mono: 0.62 };
const BAR = { width: 96, height: 10 };

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {number[]} shape
 * @property {string} dtype
 * @property {string} device
 * @property {string} code the line that made it
 * @property {{ rows: string[] | null, columns: string[] | null }} labels
 * @property {import("../views/tensor-plan.js").Plan} plan
 * @property {string[]} titles of the matrices that are shown, the first ones
 * @property {number} across matrices beside each other
 * @property {{ data: ArrayLike<number | bigint>, domain: import("../color.js").Domain }} values
 * @property {string} where the program and the line; "" where what is around the figure says so
 * @property {string} address that shows all of this again; "" if there is none
 */

/** @param {Figure} figure @param {import("../color.js").Theme} theme @param {Pick<Document, "createElementNS">} [made] what makes its elements @returns {SVGElement} */
export function tensorFigure(figure, theme, made = document) {
  const { plan, titles, values, labels, dtype, shape } = figure;
  const look = LOOKS[theme];
  const { svg, text } = maker(made);

  const titleRoom = titles.some((title) => title !== "") ? PANEL_TITLE : 0;
  const across = Math.max(1, Math.min(figure.across, titles.length));
  const width = Math.ceil(Math.max(LEAST_WIDTH, across * (plan.width + GAP.across) - GAP.across) + 2 * MARGIN);
  const inner = width - 2 * MARGIN;
  const hatches = new Set();
  const parts = [];

  const head = `${figure.name}  [${shape.join(", ")}]`;
  parts.push(text(MARGIN, MARGIN + 8, clipped(head, inner / (15 * CHARACTER.mono)), { "font-family": MONO, "font-size": 15, "font-weight": 600, fill: look.ink }));
  let y = MARGIN + 24;
  if (figure.code !== "") {
    parts.push(text(MARGIN, y + 6, clipped(figure.code, inner / (12 * CHARACTER.mono)), { "font-family": MONO, "font-size": 12, fill: look.muted }));
    y += 20;
  }
  const legendAt = y;
  y += 28;
  titles.forEach((title, number) => {
    const column = number % across;
    const row = Math.floor(number / across);
    const place = svg("g", { transform: `translate(${MARGIN + column * (plan.width + GAP.across)} ${y + row * (titleRoom + plan.height + GAP.down)})` });
    if (title !== "") place.append(text(0, 6, title, { "font-size": 11.5, fill: look.muted }));
    const drawn = svg("g", titleRoom > 0 ? { transform: `translate(0 ${titleRoom})` } : {}, ...panel(number));
    place.append(drawn);
    parts.push(place);
  });
  y += Math.ceil(titles.length / across) * (titleRoom + plan.height + GAP.down);
  const legend = legendOf();

  const notes = [...missing(figure), ...(figure.where === "" ? [] : [figure.where, `${texts.figure.on(dtype.replace("torch.", ""), figure.device)}${span()}`, "Attention Playground"])];
  for (const note of notes) {
    for (const line of wrapped(note, inner / (11 * CHARACTER.sans))) {
      parts.push(text(MARGIN, y + 6, line, { "font-size": 11, fill: look.muted }));
      y += 15;
    }
  }
  if (figure.address !== "") {
    // A long state is in the link whole, and on paper as far as there is room.
    const shown = text(MARGIN, y + 6, clipped(figure.address, inner / (11 * CHARACTER.sans)), { "font-size": 11, fill: look.muted, "text-decoration": "underline" });
    parts.push(svg("a", { href: figure.address }, shown));
    y += 15;
  }
  const height = Math.ceil(y + MARGIN - 4);
  const about = [`${texts.figure.about(figure.name, shape.join(" × "))}.`, figure.code, figure.where].filter(Boolean).join(" ");
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "font-family": SANS, "aria-label": about },
    svg("title", {}, figure.name),
    svg("desc", {}, `${about} ${figure.address}`.trim()),
    svg("defs", {}, ...[...hatches].map(hatch), ...(legend.gradient ? [legend.gradient] : [])),
    svg("rect", { width, height, fill: look.paper }),
    ...legend.parts,
    ...parts,
  );

  /** @param {number} number */
  function panel(number) {
    const columns = shape[shape.length - 1] ?? 1;
    const length = shape.length >= 2 ? shape[shape.length - 2] * columns : columns;
    const source = /** @type {import("../views/tensor-paint.js").Panel} */ ({ plan, data: values.data, base: number * length, length, stride: shape.length === 1 && plan.wrap ? plan.wrap : columns, dtype, domain: values.domain, labels, lit: null, pointed: null });
    const { across: wide, down } = gridSize(plan);
    const gap = plan.mode === "numbers" ? 1 : plan.cellWidth >= 8 ? 0.5 : 0;
    const [w, h] = [plan.cellWidth - gap, plan.cellHeight - gap];
    /** One path for all cells of a colour: a figure of thousands of cells stays small. @type {Map<string, string>} */
    const paths = new Map();
    const numbers = [];
    const map = colorMap(theme);
    for (let row = 0; row < down; row += 1) {
      for (let column = 0; column < wide; column += 1) {
        const [x, top] = [plan.left + column * plan.cellWidth, plan.top + row * plan.cellHeight];
        const raw = plan.mode === "tiles" ? meanOf(source, row, column) : valueAt(source, plan.firstRow + row, plan.firstColumn + column);
        if (raw === undefined) continue;
        const value = Number(raw);
        const special = Number.isFinite(value) ? "" : hatchOf(value);
        const offset = mapOffset(value, values.domain);
        const rgb = /** @type {import("../color.js").Triple} */ ([map[offset], map[offset + 1], map[offset + 2]]);
        if (special) hatches.add(special);
        const fill = special ? `url(#${special}-${theme})` : hex(rgb);
        paths.set(fill, `${paths.get(fill) ?? ""}M${short(x)} ${short(top)}h${short(w)}v${short(h)}h-${short(w)}z`);
        if (plan.mode !== "numbers") continue;
        const shown = dtype.endsWith("bool") ? (value ? "T" : "F") : shortNumber(raw);
        numbers.push(text(x + w / 2, top + h / 2, shown, special ? { fill: look.ink, stroke: look.paper, "stroke-width": 3, "paint-order": "stroke" } : { fill: inkOn(rgb) }));
      }
    }
    const cells = [...paths].map(([fill, d]) => svg("path", { d, fill }));
    const border = plan.wrap === 0 && wide > 0 && down > 0 ? [svg("rect", { x: plan.left - 0.5, y: plan.top - 0.5, width: wide * plan.cellWidth, height: down * plan.cellHeight, fill: "none", stroke: look.line })] : [];
    return [...cells, ...border, svg("g", { "font-size": 11.5, "text-anchor": "middle" }, ...numbers), ...words()];
  }

  function words() {
    const found = [];
    if (labels.rows && plan.left > 0) {
      for (let row = 0; row < plan.rows; row += plan.cellHeight < 9 ? 2 : 1) found.push(text(plan.left - 6, plan.top + (row + 0.5) * plan.cellHeight, clipped(labels.rows[plan.firstRow + row] ?? "", (plan.left - 6) / (11 * CHARACTER.sans)), { "text-anchor": "end" }));
    }
    if (labels.columns && plan.top > 0) {
      for (let column = 0; column < plan.columns; column += plan.cellWidth < 9 ? 2 : 1) {
        const [x, bottom] = [plan.left + (column + 0.5) * plan.cellWidth, plan.slantedLabels ? plan.top - 5 : plan.top - 9];
        const label = clipped(labels.columns[plan.firstColumn + column] ?? "", (plan.slantedLabels ? plan.top - 6 : plan.cellWidth) / (11 * CHARACTER.sans));
        found.push(text(x, bottom, label, plan.slantedLabels ? { transform: `rotate(-90 ${short(x)} ${short(bottom)})` } : { "text-anchor": "middle" }));
      }
    }
    return found.length > 0 ? [svg("g", { "font-size": 11, fill: look.muted }, ...found)] : [];
  }

  /** Lines one way for −inf, the other for +inf, both for NaN: none of them a colour. @param {string} id */
  function hatch(id) {
    const lines = { "hatch-masked": "M-1 7L7-1", "hatch-inf": "M-1-1L7 7", "hatch-nan": "M-1 7L7-1M-1-1L7 7" }[id] ?? "";
    return svg("pattern", { id: `${id}-${theme}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("rect", { width: 6, height: 6, fill: look.paper }), svg("path", { d: lines, stroke: look.muted, "stroke-opacity": 0.55, "stroke-width": 0.8 }));
  }

  function span() {
    const { min, max, scale } = values.domain;
    return scale > 0 && !dtype.endsWith("bool") ? texts.figure.span(exactNumber(min, dtype).replace("-", "−"), exactNumber(max, dtype).replace("-", "−")) : "";
  }

  /** What the colours and the hatching stand for. */
  function legendOf() {
    const { min, max, scale } = values.domain;
    const parts = [];
    const add = (/** @type {string} */ content) => {
      parts.push(text(x, legendAt + 7, content, { "font-size": 11, fill: look.muted }));
      x += content.length * 11 * CHARACTER.sans + 8;
    };
    let x = MARGIN;
    /** @type {SVGElement | null} */
    let gradient = null;
    if (scale > 0 && !dtype.endsWith("bool")) {
      const from = min < 0 ? -1 : 0;
      const map = colorMap(theme);
      const stops = Array.from({ length: 9 }, (_, at) => {
        const offset = mapOffset(from + ((1 - from) * at) / 8, { min: -1, max: 1, scale: 1 });
        return svg("stop", { offset: at / 8, "stop-color": hex([map[offset], map[offset + 1], map[offset + 2]]) });
      });
      gradient = svg("linearGradient", { id: `scale-${from < 0 ? "signed" : "positive"}-${theme}` }, ...stops);
      add(shortNumber(from * scale));
      parts.push(svg("rect", { x, y: legendAt + 2, ...BAR, fill: `url(#${gradient.getAttribute("id")})`, stroke: look.line }));
      x += BAR.width + 8;
      add(shortNumber(scale));
    }
    for (const [id, name] of [["hatch-masked", texts.figure.masked], ["hatch-inf", "inf"], ["hatch-nan", "nan"]]) {
      if (!hatches.has(id)) continue;
      if (x + 100 > width - MARGIN) break;
      parts.push(svg("rect", { x, y: legendAt + 1, width: 12, height: 12, fill: `url(#${id}-${theme})`, stroke: look.line }));
      x += 17;
      add(name);
    }
    return { parts, gradient };
  }
}

/** What the drawing leaves out is said. @param {Figure} figure */
function missing({ plan, shape, titles }) {
  const t = texts.figure;
  const sentences = [];
  const whole = shape.slice(-2);
  if (plan.mode === "tiles") sentences.push(t.mean(plan.tile));
  if (shape.length >= 2 && (plan.rows < whole[0] || plan.columns < whole[1])) sentences.push(t.part(plan.firstRow, plan.firstRow + plan.rows - 1, plan.firstColumn, plan.firstColumn + plan.columns - 1));
  if (titles.length < plan.panels) sentences.push(t.firstMatrices(titles.length, plan.panels));
  return sentences.length > 0 ? [sentences.join(" ")] : [];
}

/** The mean of a tile's finite cells; a tile without any is hatched. @param {import("../views/tensor-paint.js").Panel} source @param {number} row @param {number} column */
function meanOf(source, row, column) {
  const { mean, count, special } = tileSummary(source, row, column);
  return count > 0 ? mean : special > 0 ? -Infinity : undefined;
}

/** @param {number} value */
function hatchOf(value) {
  return Number.isNaN(value) ? "hatch-nan" : value > 0 ? "hatch-inf" : "hatch-masked";
}

/** @param {import("../color.js").Triple} rgb */
function hex(rgb) {
  return `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} text @param {number} characters */
function wrapped(text, characters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] !== "" && lines[last].length + word.length + 1 > characters) lines.push(clipped(word, characters));
    else lines[last] += `${lines[last] === "" ? "" : " "}${word}`;
  }
  return lines;
}

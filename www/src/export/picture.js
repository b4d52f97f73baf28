/**
 * What stands in an element as one drawing: canvases as images, drawings as they are, text as text. For views that are
 * laid out by the page; a tensor has a figure of its own (`figure.js`).
 */
import { clipped, maker } from "./svg.js";

/** What a drawing has from the style sheet, and must have by itself elsewhere. */
const OWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "font-size", "font-weight", "text-anchor", "dominant-baseline", "paint-order"];
const MARGIN = 16;
/** Width of a character of the address. */
const CHARACTER = 6.2;
const LINE = 15;

/** @param {HTMLElement} element @param {{ title: string, lines: string[], address: string }} words @returns {SVGElement} */
export function pictureOf(element, { title, lines, address }) {
  const { svg, text } = maker(document);
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const [paper, ink, muted] = ["--paper", "--ink", "--muted"].map((name) => style.getPropertyValue(name).trim());
  const width = Math.ceil(element.scrollWidth) + 2 * MARGIN;
  const top = MARGIN + 26;
  const bottom = top + Math.ceil(element.scrollHeight) + 10;
  const height = bottom + LINE * (lines.length + Number(address !== "")) + MARGIN;
  const picture = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}. ${lines.join(". ")}`, "font-family": "system-ui, sans-serif" });
  const origin = { x: box.left - element.scrollLeft - MARGIN, y: box.top - element.scrollTop - top };
  picture.append(svg("title", {}, title), svg("rect", { width, height, fill: paper }), text(MARGIN, MARGIN + 8, title, { "font-size": 15, "font-weight": 600, fill: ink }));
  draw(element, picture, origin);
  const small = { "font-size": 11, fill: muted };
  lines.forEach((line, at) => picture.append(text(MARGIN, bottom + LINE * at + 6, line, small)));
  if (address !== "") {
    const link = svg("a", { href: address });
    link.append(text(MARGIN, bottom + LINE * lines.length + 6, clipped(address, (width - 2 * MARGIN) / CHARACTER), { ...small, "text-decoration": "underline" }));
    picture.append(link);
  }
  return picture;
}

/** @param {Element} from @param {SVGElement} into @param {{ x: number, y: number }} origin */
function draw(from, into, origin) {
  const { svg } = maker(document);
  for (const node of from.childNodes) {
    if (node instanceof Text) drawText(node, into, origin);
    if (!(node instanceof Element) || node.matches("input, select, textarea, dialog, .tensor button.quiet")) continue;
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    if (box.width < 2 || box.height < 2 || style.visibility === "hidden" || style.clipPath !== "none") continue;
    const at = { x: box.left - origin.x, y: box.top - origin.y, width: box.width, height: box.height };
    if (node instanceof HTMLCanvasElement) into.append(svg("image", { ...at, href: node.width > 0 && node.height > 0 ? node.toDataURL("image/png") : "" }));
    else if (node instanceof SVGSVGElement) into.append(byItself(node, at));
    else {
      const stops = stopsOf(style.backgroundImage);
      if (stops.length > 1) {
        const id = `gradient-${into.querySelectorAll("linearGradient").length}`;
        into.append(svg("linearGradient", { id }, ...stops.map((stop) => svg("stop", stop))), svg("rect", { ...at, fill: `url(#${id})` }));
      } else if (!isClear(style.backgroundColor)) into.append(svg("rect", { ...at, fill: style.backgroundColor, opacity: style.opacity }));
      // A patch of colour before a word, as legends have it.
      const before = getComputedStyle(node, "::before");
      const [width, height] = [parseFloat(before.width), parseFloat(before.height)];
      if (before.content !== "none" && !isClear(before.backgroundColor) && width > 0 && height > 0) {
        const [line] = node.getClientRects();
        into.append(svg("rect", { x: line.left - origin.x, y: line.top - origin.y + (line.height - height) / 2, width, height, fill: before.backgroundColor }));
      }
      draw(node, into, origin);
    }
  }
}

/** @param {string} colour */
function isClear(colour) {
  return /^(transparent|rgba\(0, 0, 0, 0\))$/.test(colour);
}

/** The stops of a gradient from left to right. @param {string} image as the style has it */
function stopsOf(image) {
  const found = image.startsWith("linear-gradient") ? [...image.matchAll(/(rgba?\([^)]*\)|transparent)(?:\s+([\d.]+)(?:%|px))?/g)] : [];
  let last = 0;
  return found.map(([, colour, at], index) => {
    // A stop before the last one stands at it: an edge.
    last = Math.max(last, at === undefined ? index / (found.length - 1) : Number(at) / 100);
    return { offset: last, ...(isClear(colour) ? { "stop-color": found[index - 1]?.[1] ?? "#ffffff", "stop-opacity": 0 } : { "stop-color": colour }) };
  });
}

/** A drawing with what the style sheet gives it. @param {SVGSVGElement} drawing @param {Record<string, number>} at */
function byItself(drawing, at) {
  const copy = /** @type {SVGSVGElement} */ (drawing.cloneNode(true));
  const copies = [copy, ...copy.querySelectorAll("*")];
  for (const [index, original] of [drawing, ...drawing.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(original);
    for (const name of OWN) copies[index].setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role"]) copies[index].removeAttribute(name);
    if (style.display === "none") copies[index].setAttribute("display", "none");
  }
  if (!drawing.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${at.width} ${at.height}`);
  for (const [name, value] of Object.entries(at)) copy.setAttribute(name, String(Math.round(value * 10) / 10));
  return copy;
}

/** A text as the lines that it is laid out in. @param {Text} node @param {SVGElement} into @param {{ x: number, y: number }} origin */
function drawText(node, into, origin) {
  if (!node.data.trim() || !node.parentElement) return;
  const style = getComputedStyle(node.parentElement);
  if (style.visibility === "hidden") return;
  const range = document.createRange();
  /** @type {{ top: number, left: number, height: number, words: string }[]} */
  const lines = [];
  for (const { index, 0: word } of node.data.matchAll(/\S+\s*/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.trimEnd().length);
    const box = range.getClientRects()[0];
    if (!box || box.width === 0) continue;
    const last = lines[lines.length - 1];
    if (last && Math.abs(last.top - box.top) < 2) last.words += word;
    else lines.push({ top: box.top, left: box.left, height: box.height, words: word });
  }
  const { text } = maker(document);
  // What ends in an ellipsis on the page ends in one here.
  const { clientWidth, scrollWidth } = node.parentElement;
  const part = style.textOverflow === "ellipsis" && scrollWidth > clientWidth ? clientWidth / scrollWidth : 1;
  for (const { top, left, height, words } of lines) into.append(text(left - origin.x, top - origin.y + height / 2, clipped(words.trim(), part * words.trim().length), { fill: style.color, "font-size": style.fontSize, "font-weight": style.fontWeight, ...(/mono/i.test(style.fontFamily) ? { "font-family": "ui-monospace, monospace" } : {}) }));
}

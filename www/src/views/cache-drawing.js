/**
 * The cache after one position, drawn to scale: areas are bytes. A column is a token, the
 * dashed outline is what multi-head attention would keep of the same text, and every
 * entry has the colour of the token with which it entered.
 */
import { rgbFromValue } from "../color.js";
import { namesText } from "../cache-sentences.js";
import { inWords } from "../language.js";
import { shortNumber } from "../number.js";
import { texts } from "../texts-later.js";
import { look } from "./look.js";

/** Height of what multi-head attention keeps of one token; more where the items of the cache would be too thin to see. */
const OUTLINE = { least: 112, most: 220 };
const WIDEST_COLUMN = 40;
/** Room at the left for the names of the items. */
const GUTTER = { least: 84, most: 140, perCharacter: 6.7 };
/** Of the outline's height, what states need to stand in it. */
const ROOM_FOR_STATES = 0.3;
const ROW = 13;
/** A band lower than this has no room for its name. */
const NAMED = 11;

/**
 * @typedef {object} Scene
 * @property {import("../decode.js").Part[]} parts after the position
 * @property {number} position
 * @property {number} total positions of the text
 * @property {number} perToken bytes that multi-head attention keeps of a token
 * @property {string[] | null} words
 * @property {{ shape: number[], data: ArrayLike<number | bigint> } | null} row the weights with which this position's query reads, [heads, entries] or [entries]
 * @property {number} room
 * @property {Node} place where it will stand, and have its colours from
 * @property {string} label what the drawing says to who cannot see it
 */

/** @param {Scene} scene @param {(position: number) => void} goTo */
export function cacheDrawing(scene, goTo) {
  const { parts, position, total, perToken, words, room } = scene;
  const bands = parts.filter(({ kind }) => kind === "entries").map((part) => ({ part, slots: slotsOf(part) }));
  const states = parts.filter(({ kind }) => kind === "state");
  const names = [...bands.map(({ part }) => part.name), ...namesText(states)];
  const left = Math.min(GUTTER.most, Math.max(GUTTER.least, ...names.map((name) => 12 + GUTTER.perCharacter * name.length)));
  const first = Math.min(0, ...bands.flatMap(({ slots }) => slots));
  const last = Math.max(total - 1, ...bands.flatMap(({ slots }) => slots));
  // States may be larger than the text's outline; what stands below entries is wider by the height that they take.
  const taken = bands.reduce((sum, { part }) => sum + part.entryBytes, 0) / perToken;
  const stateTokens = states.reduce((sum, { bytes }) => sum + bytes, 0) / perToken / (1 - taken >= ROOM_FOR_STATES ? 1 - taken : 1);
  const columns = Math.max(last - first + 1, Math.ceil(stateTokens));
  const column = Math.max(4, Math.min(WIDEST_COLUMN, (room - left - 4) / columns));
  const thinnest = Math.min(...bands.map(({ part }) => part.entryBytes));
  const outline = Math.max(OUTLINE.least, Math.min(OUTLINE.most, (NAMED * perToken) / thinnest));
  const scale = outline / perToken;
  const x = (/** @type {number} */ slot) => left + (slot - first) * column;
  const top = words ? Math.min(84, 12 + 7 * Math.max(...words.map(({ length }) => length))) : 18;
  /** @type {Node[]} */
  const nodes = [];
  for (let at = 0; at < total; at += 1) nodes.push(columnHead(at));

  let y = top;
  /** Bands too thin for a name, which share one. @type {import("../decode.js").Part[]} */
  let thin = [];
  for (const [index, { part, slots }] of bands.entries()) {
    const height = part.entryBytes * scale;
    nodes.push(...entryRects(part, slots, y, height));
    y += height;
    if (height >= NAMED) nodes.push(gutter(y - height / 2, part.name));
    else thin.push(part);
    const next = bands[index + 1];
    if (thin.length > 0 && (!next || next.part.entryBytes * scale >= NAMED)) {
      const shared = namesText(thin);
      const middle = y - (thin.reduce((sum, { entryBytes }) => sum + entryBytes, 0) * scale) / 2;
      shared.forEach((name, line) => nodes.push(gutter(middle + (line - (shared.length - 1) / 2) * 13, name)));
      thin = [];
    }
  }
  if (states.length > 0) {
    // Below the entries within the outline where there is room, else below the outline; the area is the same.
    const below = top + outline - y;
    const isInside = below >= ROOM_FOR_STATES * outline;
    if (!isInside) y = top + outline + 10;
    const tall = isInside ? below : outline;
    let at = x(0);
    for (const part of states) {
      const width = Math.max(1.5, ((part.bytes / perToken) * column * outline) / tall);
      nodes.push(svg("rect", { x: at, y, width, height: tall, class: part.changed ? "state entered" : "state" }, texts.cacheDrawing.bytes(part.name, inWords(part.bytes))));
      if (states.length > 1 && width > 6.5 * part.name.length) nodes.push(text(at + width / 2, y + tall / 2, part.name, { "text-anchor": "middle", class: "name" }));
      at += width;
    }
    const shared = namesText(states);
    if (shared.length === 1) nodes.push(gutter(y + tall / 2, shared[0]));
    y += tall;
  }
  nodes.push(svg("rect", { x: x(0), y: top, width: (position + 1) * column, height: outline, class: "outline" }, texts.cacheDrawing.bytes(texts.cacheDrawing.multiHead, inWords((position + 1) * perToken))));
  y = Math.max(y, top + outline);
  y = readingRows(y + 12);
  const height = Math.ceil(y + 2);
  const width = Math.ceil(left + columns * column + 2);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": scene.label, class: "cache-drawing", "data-testid": "cache-drawing" });
  drawing.append(...nodes);
  return drawing;

  /** @param {number} at @param {string} name */
  function gutter(at, name) {
    return text(left - 8, at, name, { "text-anchor": "end", class: "name" });
  }

  /** The word above a column; pressing it goes to its position. @param {number} at */
  function columnHead(at) {
    const state = at === position ? "current" : at < position ? "past" : "future";
    const middle = x(at) + column / 2;
    const label = words ? text(middle, top - 8, words[at] ?? String(at), { class: `head ${state}`, transform: `rotate(-90 ${middle} ${top - 8})` }) : text(middle, top - 8, at % Math.max(1, Math.ceil(24 / column)) === 0 ? String(at) : "", { class: `head ${state}`, "text-anchor": "middle" });
    const area = svg("rect", { x: x(at), y: 0, width: column, height: top, class: "press" }, `${texts.cacheDrawing.token(at)}${words?.[at] ? ` (${words[at]})` : ""}`);
    area.addEventListener("click", () => goTo(at));
    const group = svg("g", {});
    group.append(label, area);
    return group;
  }

  /** @param {import("../decode.js").Part} part @param {number[]} slots @param {number} at @param {number} height */
  function entryRects(part, slots, at, height) {
    const entered = new Set(part.entered);
    const rects = part.entries.map((from, index) => {
      return svg("rect", { x: x(slots[index]) + 0.5, y: at + 0.5, width: column - 1, height: Math.max(0.5, height - 1), class: entered.has(from) ? "entry entered" : "entry", style: `fill: ${entryColor(from, total)}` }, texts.cacheDrawing.enteredWith(part.name, index, from < 0 ? texts.cacheDrawing.nothingRead : texts.cacheDrawing.token(from)));
    });
    const ghosts = part.left.map((from) => svg("rect", { x: x(from) + 1.5, y: at + 1.5, width: Math.max(1, column - 3), height: Math.max(1, height - 3), class: "entry gone" }, texts.cacheDrawing.leaves(part.name, from)));
    return [...rects, ...ghosts];
  }

  /** Under the entries, how much each head of this position's query reads of each. @param {number} at */
  function readingRows(at) {
    const { row } = scene;
    if (!row) return at - 12;
    const count = row.shape[row.shape.length - 1];
    const band = bands.find(({ part }) => part.entries.length === count);
    if (!band) return at - 12;
    const heads = row.data.length / count;
    const colors = look(scene.place);
    for (let head = 0; head < heads; head += 1) {
      for (let entry = 0; entry < count; entry += 1) {
        const value = Number(row.data[head * count + entry]);
        const place = { x: x(band.slots[entry]) + 0.5, y: at + head * ROW + 0.5, width: column - 1, height: ROW - 1 };
        const name = texts.cacheDrawing.readsOf(head, shortNumber(value), entry);
        nodes.push(value === 0 ? svg("rect", { ...place, class: "unread" }, name) : svg("rect", { ...place, style: `fill: rgb(${rgbFromValue(value, { min: 0, max: 1, scale: 1 }, colors.theme).join()})`, class: "read" }, name));
      }
      if (heads <= 16) nodes.push(text(left - 8, at + (head + 0.5) * ROW, heads === 1 ? texts.cacheDrawing.reads : texts.cacheDrawing.headReads(head), { "text-anchor": "end", class: "head past" }));
    }
    return at + heads * ROW;
  }
}

/** Colours that grow lighter and turn from violet to yellow with the position: told apart in any kind of sight, and in grey. @param {number} from @param {number} total */
export function entryColor(from, total) {
  const part = total > 1 ? Math.max(0, from) / (total - 1) : 0;
  return `oklch(${(0.36 + 0.52 * part).toFixed(3)} 0.12 ${(300 - 200 * part).toFixed(0)})`;
}

/** The column of each entry: that of the token with which it entered, or the nearest free one before it, so that none hides another. @param {import("../decode.js").Part} part */
export function slotsOf({ entries }) {
  const taken = new Set();
  const slots = Array(entries.length).fill(0);
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    let slot = entries[index];
    while (taken.has(slot)) slot -= 1;
    taken.add(slot);
    slots[index] = slot;
  }
  return slots;
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [title] */
function svg(tag, attributes, title) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(typeof value === "number" ? Math.round(value * 100) / 100 : value));
  if (title) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", "title");
    node.textContent = title;
    element.append(node);
  }
  return element;
}

/** @param {number} x @param {number} y @param {string} content @param {Record<string, string | number>} attributes */
function text(x, y, content, attributes) {
  const element = svg("text", { x, y, "dominant-baseline": "central", ...attributes });
  element.append(content);
  return element;
}

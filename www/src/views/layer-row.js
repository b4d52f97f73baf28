/** A layer of a model at one token, as a row of a table: what each head read, what is switched on, what is kept, what it would write. */
import { rgbFromValue } from "../color.js";
import { h } from "../dom.js";
import { changeText } from "../kept.js";
import { bytesKept } from "../layers.js";
import { bytesText } from "../number.js";
import { texts } from "../texts-later.js";
import { shownToken } from "../writing.js";
import { percent } from "./candidates.js";
import { keptChart } from "./kept-chart.js";
import { look } from "./look.js";
import { hatch, prepareCanvas } from "./mask-paint.js";

/** Height of a head's row, and the widest that a token's cell gets, in CSS pixels. */
const ROW = 9;
const WIDEST = 22;
const PERCENT = { min: 0, max: 1, scale: 1 };
/** What is left of the colour of a head that is switched off. */
const OFF = 0.2;

/** @typedef {import("../layers.js").Layer} Layer */
/** @typedef {{ heads: number[][], spans: import("../layers.js").Span[] }} Attention what each head read of each key, and what the keys stand for */

/**
 * @typedef {object} Context
 * @property {string[] | null} words
 * @property {number} length of the text so far
 * @property {boolean} isAsked whether a link asks for this layer
 * @property {number} room for the picture, in CSS pixels
 * @property {import("../kept.js").Kept[]} history what the layer keeps after each pass
 * @property {Parameters<typeof keptChart>[1]} scene
 * @property {import("./candidates.js").Candidate | null} early what the layer would write
 * @property {(head: number) => number} factorOf by how much a head of it was scaled
 * @property {HTMLElement | null} switches
 * @property {() => void} open shows the program of the layer
 * @property {(pass: number) => void} goTo
 */

/** @param {Layer} layer @param {Attention | null} attention @param {Context} context */
export function layerRow(layer, attention, { words, length, isAsked, room, history, scene, early, factorOf, switches, open, goTo }) {
  const kept = bytesKept(layer);
  const items = [...layer.kept].map(([name, { shape }]) => `${name} [${shape.join(", ")}]`).join(", ");
  const opens = h("button", { type: "button", class: "quiet", "data-testid": "open-layer", "data-key": `open ${layer.layer}`, title: texts.layerRow.program(layer.mixer || texts.layerRow.noMixing), onclick: open }, `${layer.layer}`);
  const isShared = layer.shares !== null && layer.kept.size === 0;
  const change = isShared ? texts.layerRow.shared : scene.at > 0 ? changeText(history[scene.at - 1], layer.kept, layer.ratio) : "";
  const read = attention ? strip(attention, words, length, room, factorOf) : layer.state ? stateNote(layer.state) : h("span", { class: "hint" }, layer.mixer ? texts.layerRow.ofItsOwn : texts.layerRow.byItself);
  return h(
    "tr",
    // Where there is little room a row is laid out as a grid, and would no longer be a row to who cannot see it.
    { role: "row", "data-testid": "layer", class: isAsked ? "asked" : null },
    h("th", { scope: "row", role: "rowheader" }, opens, h("span", { class: "mixer" }, layer.mixer.replaceAll("_", " "))),
    h("td", { role: "cell", class: "read" }, read, switches),
    h("td", { role: "cell", class: "keeps", title: items || texts.layerRow.nothing }, keptChart(history, scene, goTo), h("span", null, kept > 0 ? bytesText(kept) : texts.layerRow.nothing), h("span", { class: "hint change" }, change)),
    h("td", { role: "cell", class: "early" }, early ? `${shownToken(early.token)} ` : "", early ? h("span", { class: "chance" }, percent(early.chance)) : ""),
  );
}

/** @param {import("../state.js").Name} state */
function stateNote({ shape }) {
  return h("span", { class: "hint" }, texts.layerRow.state(shape.slice(1).join(", ")));
}

/** A row for each head, a cell for each token of the text; what the layer could not see is hatched. @param {Attention} attention @param {string[] | null} words @param {number} length @param {number} room @param {Context["factorOf"]} factorOf */
function strip({ heads, spans }, words, length, room, factorOf) {
  const cell = Math.min(WIDEST, room / length);
  const width = cell * length;
  const height = ROW * heads.length;
  const says = summary(heads, spans, words);
  const canvas = h("canvas", { role: "img", "aria-label": says, title: says });
  const context = prepareCanvas(canvas, width, height);
  if (!context) return canvas;
  const colours = look();
  hatch(context, 0, 0, width, height, colours);
  const hasBlocks = spans.some(({ first, last }) => last > first);
  heads.forEach((shares, head) => {
    context.globalAlpha = factorOf(head) === 0 ? OFF : 1;
    shares.forEach((share, key) => {
      const { first, last } = spans[key] ?? { first: 0, last: -1 };
      context.fillStyle = `rgb(${rgbFromValue(Math.sqrt(share), PERCENT, colours.theme).join()})`;
      // An entry stands for a block of tokens, and lies under those that are seen one by one.
      const isBlock = last > first;
      context.fillRect(first * cell, head * ROW + (isBlock ? ROW - 4 : 0), (last - first + 1) * cell - (cell > 4 ? 1 : 0), isBlock ? 3 : ROW - (hasBlocks ? 5 : 1));
    });
  });
  return canvas;
}

/** "head 0 most of “be” (42 %), …" @param {number[][]} heads @param {import("../layers.js").Span[]} spans @param {string[] | null} words */
function summary(heads, spans, words) {
  return heads
    .map((shares, head) => {
      const most = shares.indexOf(Math.max(...shares));
      const { first, last } = spans[most] ?? { first: most, last: most };
      const what = last > first ? texts.layerRow.tokens(first, last) : words?.[first] ? texts.layerRow.word(words[first]) : texts.layerRow.token(first);
      return texts.layerRow.head(head, what, percent(shares[most] ?? 0));
    })
    .join("; ");
}

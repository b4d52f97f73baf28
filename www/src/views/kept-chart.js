/** What a layer keeps after each token, as bars to one scale: the chosen token's is the darkest, those after it are pale. */
import { KINDS, bytesByKind } from "../kept.js";
import { h } from "../dom.js";
import { bytesText } from "../number.js";
import { texts } from "../texts-later.js";
import { prepareCanvas } from "./mask-paint.js";

const WIDTH = 96;
const HEIGHT = 24;
const WIDEST_BAR = 12;
/** What is left of the colour after the chosen token, and before it. */
const LATER = 0.25;
const EARLIER = 0.65;

/**
 * @param {import("../kept.js").Kept[]} history after each pass
 * @param {{ at: number, most: number, colours: Record<(typeof KINDS)[number], string> }} scene the pass that is looked at, and the most bytes that any layer keeps
 * @param {(pass: number) => void} goTo
 */
export function keptChart(history, { at, most, colours }, goTo) {
  const bytes = history.map(bytesByKind);
  const totals = bytes.map((parts) => KINDS.reduce((sum, kind) => sum + parts[kind], 0));
  const bar = Math.min(WIDEST_BAR, WIDTH / history.length);
  const passOf = (/** @type {MouseEvent} */ event) => Math.max(0, Math.min(history.length - 1, Math.floor(event.offsetX / bar)));
  const says = totals[totals.length - 1] === 0 ? texts.keptChart.nothing : texts.keptChart.keeps(bytesText(totals[0]), bytesText(totals[at]), bytesText(totals[totals.length - 1]));
  const canvas = h("canvas", { class: "kept-chart", role: "img", "aria-label": says, title: says, onclick: (/** @type {MouseEvent} */ event) => goTo(passOf(event)) });
  const context = prepareCanvas(canvas, WIDTH, HEIGHT);
  if (!context) return canvas;
  bytes.forEach((parts, pass) => {
    context.globalAlpha = pass === at ? 1 : pass < at ? EARLIER : LATER;
    let below = HEIGHT;
    for (const kind of KINDS) {
      const height = (HEIGHT * parts[kind]) / Math.max(1, most);
      context.fillStyle = colours[kind];
      context.fillRect(pass * bar, below - height, bar > 3 ? bar - 1 : bar, height);
      below -= height;
    }
  });
  context.globalAlpha = 1;
  context.fillStyle = colours.tokens;
  context.fillRect(at * bar, HEIGHT - 1, bar > 3 ? bar - 1 : bar, 1);
  return canvas;
}

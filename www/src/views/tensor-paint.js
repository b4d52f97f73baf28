/** Draws one panel of a tensor on a canvas: cells, numbers, labels, and what is lit. */
import { colorMap, inkOn, mapOffset, rgbFromValue } from "../color.js";
import { shortNumber } from "../number.js";
import { gridSize } from "./tensor-plan.js";

/**
 * @typedef {object} Look the page's colours, read once from its style sheet
 * @property {import("../color.js").Theme} theme
 * @property {boolean} forced whether the reader's system forces colours: then only ink and paper are used
 * @property {string} ink
 * @property {string} muted
 * @property {string} paper
 * @property {string} line
 * @property {string} lit
 * @property {string} font
 */

/**
 * @typedef {object} Panel
 * @property {import("./tensor-plan.js").Plan} plan
 * @property {ArrayLike<number | bigint>} data all values of the tensor
 * @property {number} base offset of this panel's first value
 * @property {number} length values of this panel
 * @property {number} stride values in a full row of the matrix
 * @property {string} dtype
 * @property {import("../color.js").Domain} domain
 * @property {{ rows: string[] | null, columns: string[] | null }} labels
 * @property {{ row: number, column: number }[] | null} lit source cells; null when nothing of this tensor is asked about
 * @property {{ row: number, column: number } | null} pointed
 */

/** @param {HTMLCanvasElement} canvas @param {Panel} panel @param {Look} look */
export function paintPanel(canvas, panel, look) {
  const { plan } = panel;
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const width = Math.round(plan.width * ratio);
  const height = Math.round(plan.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${plan.width}px`;
    canvas.style.height = `${plan.height}px`;
  }
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, plan.width, plan.height);
  if (plan.mode === "tiles") paintTiles(context, panel, look);
  else paintCells(context, panel, look);
  paintLabels(context, panel, look);
  paintLit(context, panel, look);
}

/** The value of a cell, undefined past the end of a wrapped row. @param {Panel} panel @param {number} row @param {number} column */
export function valueAt({ data, base, length, stride }, row, column) {
  const offset = row * stride + column;
  return offset < length ? data[base + offset] : undefined;
}

/** Cells looked at along one side of a tile; a larger tile is sampled evenly, so that drawing stays within a frame. */
const SAMPLES = 6;

/** Mean, smallest and largest of a tile's finite values. @param {Panel} panel @param {number} down @param {number} across */
export function tileSummary(panel, down, across) {
  const { plan } = panel;
  const summary = { mean: 0, min: Infinity, max: -Infinity, count: 0, special: 0 };
  const endRow = Math.min(plan.firstRow + plan.rows, plan.firstRow + (down + 1) * plan.tile);
  const endColumn = Math.min(plan.firstColumn + plan.columns, plan.firstColumn + (across + 1) * plan.tile);
  const every = Math.ceil(plan.tile / SAMPLES);
  for (let row = plan.firstRow + down * plan.tile; row < endRow; row += every) {
    for (let column = plan.firstColumn + across * plan.tile; column < endColumn; column += every) {
      const raw = valueAt(panel, row, column);
      if (raw === undefined) continue;
      const value = Number(raw);
      if (!Number.isFinite(value)) {
        summary.special += 1;
        continue;
      }
      summary.count += 1;
      summary.mean += (value - summary.mean) / summary.count;
      summary.min = Math.min(summary.min, value);
      summary.max = Math.max(summary.max, value);
    }
  }
  return summary;
}

/** @param {CanvasRenderingContext2D} context @param {Panel} panel @param {Look} look */
function paintCells(context, panel, look) {
  const { plan, domain, dtype } = panel;
  const { cellWidth, cellHeight, left, top } = plan;
  const gap = plan.mode === "numbers" ? 1 : cellWidth >= 8 ? 0.5 : 0;
  context.font = `11.5px ${look.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = 0; row < plan.rows; row += 1) {
    for (let column = 0; column < plan.columns; column += 1) {
      const raw = valueAt(panel, plan.firstRow + row, plan.firstColumn + column);
      if (raw === undefined) continue;
      const value = Number(raw);
      const x = left + column * cellWidth;
      const y = top + row * cellHeight;
      const rgb = rgbFromValue(value, domain, look.theme);
      if (!Number.isFinite(value)) paintSpecial(context, value, x, y, cellWidth - gap, cellHeight - gap, look);
      else {
        // Where a cell holds its number, the system's colours serve; where colour is all there is, it stays.
        context.fillStyle = look.forced && plan.mode === "numbers" ? look.paper : `rgb(${rgb.join()})`;
        context.fillRect(x, y, cellWidth - gap, cellHeight - gap);
      }
      if (plan.mode !== "numbers") continue;
      if (!Number.isFinite(value) && cellWidth - gap >= 30) clearForWord(context, x + (cellWidth - gap) / 2, y + (cellHeight - gap) / 2, look);
      context.fillStyle = look.forced || !Number.isFinite(value) ? look.ink : inkOn(rgb);
      context.fillText(dtype.endsWith("bool") ? (value ? "T" : "F") : shortNumber(raw), x + (cellWidth - gap) / 2, y + (cellHeight - gap) / 2 + 0.5);
    }
  }
  context.strokeStyle = look.line;
  context.lineWidth = 1;
  if (plan.wrap === 0) context.strokeRect(left - 0.5, top - 0.5, plan.columns * cellWidth, plan.rows * cellHeight);
}

/** Masked (−inf) hatched one way, +inf the other, NaN both: three drawings, none of them a colour. @param {CanvasRenderingContext2D} context @param {number} value @param {number} x @param {number} y @param {number} width @param {number} height @param {Look} look */
function paintSpecial(context, value, x, y, width, height, look) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = look.paper;
  context.fillRect(x, y, width, height);
  context.strokeStyle = look.muted;
  context.globalAlpha = 0.55;
  context.lineWidth = 0.8;
  context.beginPath();
  const spacing = Math.max(3, Math.min(6, width / 3));
  for (let at = -height; at < width + height; at += spacing) {
    if (!(value > 0)) {
      context.moveTo(x + at, y + height);
      context.lineTo(x + at + height, y);
    }
    if (!(value < 0)) {
      context.moveTo(x + at, y);
      context.lineTo(x + at + height, y + height);
    }
  }
  context.stroke();
  context.restore();
}

/** A little paper behind the word, so that it is read over the hatching. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y of the middle @param {Look} look */
function clearForWord(context, x, y, look) {
  context.fillStyle = look.paper;
  context.globalAlpha = 0.85;
  context.fillRect(x - 13, y - 7, 26, 14);
  context.globalAlpha = 1;
}

/** One pixel a tile, then enlarged: a matrix of any size costs one pass over its values. @param {CanvasRenderingContext2D} context @param {Panel} panel @param {Look} look */
function paintTiles(context, panel, look) {
  const { plan, domain } = panel;
  const { across, down } = gridSize(plan);
  const image = new ImageData(across, down);
  const map = colorMap(look.theme);
  let hasMasked = false;
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      const { mean, count } = tileSummary(panel, row, column);
      const at = 4 * (row * across + column);
      const offset = mapOffset(mean, domain);
      image.data[at] = map[offset];
      image.data[at + 1] = map[offset + 1];
      image.data[at + 2] = map[offset + 2];
      // A tile of masked cells only stays clear: the hatching below it is seen.
      image.data[at + 3] = count > 0 ? 255 : 0;
      hasMasked ||= count === 0;
    }
  }
  const small = new OffscreenCanvas(across, down);
  small.getContext("2d")?.putImageData(image, 0, 0);
  if (hasMasked) paintSpecial(context, -Infinity, plan.left, plan.top, across * plan.cellWidth, down * plan.cellHeight, look);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, plan.left, plan.top, across * plan.cellWidth, down * plan.cellHeight);
  context.strokeStyle = look.line;
  context.strokeRect(plan.left - 0.5, plan.top - 0.5, across * plan.cellWidth + 1, down * plan.cellHeight + 1);
}

/** @param {CanvasRenderingContext2D} context @param {Panel} panel @param {Look} look */
function paintLabels(context, { plan, labels }, look) {
  context.font = `11px ${look.font}`;
  context.fillStyle = look.muted;
  context.textBaseline = "middle";
  if (labels.rows && plan.left > 0) {
    context.textAlign = "right";
    for (let row = 0; row < plan.rows; row += 1) {
      if (plan.cellHeight < 9 && row % 2 === 1) continue;
      context.fillText(clipped(context, labels.rows[plan.firstRow + row] ?? "", plan.left - 6), plan.left - 6, plan.top + (row + 0.5) * plan.cellHeight);
    }
  }
  if (!labels.columns || plan.top === 0) return;
  for (let column = 0; column < plan.columns; column += 1) {
    if (plan.cellWidth < 9 && column % 2 === 1) continue;
    const x = plan.left + (column + 0.5) * plan.cellWidth;
    const label = labels.columns[plan.firstColumn + column] ?? "";
    context.save();
    context.translate(x, plan.slantedLabels ? plan.top - 5 : plan.top - 9);
    if (plan.slantedLabels) context.rotate(-Math.PI / 2);
    context.textAlign = plan.slantedLabels ? "left" : "center";
    context.fillText(clipped(context, label, plan.slantedLabels ? plan.top - 6 : plan.cellWidth - 2), 0, 0);
    context.restore();
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function clipped(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let end = text.length - 1;
  while (end > 0 && context.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** @param {CanvasRenderingContext2D} context @param {Panel} panel @param {Look} look */
function paintLit(context, { plan, lit, pointed }, look) {
  const box = (/** @type {{ row: number, column: number }} */ { row, column }) => {
    const across = Math.floor((column - plan.firstColumn) / plan.tile);
    const down = Math.floor((row - plan.firstRow) / plan.tile);
    return /** @type {const} */ ([plan.left + across * plan.cellWidth, plan.top + down * plan.cellHeight, plan.cellWidth, plan.cellHeight]);
  };
  const visible = (/** @type {{ row: number, column: number }} */ { row, column }) =>
    row >= plan.firstRow && row < plan.firstRow + plan.rows && column >= plan.firstColumn && column < plan.firstColumn + plan.columns;
  // Several cells of one tile are one square: drawn twice, the even-odd rule would undo it.
  const boxes = [...new Map((lit ?? []).filter(visible).map((cell) => [box(cell).join(), box(cell)])).values()];
  const inset = plan.mode === "numbers" ? 0.5 : 0;
  const stroke = plan.mode === "numbers" ? 2 : plan.cellWidth >= 8 ? 1.5 : 1;
  // A tensor that was read from steps back where it was not; others stay as they are.
  if (lit) {
    context.save();
    context.beginPath();
    context.rect(plan.left, plan.top, plan.width - plan.left, plan.height - plan.top);
    for (const square of boxes) context.rect(...square);
    context.fillStyle = look.paper;
    context.globalAlpha = 0.62;
    context.fill("evenodd");
    context.restore();
  }
  context.lineWidth = stroke;
  context.strokeStyle = look.lit;
  for (const [x, y, width, height] of boxes) {
    context.strokeRect(x + inset, y + inset, width - 1 - inset, height - 1 - inset);
  }
  if (pointed && visible(pointed)) {
    const [x, y, width, height] = box(pointed);
    context.strokeStyle = look.ink;
    context.lineWidth = Math.max(1.5, stroke);
    context.strokeRect(x + inset, y + inset, width - 1 - inset, height - 1 - inset);
  }
}

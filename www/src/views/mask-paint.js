/** Draws which keys a query sees: seen cells in colour, unseen ones hatched, as masked cells are everywhere on the page. */
import { rgbFromValue } from "../color.js";

/** From this size on cells stand apart. */
const APART = 6;
/** Between the lines of the hatching. */
const SPACING = 5;

/**
 * @typedef {object} Place of the drawing on its canvas, in CSS pixels
 * @property {number} left
 * @property {number} top
 * @property {number} cell side of a cell; below one where the room is narrower than the mask
 */

/** Makes a canvas sharp on any screen, and clears it. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height in CSS pixels */
export function prepareCanvas(canvas, width, height) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** What a key that is seen and hardly read keeps of its colour. */
const PALEST = 0.16;

/**
 * @param {CanvasRenderingContext2D} context @param {import("../mask.js").Mask} mask @param {Place} place @param {import("./tensor-paint.js").Look} look
 * @param {ArrayLike<number> | null} [shares] how much of each seen key is read, 0 to 1, row by row: the darker the more
 */
export function paintMask(context, mask, place, look, shares = null) {
  const { left, top, cell } = place;
  const width = mask.columns * cell;
  const height = mask.rows * cell;
  context.fillStyle = look.paper;
  context.fillRect(left, top, width, height);
  hatch(context, left, top, width, height, look);
  const rgb = seenColor(look);
  if (cell >= APART) {
    context.fillStyle = `rgb(${rgb.join()})`;
    for (let row = 0; row < mask.rows; row += 1) {
      for (let column = 0; column < mask.columns; column += 1) {
        const at = row * mask.columns + column;
        if (shares && mask.seen[at]) context.fillStyle = `rgb(${rgbFromValue(PALEST + (1 - PALEST) * shares[at], { min: 0, max: 1, scale: 1 }, look.theme).join()})`;
        if (mask.seen[at]) context.fillRect(left + column * cell, top + row * cell, cell - 1, cell - 1);
      }
    }
  } else {
    context.imageSmoothingEnabled = cell < 1;
    context.drawImage(picture(mask, rgb), left, top, width, height);
  }
  context.strokeStyle = look.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1 - (cell >= APART ? 1 : 0), height + 1 - (cell >= APART ? 1 : 0));
}

/** The colour of a key that is seen. @param {import("./tensor-paint.js").Look} look */
export function seenColor(look) {
  return rgbFromValue(0.72, { min: 0, max: 1, scale: 1 }, look.theme);
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} width @param {number} height @param {import("./tensor-paint.js").Look} look */
export function hatch(context, x, y, width, height, look) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = -height; at < width; at += SPACING) {
    context.moveTo(x + at, y + height);
    context.lineTo(x + at + height, y);
  }
  context.strokeStyle = look.muted;
  context.globalAlpha = 0.4;
  context.lineWidth = 0.8;
  context.stroke();
  context.restore();
}

/** One pixel a cell, what is not seen left clear. @param {import("../mask.js").Mask} mask @param {number[]} rgb */
function picture({ rows, columns, seen }, rgb) {
  const image = new ImageData(columns, rows);
  for (let at = 0; at < seen.length; at += 1) if (seen[at]) image.data.set([rgb[0], rgb[1], rgb[2], 255], 4 * at);
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d")?.putImageData(image, 0, 0);
  return small;
}

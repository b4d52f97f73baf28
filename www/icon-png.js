/** Draws icon.svg, which is squares of whole units, as a PNG of any size: what an installed page is shown by. */
import { deflateSync } from "node:zlib";

/** The width and height of icon.svg. */
const UNITS = 16;

/**
 * @param {string} svg
 * @param {number} size in pixels
 * @param {{ share?: number, background?: string }} [options] how much of the width the drawing takes, and what is behind it
 */
export function pngFromIcon(svg, size, { share = 1, background } = {}) {
  const pixels = Buffer.alloc(size * size * 4);
  const fill = (/** @type {number[]} */ [left, top, right, bottom], /** @type {string} */ color) => {
    const rgba = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).concat(255);
    for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) pixels.set(rgba, (y * size + x) * 4);
  };
  if (background) fill([0, 0, size, size], background);
  const pixelOf = (/** @type {number} */ unit) => Math.round(size * ((1 - share) / 2 + (share * unit) / UNITS));
  for (const [, color, path] of svg.matchAll(/fill="(#[0-9a-f]{6})" d="([^"]*)"/g)) {
    const squares = [...path.matchAll(/M(\d+) (\d+)h(\d+)v\3(?:h-\3|H\1)z/g)];
    if (squares.map(([square]) => square).join("") !== path) throw new Error(`icon.svg has more than squares: ${path}`);
    for (const [, x, y, width] of squares) {
      fill([+x, +y, +x + +width, +y + +width].map(pixelOf), color);
    }
  }
  return png(pixels, size);
}

/** @param {Buffer} pixels red, green, blue and opacity of each @param {number} size */
function png(pixels, size) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // 8 bits of each of four channels.
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Array.from({ length: size }, (_, row) => Buffer.concat([Buffer.from([0]), pixels.subarray(row * size * 4, (row + 1) * size * 4)]));
  const chunks = [["IHDR", header], ["IDAT", deflateSync(Buffer.concat(rows), { level: 9 })], ["IEND", Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks.map(([name, data]) => chunk(String(name), /** @type {Buffer} */ (data)))]);
}

/** @param {string} name @param {Buffer} data */
function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** @param {Buffer} bytes */
function crc32(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}

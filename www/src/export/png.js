/** A drawing as a PNG of twice its size, which says in words of its own where it comes from. */
import { texts } from "../texts-later.js";

/** Larger than this no browser draws. */
const MOST_PIXELS = 16_000;
const MOST_AREA = 120_000_000;

/** @param {SVGElement} svg with a width and a height @param {Record<string, string>} words what the file says besides, by keyword @returns {Promise<Blob>} @throws {Error} with a sentence */
export async function pngFromSvg(svg, words) {
  const [width, height] = ["width", "height"].map((name) => Number(svg.getAttribute(name)));
  const scale = Math.min(2, MOST_PIXELS / Math.max(width, height), Math.sqrt(MOST_AREA / (width * height)));
  const image = new Image();
  // As data, since a blob of a frame without an origin may not be drawn.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await image.decode().catch(() => {
    throw new Error(texts.png.notDrawn);
  });
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(texts.png.notWritten);
  return new Blob([/** @type {BlobPart} */ (withWords(new Uint8Array(await blob.arrayBuffer()), words))], { type: "image/png" });
}

/** A PNG with a chunk of text for each keyword, before its end (https://www.w3.org/TR/png-3/#11iTXt). @param {Uint8Array} png @param {Record<string, string>} words */
export function withWords(png, words) {
  const chunks = Object.entries(words).filter(([, text]) => text !== "").map(([keyword, text]) => chunk("iTXt", new TextEncoder().encode(`${keyword}\0\0\0\0\0${text}`)));
  const end = png.length - 12;
  const whole = new Uint8Array(png.length + chunks.reduce((sum, { length }) => sum + length, 0));
  whole.set(png.subarray(0, end));
  let at = end;
  for (const one of chunks) {
    whole.set(one, at);
    at += one.length;
  }
  whole.set(png.subarray(end), at);
  return whole;
}

/** @param {string} type @param {Uint8Array} content */
function chunk(type, content) {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, -4)));
  return bytes;
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

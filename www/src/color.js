/**
 * Colours of numbers. One map for every tensor: zero is paper, positive values go to
 * blue and negative ones to orange, in straight lines through OKLab, so equal steps
 * look equal and both ends are equally far from zero. Nonnegative tensors use the
 * blue half, a sequential map. Blue against orange is told apart by colour-blind
 * readers of every kind, and lightness alone orders each half.
 *
 * OKLab: Björn Ottosson, https://bottosson.github.io/posts/oklab/
 */

/** @typedef {"light" | "dark"} Theme */
/** @typedef {[number, number, number]} Triple */

/** Steps from zero to one end of the map. */
const HALF = 255;

/** The ends of the map in OKLCH: lightness 0–1, chroma, hue in degrees. @type {Record<Theme, { zero: Triple, positive: Triple, negative: Triple }>} */
const ENDS = {
  light: { zero: [0.985, 0.003, 90], positive: [0.43, 0.13, 256], negative: [0.43, 0.115, 45] },
  dark: { zero: [0.235, 0.006, 260], positive: [0.86, 0.095, 232], negative: [0.86, 0.095, 66] },
};

/** @type {Map<Theme, Uint8ClampedArray>} */
const maps = new Map();

/** The map as RGB bytes, from −1 to 1 in `2 * HALF + 1` entries. @param {Theme} theme */
export function colorMap(theme) {
  let bytes = maps.get(theme);
  if (!bytes) {
    const { zero, positive, negative } = ENDS[theme];
    bytes = new Uint8ClampedArray(3 * (2 * HALF + 1));
    for (let step = -HALF; step <= HALF; step += 1) {
      bytes.set(rgbFromLab(mix(labFromLch(zero), labFromLch(step < 0 ? negative : positive), Math.abs(step) / HALF)), 3 * (step + HALF));
    }
    maps.set(theme, bytes);
  }
  return bytes;
}

/** Where a finite value stands in the map: the offset of its three bytes. @param {number} value @param {Domain} domain */
export function mapOffset(value, domain) {
  const part = domain.scale > 0 ? Math.max(-1, Math.min(1, value / domain.scale)) : 0;
  return 3 * (Math.round(part * HALF) + HALF);
}

/** @param {number} value @param {Domain} domain @param {Theme} theme @returns {Triple} */
export function rgbFromValue(value, domain, theme) {
  const bytes = colorMap(theme);
  const offset = mapOffset(value, domain);
  return [bytes[offset], bytes[offset + 1], bytes[offset + 2]];
}

/** Black or white, whichever contrasts more with the colour (WCAG relative luminance). @param {Triple} rgb */
export function inkOn(rgb) {
  return contrast(rgb, [0, 0, 0]) >= contrast(rgb, [255, 255, 255]) ? "#000000" : "#ffffff";
}

/** WCAG 2 contrast ratio, 1 to 21. @param {Triple} a @param {Triple} b */
export function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** OKLab lightness of a colour, 0 to 1: what "looks equally dark" means here. @param {Triple} rgb */
export function lightness(rgb) {
  const [r, g, b] = rgb.map(linearFromByte);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}

/**
 * @typedef {object} Domain what a tensor's colours span
 * @property {number} min smallest finite value
 * @property {number} max largest finite value
 * @property {number} scale the magnitude at either end of the map; 0 when all is zero
 */

/** Values looked at before the page gets a turn: a few milliseconds of work. */
const SLICE = 200_000;

/** The finite extent of values; one scale for both signs, so that zero stays paper. @param {ArrayLike<number | bigint>} values @returns {Promise<Domain>} */
export async function domainFromValues(values) {
  let min = Infinity;
  let max = -Infinity;
  for (let at = 0; at < values.length; at += 1) {
    if (at % SLICE === SLICE - 1) await new Promise((resolve) => setTimeout(resolve));
    const value = Number(values[at]);
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return { min: 0, max: 0, scale: 0 };
  return { min, max, scale: Math.max(Math.abs(min), Math.abs(max)) };
}

/** What two tensors span together, so that one colour is one number in both. @param {Domain} a @param {Domain} b @returns {Domain} */
export function joinDomains(a, b) {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), scale: Math.max(a.scale, b.scale) };
}

/** @param {Triple} lch @returns {Triple} */
function labFromLch([lightnessPart, chroma, hue]) {
  const angle = (hue * Math.PI) / 180;
  return [lightnessPart, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/** @param {Triple} a @param {Triple} b @param {number} part @returns {Triple} */
function mix(a, b, part) {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

/** @param {Triple} lab @returns {Triple} */
function rgbFromLab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    byteFromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    byteFromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    byteFromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** @param {number} linear */
function byteFromLinear(linear) {
  const clamped = Math.max(0, Math.min(1, linear));
  return Math.round(255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055));
}

/** @param {number} byte */
function linearFromByte(byte) {
  const part = byte / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

/** @param {Triple} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map(linearFromByte);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** What plots are drawn of: elements of SVG, and the colours, dashes and markers that tell models apart. */

/** Colours and markers, which views.css gives to `slot-N`: neighbours differ in lightness too. */
export const SLOTS = 8;
/** Dashes change after every model, and are another set after all colours were used. */
const DASHES = ["", "8 4", "2 3", "10 3 2 3", "5 3", "14 4", "1 4", "8 3 2 3 2 3"];

/** The line of a model in little, as it stands in lists. @param {number} slot */
export function swatch(slot) {
  const picture = svg("svg", { class: "swatch", width: 26, height: 12, viewBox: "0 0 26 12", "aria-hidden": "true" });
  picture.append(svg("path", { d: "M1 6H25", "stroke-dasharray": dashes(slot) }), marker(slot, 13, 6));
  return picture;
}

/** How a model's line is dashed. @param {number} slot */
export function dashes(slot) {
  return DASHES[(slot + 3 * Math.floor(slot / SLOTS)) % DASHES.length];
}

/** The shape that marks a model's points. @param {number} slot @param {number} x @param {number} y */
export function marker(slot, x, y) {
  const r = 3.6;
  const at = { class: "marker" };
  const place = `translate(${round(x)} ${round(y)})`;
  const shapes = [
    () => svg("circle", { ...at, r, transform: place }),
    () => svg("path", { ...at, d: "M-3.4-3.4H3.4V3.4H-3.4Z", transform: place }),
    () => svg("path", { ...at, d: "M0-4.6L4.4 3.2H-4.4Z", transform: place }),
    () => svg("path", { ...at, d: "M0 4.6L4.4-3.2H-4.4Z", transform: place }),
    () => svg("path", { ...at, d: "M-1.4-4.4H1.4V-1.4H4.4V1.4H1.4V4.4H-1.4V1.4H-4.4V-1.4H-1.4Z", transform: place }),
  ];
  return shapes[slot % shapes.length]();
}

/** To a tenth of a pixel. @param {number} value */
export function round(value) {
  return Math.round(value * 10) / 10;
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
export function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") element.setAttribute(name, String(typeof value === "number" ? round(value) : value));
  return element;
}

/** @param {number} x @param {number} y @param {string} content @param {Record<string, string | number>} attributes */
export function text(x, y, content, attributes) {
  const element = svg("text", { x, y, "dominant-baseline": "central", ...attributes });
  element.append(content);
  return element;
}

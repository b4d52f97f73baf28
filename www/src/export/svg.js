/** Elements of SVG for drawings that leave the page. */

/**
 * What makes them, of a page's document or of a build's own.
 * @param {Pick<Document, "createElementNS">} made
 */
export function maker(made) {
  /** @param {string} tag @param {Record<string, string | number>} attributes @param {...(SVGElement | string)} children */
  function svg(tag, attributes, ...children) {
    const element = /** @type {SVGElement} */ (made.createElementNS("http://www.w3.org/2000/svg", tag));
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, typeof value === "number" ? String(short(value)) : writable(value));
    element.append(...children.map((child) => (typeof child === "string" ? writable(child) : child)));
    return element;
  }
  /** A text around the height `y`. @param {number} x @param {number} y @param {string} content @param {Record<string, string | number>} [attributes] */
  const text = (x, y, content, attributes = {}) => svg("text", { x, y, dy: "0.35em", ...attributes }, content);
  return { svg, text };
}

/** To a hundredth of a pixel. @param {number} value */
export function short(value) {
  return Math.round(value * 100) / 100;
}

/** @param {string} text @param {number} characters */
export function clipped(text, characters) {
  const room = Math.max(1, Math.floor(characters));
  const letters = [...text];
  return letters.length <= room ? text : `${letters.slice(0, room - 1).join("")}…`;
}

/** Text without what no XML may hold, not even escaped. @param {string} text */
export function writable(text) {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

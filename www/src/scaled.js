/**
 * Which parts of a model are scaled, as the control `scaled` of the program that lets it write says it:
 * "3.1=0, 5.attention=0.5" switches head 1 of layer 3 off and halves what the attention of layer 5 adds. Pure functions.
 */
import { decimal } from "./language.js";
import { texts } from "./texts-later.js";

/** The control that says it. */
export const CONTROL = "scaled";
const WORD = /^(\d+(?:\.(?:\d+|attention|feed_forward))?)=(-?(?:\d+(?:\.\d*)?|\.\d+))$/;

/** The factor of each part by its name; a part that is named twice is scaled by both. @param {string} text @returns {Map<string, number>} */
export function factorsFromText(text) {
  /** @type {Map<string, number>} */
  const factors = new Map();
  for (const word of text.split(/[\s,]+/)) {
    const match = WORD.exec(word);
    if (match) factors.set(match[1], Number(match[2]) * (factors.get(match[1]) ?? 1));
  }
  return factors;
}

/** The text with one part scaled by a factor, of 1 no more. @param {string} text @param {string} part @param {number} factor */
export function textWithFactor(text, part, factor) {
  const factors = factorsFromText(text);
  if (factor === 1) factors.delete(part);
  else factors.set(part, factor);
  const order = [...factors.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return order.map((name) => `${name}=${factors.get(name)}`).join(", ");
}

/** "head 1 of layer 3" @param {string} part */
export function partText(part) {
  const [layer, inside] = part.split(".");
  if (inside === undefined) return texts.scaled.all(Number(layer));
  return /^\d+$/.test(inside) ? texts.scaled.head(Number(inside), Number(layer)) : texts.scaled.of(inside === "attention" ? texts.scaled.attention : texts.scaled.feedForward, Number(layer));
}

/** @param {number} factor */
export function factorText(factor) {
  return factor === 0 ? texts.scaled.off : factor === 1 ? texts.scaled.on : `× ${decimal(String(factor).replace("-", "−"))}`;
}

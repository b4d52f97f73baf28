/** A small tensor as the Python that makes it again. */
import { texts } from "../texts-later.js";
import { knownDtype, plainNumber } from "./bytes.js";

/** More numbers than anybody pastes. */
export const MOST_NUMBERS = 4096;
const WIDTH = 100;

/** @param {import("./bytes.js").Tensor} tensor @returns {string} @throws {Error} with a sentence when it is too large */
export function torchFromTensor(tensor) {
  const { name, shape, data } = tensor;
  if (data.length > MOST_NUMBERS) throw new Error(texts.torchText.tooMany(name, data.length, MOST_NUMBERS));
  const dtype = knownDtype(tensor.dtype);
  const variable = /^[A-Za-z_]\w*$/.test(name) ? name : "x";
  // Empty lists say nothing of the axes behind the empty one.
  if (data.length === 0) return `${variable} = torch.zeros((${shape.join(", ")}${shape.length === 1 ? "," : ""}), dtype=torch.${dtype})\n`;
  let at = 0;
  const start = `${variable} = torch.tensor(`;
  const text = nested(shape, start.length, () => literal(data[at++], dtype));
  return `${start}${text}, dtype=torch.${dtype})\n`;
}

/** Lists in lists; the innermost is broken where it is too long. @param {number[]} shape @param {number} indent @param {() => string} next @returns {string} */
function nested([length, ...rest], indent, next) {
  if (length === undefined) return next();
  const items = Array.from({ length }, () => nested(rest, indent + 1, next));
  const newLine = `,\n${" ".repeat(indent + 1)}`;
  if (rest.length > 0) return `[${items.join(newLine)}]`;
  const rows = [""];
  for (const [index, item] of items.entries()) {
    const last = rows.length - 1;
    const isFull = rows[last] !== "" && indent + rows[last].length + item.length + 4 > WIDTH;
    if (isFull) rows.push(item);
    else rows[last] += `${index > 0 ? ", " : ""}${item}`;
  }
  return `[${rows.join(newLine)}]`;
}

/** @param {number | bigint} value @param {string} dtype */
function literal(value, dtype) {
  const text = plainNumber(value, dtype);
  return /^-?(inf|nan)$/.test(text) ? text.replace(/inf|nan/, "torch.$&") : text;
}

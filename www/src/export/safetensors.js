/** Tensors as one `.safetensors` file: https://huggingface.co/docs/safetensors, "Format". */
import { DTYPES, bytesOf, knownDtype } from "./bytes.js";

/** The widest dtypes come first, then names in their order, as the format's own library has it: each tensor is aligned. */
const ORDER = ["int64", "float64", "float32", "int32", "bfloat16", "float16", "int8", "uint8", "bool"];

/** @param {import("./bytes.js").Tensor[]} tensors each of another name @param {Record<string, string>} about where they come from @returns {Blob} */
export function safetensorsFrom(tensors, about) {
  const rank = (/** @type {import("./bytes.js").Tensor} */ { dtype }) => ORDER.indexOf(knownDtype(dtype));
  const sorted = [...tensors].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  /** @type {Record<string, unknown>} */
  const header = Object.create(null);
  header.__metadata__ = { format: "pt", ...about };
  let offset = 0;
  const values = sorted.map((tensor) => {
    const bytes = bytesOf(tensor);
    header[tensor.name] = { dtype: DTYPES[knownDtype(tensor.dtype)].safetensors, shape: tensor.shape, data_offsets: [offset, (offset += bytes.length)] };
    return bytes;
  });
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(8 + 8 * Math.ceil(text.length / 8)).fill(0x20);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(text, 8);
  return new Blob(/** @type {BlobPart[]} */ ([padded, ...values]), { type: "application/octet-stream" });
}

/**
 * A tensor as a `.npy` file of version 1.0, the same bytes as `numpy.save` writes:
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { DTYPES, bytesOf, knownDtype } from "./bytes.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** The values begin at a multiple of this, so that they can be mapped into memory. */
const ALIGNMENT = 64;
/** NumPy leaves room for the first axis to grow to so many digits. */
const GROWTH = 21;

/** bfloat16, which NumPy does not have, is written as float32, which holds each of its values. @param {import("./bytes.js").Tensor} tensor @returns {Uint8Array} */
export function npyFromTensor(tensor) {
  const { shape } = tensor;
  const dtype = knownDtype(tensor.dtype);
  const written = DTYPES[dtype].numpy ? dtype : "float32";
  const axes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const growth = shape.length > 0 ? " ".repeat(GROWTH - String(shape[0]).length) : "";
  const described = `{'descr': '${DTYPES[written].numpy}', 'fortran_order': False, 'shape': ${axes}, }${growth}`;
  const before = MAGIC.length + 2;
  const padding = ALIGNMENT - ((before + described.length + 1) % ALIGNMENT);
  const header = `${described}${" ".repeat(padding)}\n`;
  const values = bytesOf({ ...tensor, dtype: written });
  const file = new Uint8Array(before + header.length + values.length);
  file.set(MAGIC);
  new DataView(file.buffer).setUint16(MAGIC.length, header.length, true);
  file.set(new TextEncoder().encode(header), before);
  file.set(values, before + header.length);
  return file;
}

/** What is said beside a file that is not of the tensor's own dtype. @param {string} dtype */
export function isWidened(dtype) {
  return DTYPES[knownDtype(dtype)].numpy === null;
}

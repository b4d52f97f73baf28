/** The values of a tensor as the bytes that files hold, little end first, and as the text that Python reads. */
import { exactNumber } from "../number.js";
import { texts } from "../texts-later.js";

/** @typedef {{ name: string, shape: number[], dtype: string, data: import("../state.js").Values["data"] }} Tensor */

/** Each dtype in NumPy's words and in those of safetensors; NumPy has no bfloat16. @type {Record<string, { numpy: string | null, safetensors: string, bytes: number }>} */
export const DTYPES = {
  float64: { numpy: "<f8", safetensors: "F64", bytes: 8 },
  float32: { numpy: "<f4", safetensors: "F32", bytes: 4 },
  float16: { numpy: "<f2", safetensors: "F16", bytes: 2 },
  bfloat16: { numpy: null, safetensors: "BF16", bytes: 2 },
  int64: { numpy: "<i8", safetensors: "I64", bytes: 8 },
  int32: { numpy: "<i4", safetensors: "I32", bytes: 4 },
  int8: { numpy: "|i1", safetensors: "I8", bytes: 1 },
  uint8: { numpy: "|u1", safetensors: "U8", bytes: 1 },
  bool: { numpy: "|b1", safetensors: "BOOL", bytes: 1 },
};

/** `torch.float32` is float32. @param {string} dtype @throws {Error} with a sentence for a dtype that no file here has */
export function knownDtype(dtype) {
  const name = dtype.replace(/^torch\./, "");
  if (!Object.hasOwn(DTYPES, name)) throw new Error(texts.bytes.unknown(name));
  return name;
}

/** The bytes of a tensor in its own dtype, row by row. @param {Tensor} tensor @returns {Uint8Array} */
export function bytesOf({ dtype, data }) {
  const name = knownDtype(dtype);
  if (name === "float16" || name === "bfloat16") {
    const words = new Uint16Array(data.length);
    const bits = bitsOf(data);
    for (let at = 0; at < bits.length; at += 1) words[at] = name === "float16" ? halfFromBits(bits[at]) : brainFromBits(bits[at]);
    return littleEndian(words);
  }
  return littleEndian(data);
}

/** What a cell is in a text that Python, NumPy or a spreadsheet reads: the shortest decimal that is this very value. @param {number | bigint} value @param {string} dtype */
export function plainNumber(value, dtype) {
  if (Object.is(value, -0)) return "-0.0";
  return exactNumber(value, dtype).replace("−", "-");
}

/** The bits of float32 numbers. @param {ArrayLike<number | bigint>} data */
function bitsOf(data) {
  const floats = data instanceof Float32Array ? data : Float32Array.from(/** @type {ArrayLike<number>} */ (data));
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}

/** The upper half of a float32: what was a bfloat16 is one again. @param {number} bits */
function brainFromBits(bits) {
  // A NaN whose upper bits of payload are zero would become an infinity.
  return (bits & 0x7fffffff) > 0x7f800000 ? (bits >>> 16) | 0x40 : bits >>> 16;
}

/** A float32 that was a float16 is one again: every bit that is cut is zero. @param {number} bits */
function halfFromBits(bits) {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200 | (mantissa >>> 13));
  if (exponent > 142) return sign | 0x7c00;
  if (exponent > 112) return sign | ((exponent - 112) << 10) | (mantissa >>> 13);
  // Below the smallest normal one, 2^-14, the leading 1 stands in the mantissa.
  return exponent < 102 ? sign : sign | ((mantissa | 0x800000) >>> (126 - exponent));
}

/** @param {ArrayBufferView & { length: number, BYTES_PER_ELEMENT: number }} data */
function littleEndian(data) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return bytes;
  const turned = bytes.slice();
  for (let at = 0; at < turned.length; at += data.BYTES_PER_ELEMENT) turned.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  return turned;
}

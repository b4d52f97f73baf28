/**
 * Tensors as a safetensors file, which is how a program of ours gets its inputs
 * ([the format](https://github.com/huggingface/safetensors#format)).
 */

const DTYPES = new Map([[Float32Array, "F32"], [BigInt64Array, "I64"], [Int8Array, "I8"], [Uint8Array, "U8"]]);

/** @param {Record<string, { shape: number[], data: ArrayBufferView }>} tensors */
export function safetensors(tensors) {
  const header = {};
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: DTYPES.get(data.constructor), shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new BigUint64Array([BigInt(text.length)]);
  return new Blob([length, text, ...Object.values(tensors).map(({ data }) => data)]);
}

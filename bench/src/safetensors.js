/**
 * Tensors as a safetensors file, which is how a program of ours gets its inputs
 * ([the format](https://github.com/huggingface/safetensors#format)).
 */

/** @param {Record<string, { shape: number[], data: Float32Array | BigInt64Array }>} tensors */
export function safetensors(tensors) {
  const header = {};
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: data instanceof Float32Array ? "F32" : "I64", shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new BigUint64Array([BigInt(text.length)]);
  return new Blob([length, text, ...Object.values(tensors).map(({ data }) => data)]);
}

/**
 * candle in a worker: the module of `bench/candle`, compiled for wasm with SIMD128.
 */
import { answer } from "../../../www/src/answer.js";
import { timed } from "./clock.js";

let candle;

answer({
  /** @param {{ inputs: Record<string, { shape: number[], data: Float32Array }> }} job two square matrices */
  async prepare({ inputs }) {
    const module = await WebAssembly.compileStreaming(fetch(new URL("candle.wasm", import.meta.url)));
    // It names functions of the browser that it never calls.
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] = { ...imports[from], [name]: () => { throw new Error(`candle called ${name}`); } };
    }
    const instance = await WebAssembly.instantiate(module, imports);
    candle = /** @type {Record<string, any>} */ (instance.exports);
    const side = inputs.a.shape[0];
    for (const { data } of [inputs.a, inputs.b]) {
      const at = candle.room(data.length);
      new Float32Array(candle.memory.buffer, at, data.length).set(data);
      candle.square(at, side);
    }
    const at = candle.product();
    return { data: new Float32Array(candle.memory.buffer, at, side * side).slice(), version: "0.11.1" };
  },
  sample: () => timed(() => candle.multiply()),
});

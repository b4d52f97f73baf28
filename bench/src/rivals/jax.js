/**
 * jax-js in a worker, compiled by its `jit`.
 */
import { answer } from "../../../www/src/answer.js";
import { timed } from "./clock.js";

const OPERATIONS = {
  matmul: ({ numpy }, { a, b }) => numpy.matmul(a, b),
  attention: ({ nn }, { q, k, v }) => nn.dotProductAttention(q, k, v, { isCausal: true }),
};

let run;

answer({
  /** @param {{ device: "cpu" | "webgpu", operation: keyof typeof OPERATIONS, inputs: Record<string, { shape: number[], data: Float32Array }> }} job */
  async prepare({ device, operation, inputs }) {
    // It has as many threads as there are cores wherever memory can be shared; the other sides have one.
    Object.defineProperty(globalThis, "SharedArrayBuffer", { value: undefined });
    const jax = await import("@jax-js/jax");
    const name = device === "cpu" ? "wasm" : "webgpu";
    const there = await jax.init(name);
    if (!there.includes(name)) throw new Error(`jax-js has no ${name} here`);
    jax.defaultDevice(name);
    const arrays = Object.fromEntries(Object.entries(inputs).map(([input, { shape, data }]) => [input, jax.numpy.array(data, { shape, dtype: "float32" })]));
    await jax.blockUntilReady(arrays);
    const compiled = jax.jit((given) => OPERATIONS[operation](jax, given));
    // A function uses up its arguments; `ref` keeps them.
    run = () => compiled(jax.tree.ref(arrays));
    return { data: Float32Array.from(await run().data()), version: "0.1.25" };
  },
  sample: () =>
    timed(async () => {
      const result = run();
      await result.blockUntilReady();
      result.dispose();
    }),
});

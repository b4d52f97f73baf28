/**
 * TensorFlow.js in a worker, on its wasm backend with one thread or on its WebGPU backend.
 */
import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import { answer } from "../../../www/src/answer.js";
import { timed } from "./clock.js";

const OPERATIONS = {
  matmul: ({ a, b }) => tf.matMul(a, b),
};

let compute;
let finish;

answer({
  /** @param {{ device: "cpu" | "webgpu", operation: keyof typeof OPERATIONS, inputs: Record<string, { shape: number[], data: Float32Array }> }} job */
  async prepare({ device, operation, inputs }) {
    setThreadsCount(1);
    setWasmPaths(new URL("./", import.meta.url).href);
    await tf.setBackend(device === "cpu" ? "wasm" : "webgpu");
    await tf.ready();
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]));
    compute = () => tf.tidy(() => OPERATIONS[operation](tensors));
    finish = device === "cpu" ? () => {} : () => tf.backend().device.queue.onSubmittedWorkDone();
    const result = compute();
    return { data: await result.data(), version: tf.version_core };
  },
  sample: () => timed(() => compute().dispose(), submitted),
});

async function submitted() {
  // The WebGPU backend gathers commands; without this they would wait for whoever reads.
  tf.backend().submitQueue?.();
  await finish();
}

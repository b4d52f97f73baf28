/**
 * ONNX Runtime Web in a worker: a graph with its weights in it, whose inputs are given at every run.
 */
import { answer } from "../../../www/src/answer.js";
import { timed } from "./clock.js";

const BUILDS = { cpu: "./ort.wasm.min.mjs", webgpu: "./ort.webgpu.min.mjs" };

let ort;
let session;
let feeds;
let output;
let finish;

answer({
  /**
   * @param {{ device: "cpu" | "webgpu", graph: Uint8Array, inputs: Record<string, { shape: number[], data: any }>, output: string, avoidsSubgroups?: boolean }} job
   *   `avoidsSubgroups`: on SwiftShader, whose subgroups have 4 invocations, what it computes with them is wrong
   */
  async prepare({ device, graph, inputs, output: name, avoidsSubgroups }) {
    ort = await import(new URL(BUILDS[device], import.meta.url).href);
    ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "error";
    if (avoidsSubgroups) hideSubgroups();
    const onGpu = device === "webgpu";
    const options = onGpu ? { executionProviders: ["webgpu"], preferredOutputLocation: "gpu-buffer" } : { executionProviders: ["wasm"] };
    session = await ort.InferenceSession.create(graph, { graphOptimizationLevel: "all", ...options });
    output = name;
    feeds = Object.fromEntries(Object.entries(inputs).map(([input, tensor]) => [input, tensorOf(tensor)]));
    finish = () => {};
    if (onGpu) {
      const { device: gpu } = ort.env.webgpu;
      const resident = await gpu;
      for (const [input, tensor] of Object.entries(inputs)) feeds[input] = onDevice(resident, tensor);
      finish = () => resident.queue.onSubmittedWorkDone();
    }
    const results = await session.run(feeds);
    const data = await results[output].getData();
    return { data: Float32Array.from(data), version: ort.env.versions.web };
  },
  sample: () => timed(once, finish),
});

function hideSubgroups() {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function ({ requiredFeatures = [], ...wanted } = {}) {
    return requestDevice.call(this, { ...wanted, requiredFeatures: [...requiredFeatures].filter((name) => !name.startsWith("subgroup")) });
  };
}

async function once() {
  const results = await session.run(feeds);
  results[output].dispose();
}

function tensorOf({ shape, data }) {
  return new ort.Tensor(data instanceof BigInt64Array ? "int64" : "float32", data, shape);
}

function onDevice(gpu, { shape, data }) {
  const buffer = gpu.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  gpu.queue.writeBuffer(buffer, 0, data);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: data instanceof BigInt64Array ? "int64" : "float32", dims: shape });
}

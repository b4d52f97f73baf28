/**
 * The most that this machine and this browser do, in a worker: multiply-adds, copies, and what a GPU is asked and answers.
 */
import { answer } from "../../www/src/answer.js";
import peak from "./peak.wgsl";
import { timed } from "./rivals/clock.js";

const SAMPLES = 15;
/** Of `peak.wat`: twelve vectors of four multiply-adds. */
const FLOPS_PER_TURN = 12 * 4 * 2;
const TURNS = 1 << 18;
const COPIED = 64 << 20;

answer({ cpu, gpu });

/** On one thread of WebAssembly: GFLOP/s with relaxed SIMD and without, GB/s copied, read and written together. */
async function cpu() {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(new URL("peak.wasm", import.meta.url))).catch(() => ({ instance: null }));
  // A browser without relaxed SIMD does not take the module.
  if (!instance) return { relaxed: NaN, simd128: NaN, copy: NaN };
  const { relaxed, simd128, copy } = /** @type {Record<string, any>} */ (instance.exports);
  const billions = async (/** @type {(turns: number, factor: number, term: number) => void} */ run) => (FLOPS_PER_TURN * TURNS) / (await shortest(() => run(TURNS, 0.5, 1))) / 1e6;
  return {
    relaxed: await billions(relaxed),
    simd128: await billions(simd128),
    copy: (2 * COPIED) / (await shortest(() => copy(COPIED))) / 1e6,
  };
}

/** By WebGPU: GFLOP/s, GB/s, and the µs of an empty dispatch and of 4 bytes back, each waited for. */
async function gpu() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return { adapter: "" };
  const device = await adapter.requestDevice();
  const { vendor, architecture, device: model, description } = adapter.info;
  const done = () => device.queue.onSubmittedWorkDone();
  return {
    adapter: [vendor, architecture, model, description].filter(Boolean).join(" "),
    multiplyAdd: await multiplyAdds(device, done),
    copy: await copies(device, done),
    dispatch: (await emptyDispatch(device, done)) * 1000,
    readback: (await readback(device)) * 1000,
  };
}

/** The shortest of some samples: what it can do, whatever else the machine does meanwhile. */
async function shortest(run, finish) {
  let least = Infinity;
  for (let at = 0; at < SAMPLES; at += 1) least = Math.min(least, await timed(run, finish));
  return least;
}

/** Of `peak.wgsl`. */
const INVOCATIONS = 1 << 16;
const FLOPS = INVOCATIONS * 16 * 4 * 8 * 4 * 2;

async function multiplyAdds(device, done) {
  const { submit } = compute(device, peak, INVOCATIONS * 16, INVOCATIONS / 64);
  return FLOPS / (await shortest(submit, done)) / 1e6;
}

async function emptyDispatch(device, done) {
  const { submit } = compute(device, "@compute @workgroup_size(1) fn main() {}", 0, 1);
  return await shortest(async () => {
    submit();
    await done();
  });
}

/** A function that runs a shader once. */
function compute(device, code, bytes, workgroups) {
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } });
  const buffer = bytes && device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE });
  const group = bytes && device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] });
  const submit = () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    if (group) pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return { submit };
}

async function copies(device, done) {
  const [from, to] = [GPUBufferUsage.COPY_SRC, GPUBufferUsage.COPY_DST].map((usage) => device.createBuffer({ size: COPIED, usage }));
  const submit = () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, COPIED);
    device.queue.submit([encoder.finish()]);
  };
  return (2 * COPIED) / (await shortest(submit, done)) / 1e6;
}

async function readback(device) {
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  const host = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  return await shortest(async () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, host, 0, 4);
    device.queue.submit([encoder.finish()]);
    await host.mapAsync(GPUMapMode.READ);
    host.unmap();
  });
}

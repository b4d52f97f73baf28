/**
 * A matrix of 4096 × 4096 times a vector, as in decoding: float32, 8 bits a weight with a scale for each row, 4 bits with
 * a scale for each 32.
 */
import { node, model } from "../onnx.js";
import { generator, uniform } from "../random.js";
import { product } from "../reference.js";

const N = 4096;
const BLOCK = 32;
const VECTOR = { dtype: "float32", shape: [1, N] };
const INCLUDES = "session.run; x is copied in and y out, 32 KB";
const ROUNDED = { relative: 2e-2, reason: "the operator rounds x to 8 bits" };

/** The time that the program takes itself; the weights would not fit what the engine records. */
const timedBy = (/** @type {string} */ expression, prepared = `weight, scale = inputs["weight"], inputs.get("scale")               # [N, K], [N]`) => `
import json
import time

import torch
from safetensors.torch import load_file

inputs = load_file("inputs.safetensors")
x = inputs["x"]                                                    # [1, K]
${prepared}
y = ${expression}
turns, started = 0, time.perf_counter()
while time.perf_counter() - started < 0.004:                       # as long as in rivals/clock.js
    y = ${expression}
    y[0, 0].item()                                                 # nothing may be left to be computed
    turns += 1
print("milliseconds", (time.perf_counter() - started) * 1000 / turns)
print("values", json.dumps(y.flatten().tolist()))
`;

/** @returns {import("../row").Row} */
export function vectorFloat(goals) {
  const inputs = { x: vector(), weight: { shape: [N, N], data: uniform([N, N], 10) } };
  return {
    ...common("float32", inputs),
    ours: { code: timedBy("x @ weight.T") },
    reference: () => product(inputs.weight.data, inputs.x.data, N, N, 1),
    rivals: { ort: { formulation: "MatMul", includes: INCLUDES, job: () => job(floatGraph(inputs.weight.data), inputs), goals } },
  };
}

/** @returns {import("../row").Row} */
export function vectorInt8(goals) {
  const weight = { shape: [N, N], data: whole(Int8Array, N * N, -127, 127) };
  const scale = { shape: [N], data: uniform([N], 11, 0.005).map((one) => 0.01 + one) };
  const inputs = { x: vector(), weight, scale };
  const plain = () => weight.data.reduce((all, value, at) => ((all[at] = value * scale.data[Math.floor(at / N)]), all), new Float32Array(N * N));
  return {
    ...common("int8", inputs),
    ours: { code: timedBy("(x @ weight.float().T) * scale") },
    reference: () => product(plain(), inputs.x.data, N, N, 1),
    rivals: {
      ort: { formulation: "MatMul in float32", includes: INCLUDES, job: () => job(floatGraph(plain()), inputs), goals: goals.float },
      "ort-int8": { worker: "ort", formulation: "DynamicQuantizeMatMul", includes: INCLUDES, job: () => job(int8Graph(inputs), inputs), tolerance: ROUNDED, goals: goals.quantised },
    },
  };
}

/** Two weights a byte, the first in its lower half; 8 is zero. */
const UNPACKED = `
packed, scale = inputs["packed"], inputs["scale"]                  # [N, K / 2], [N, K / 32]
cells = torch.stack([packed & 15, packed >> 4], dim=-1).to(torch.int8) - 8
cells = cells.view(packed.shape[0], -1, 32)                        # [N, K / 32, 32]
`;

/** @returns {import("../row").Row} */
export function vectorInt4(goals) {
  const bytes = { shape: [N, N / BLOCK, BLOCK / 2], data: whole(Uint8Array, (N * N) / 2, 0, 255) };
  const scale = { shape: [(N * N) / BLOCK], data: uniform([(N * N) / BLOCK], 12, 0.05).map((one) => 0.1 + one) };
  const inputs = { x: vector(), packed: { ...bytes, shape: [N, N / 2] }, scale: { ...scale, shape: [N, N / BLOCK] } };
  const plain = () => Float32Array.from({ length: N * N }, (_, at) => (((bytes.data[at >> 1] >> (4 * (at & 1))) & 15) - 8) * scale.data[Math.floor(at / BLOCK)]);
  return {
    ...common("int4", inputs),
    includes: "the operations of the program; nothing is copied; the weights were unpacked to 8 bits before, and their scales are applied",
    ours: { code: timedBy("x @ (cells.float() * scale[..., None]).flatten(1).T", UNPACKED) },
    reference: () => product(plain(), inputs.x.data, N, N, 1),
    rivals: {
      ort: { formulation: "MatMul in float32", includes: INCLUDES, job: () => job(floatGraph(plain()), inputs), goals: goals.float },
      "ort-int4": { worker: "ort", formulation: "MatMulNBits", includes: INCLUDES, job: () => job(int4Graph(bytes, scale), inputs), tolerance: ROUNDED, goals: goals.quantised },
    },
  };
}

function common(dtype, inputs) {
  return {
    name: `vector-4096-${dtype}-cpu`,
    title: `matrix-vector 4096², ${dtype} weights`,
    device: /** @type {const} */ ("cpu"),
    inputs,
    includes: "the operations of the program; nothing is copied",
    flops: 2 * N * N,
    tolerance: { relative: N * 2 ** -24, reason: "what 4096 float32 additions in any order can lose" },
  };
}

const vector = () => ({ shape: [1, N], data: uniform([1, N], 9) });

function whole(Kind, length, from, to) {
  const next = generator(13);
  return Kind.from({ length }, () => from + Math.floor(next() * (to - from + 1)));
}

const job = (graph, { x }) => ({ device: "cpu", graph, inputs: { x }, output: "y" });

function floatGraph(weight) {
  return graph([node("MatMul", ["x", "w"], ["y"])], { w: { shape: [N, N], data: columns(weight) } });
}

function int8Graph({ weight, scale }) {
  return graph([node("DynamicQuantizeMatMul", ["x", "w", "scale"], ["y"], {}, "com.microsoft")], { w: { shape: [N, N], data: columns(weight.data) }, scale });
}

function int4Graph(bytes, scale) {
  // Level 4 lets it compute in int8, which is the fastest that it offers.
  const attributes = { K: N, N, bits: 4, block_size: BLOCK, accuracy_level: 4 };
  return graph([node("MatMulNBits", ["x", "w", "scale"], ["y"], attributes, "com.microsoft")], { w: bytes, scale });
}

const graph = (nodes, weights) => model({ nodes, inputs: { x: VECTOR }, outputs: { y: VECTOR }, weights });

/** [N, K] as [K, N]. @template {Float32Array | Int8Array} A @param {A} data @returns {A} */
function columns(data) {
  const turned = data.slice();
  for (let n = 0; n < N; n += 1) for (let k = 0; k < N; k += 1) turned[k * N + n] = data[n * N + k];
  return /** @type {A} */ (turned);
}

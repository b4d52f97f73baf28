/**
 * Attention of grouped queries that sees the last 128 keys, over 1024 tokens.
 *
 * Ours skips what the window hides; what the others offer computes all scores and hides them. The gain is the algorithm's.
 */
import { node, model } from "../onnx.js";
import { uniform } from "../random.js";
import { attention as attend } from "../reference.js";
import { tokensFirst } from "./layout.js";

const [B, H, G, T, D, W] = [1, 8, 2, 1024, 64, 128];

const CODE = `
import torch
from safetensors.torch import load_file
from torch.nn.functional import scaled_dot_product_attention

inputs = load_file("inputs.safetensors")
q, k, v = inputs["q"], inputs["k"], inputs["v"]                    # [B, H, T, D], [B, G, T, D]
key = torch.arange(${T})
query = key[:, None]
mask = (key <= query) & (key > query - ${W})                        # [T, T]
heads = scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
`;

/** @returns {import("../row").Row} */
export function slidingWindow(goals) {
  const tensor = (heads, seed) => ({ shape: [B, heads, T, D], data: uniform([B, heads, T, D], seed, 3) });
  const inputs = { q: tensor(H, 6), k: tensor(G, 7), v: tensor(G, 8) };
  const includes = "session.run; q, k, v are copied in and the result out";
  const order = (/** @type {Float32Array} */ data) => tokensFirst(data, T, H, D);
  return {
    name: "window-1024-cpu",
    title: `grouped-query attention T=${T}, H=${H}, G=${G}, D=${D}, window ${W}`,
    device: "cpu",
    inputs,
    ours: { code: CODE, result: "heads" },
    includes: "the operation with a mask [T, T]; q, k, v, mask and result stay with the engine",
    flops: 4 * H * D * (T * W - (W * (W - 1)) / 2),
    reference: () => attend(inputs, { H, G, T, D, isVisible: (query, key) => key <= query && key > query - W }),
    tolerance: { relative: 1e-4, reason: "an exp in float32 of scores up to 40, whose last bit is 4e-6, over sums of 128" },
    rivals: {
      "ort-ops": {
        worker: "ort",
        formulation: "MatMul, Add, Softmax, MatMul",
        includes: `${includes}; the mask and the keys of all heads are there`,
        job: () => ({ device: "cpu", graph: operators(), inputs: { q: inputs.q, k: turned(repeated(inputs.k)), v: repeated(inputs.v) }, output: "y" }),
        goals,
      },
      ort: {
        formulation: "MultiHeadAttention, attention_bias",
        includes: `${includes}; the mask and the keys of all heads are there`,
        job: () => ({ device: "cpu", graph: multiHead(), inputs: { q: flat(inputs.q, H), k: flat(repeated(inputs.k), H), v: flat(repeated(inputs.v), H) }, output: "y" }),
        order,
        goals,
      },
      "ort-gqa": {
        worker: "ort",
        formulation: "GroupQueryAttention, local_window_size",
        includes,
        job: () => ({ device: "cpu", graph: grouped(), inputs: { q: flat(inputs.q, H), k: flat(inputs.k, G), v: flat(inputs.v, G) }, output: "y" }),
        order,
        goals,
      },
    },
  };
}

/** Keys of groups [B, G, T, D] as keys of heads [B, H, T, D]. */
function repeated({ data }) {
  const size = T * D;
  const heads = new Float32Array(H * size);
  for (let h = 0; h < H; h += 1) heads.set(data.subarray(Math.floor(h / (H / G)) * size).subarray(0, size), h * size);
  return { shape: [B, H, T, D], data: heads };
}

/** [B, H, T, D] as [B, H, D, T]. */
function turned({ data }) {
  const keys = new Float32Array(data.length);
  for (let h = 0; h < H; h += 1) for (let t = 0; t < T; t += 1) for (let d = 0; d < D; d += 1) keys[(h * D + d) * T + t] = data[(h * T + t) * D + d];
  return { shape: [B, H, D, T], data: keys };
}

/** [B, H, T, D] as [B, T, H · D]. */
function flat({ data }, heads) {
  return { shape: [B, T, heads * D], data: tokensFirst(data, heads, T, D) };
}

const value = (/** @type {number[]} */ ...shape) => ({ dtype: "float32", shape });

/** 0 where a query may look, and a score that no exp survives where it may not. */
function bias() {
  const data = new Float32Array(T * T).fill(-1e9);
  for (let query = 0; query < T; query += 1) data.fill(0, query * T + Math.max(0, query - W + 1), query * T + query + 1);
  return { shape: [1, 1, T, T], data };
}

function operators() {
  const nodes = [node("Mul", ["q", "scale"], ["scaled"]), node("MatMul", ["scaled", "k"], ["scores"]), node("Add", ["scores", "bias"], ["masked"]), node("Softmax", ["masked"], ["shares"], { axis: -1 }), node("MatMul", ["shares", "v"], ["y"])];
  const inputs = { q: value(B, H, T, D), k: value(B, H, D, T), v: value(B, H, T, D) };
  return model({ nodes, inputs, outputs: { y: value(B, H, T, D) }, weights: { bias: bias(), scale: { shape: [], data: Float32Array.of(D ** -0.5) } } });
}

function multiHead() {
  const wide = value(B, T, H * D);
  const nodes = [node("MultiHeadAttention", ["q", "k", "v", "", "", "bias"], ["y"], { num_heads: H }, "com.microsoft")];
  return model({ nodes, inputs: { q: wide, k: wide, v: wide }, outputs: { y: wide }, weights: { bias: bias() } });
}

function grouped() {
  const attributes = { num_heads: H, kv_num_heads: G, local_window_size: W };
  const nodes = [node("GroupQueryAttention", ["q", "k", "v", "", "", "last", "total"], ["y", "keys", "values"], attributes, "com.microsoft")];
  const weights = { last: { shape: [B], data: Int32Array.of(T - 1) }, total: { shape: [1], data: Int32Array.of(T) } };
  const present = value(B, G, T, D);
  return model({ nodes, inputs: { q: value(B, T, H * D), k: value(B, T, G * D), v: value(B, T, G * D) }, outputs: { y: value(B, T, H * D), keys: present, values: present }, weights });
}

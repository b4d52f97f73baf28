/**
 * Causal attention of 512 tokens with 8 heads of 64.
 */
import { node, model } from "../onnx.js";
import { uniform } from "../random.js";
import { attention as attend } from "../reference.js";
import { tokensFirst } from "./layout.js";

const [B, H, T, D] = [1, 8, 512, 64];
const SHAPE = [B, H, T, D];

const CODE = `
from safetensors.torch import load_file
from torch.nn.functional import scaled_dot_product_attention

inputs = load_file("inputs.safetensors")
q, k, v = inputs["q"], inputs["k"], inputs["v"]                    # [B, H, T, D]
heads = scaled_dot_product_attention(q, k, v, is_causal=True)      # [B, H, T, D]
`;

/** @param {"cpu" | "webgpu"} device @returns {import("../row").Row} */
export function attention(device, goals) {
  // Scores of 64 products of numbers up to 3: a softmax that prefers some keys, as a trained one does.
  const [q, k, v] = [3, 4, 5].map((seed) => ({ shape: SHAPE, data: uniform(SHAPE, seed, 3) }));
  const inputs = { q, k, v };
  /** [B, H, T, D] to [B, T, H, D], which others want. */
  const turned = () => Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, { shape: [B, T, H, D], data: tokensFirst(data, H, T, D) }]));
  const rivals = {
    ort: {
      formulation: "MultiHeadAttention, unidirectional",
      includes: device === "cpu" ? "session.run; q, k, v are copied in and the result out, 4 MB" : "session.run until the queue is done, all on the GPU",
      job: () => ({ device, graph: multiHead(), inputs: flat(turned()), output: "y" }),
      order: (/** @type {Float32Array} */ data) => headsFirst(data),
      goals: goals.ort,
    },
    jax: {
      includes: "jit(nn.dotProductAttention) until ready, all in its memory",
      job: () => ({ device, operation: "attention", inputs: turned() }),
      order: (/** @type {Float32Array} */ data) => headsFirst(data),
      goals: goals.jax,
    },
  };
  if (device === "webgpu") {
    const { job } = rivals.ort;
    const plain = { ...rivals.ort, worker: "ort", includes: `${rivals.ort.includes}; without subgroups` };
    rivals["ort-plain"] = { ...plain, formulation: "MultiHeadAttention, no subgroups", job: () => ({ ...job(), avoidsSubgroups: true }) };
    rivals["ort-gqa-plain"] = { ...plain, formulation: "GroupQueryAttention, no subgroups", job: () => ({ ...job(), graph: grouped(), avoidsSubgroups: true }) };
  }
  return {
    name: `attention-512-${device}`,
    title: "causal attention T=512, H=8, D=64",
    device,
    inputs,
    ours: { code: CODE, result: "heads" },
    includes: "the operation; q, k, v and the result stay with the engine",
    flops: 4 * H * D * ((T * (T + 1)) / 2),
    reference: () => attend(inputs, { H, G: H, T, D, isVisible: (query, key) => key <= query }),
    tolerance: { relative: 1e-4, reason: "an exp in float32 of scores up to 40, whose last bit is 4e-6, over sums of 512" },
    rivals,
  };
}

const headsFirst = (data) => tokensFirst(data, T, H, D);

/** [B, T, H, D] as the operators of ONNX Runtime want it: [B, T, H · D]. */
function flat(inputs) {
  return Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, { shape: [B, T, H * D], data }]));
}

const FLAT = { dtype: "float32", shape: [B, T, H * D] };

function multiHead() {
  const nodes = [node("MultiHeadAttention", ["q", "k", "v"], ["y"], { num_heads: H, unidirectional: 1 }, "com.microsoft")];
  return model({ nodes, inputs: { q: FLAT, k: FLAT, v: FLAT }, outputs: { y: FLAT } });
}

function grouped() {
  const present = { dtype: "float32", shape: [B, H, T, D] };
  const nodes = [node("GroupQueryAttention", ["q", "k", "v", "", "", "last", "total"], ["y", "keys", "values"], { num_heads: H, kv_num_heads: H }, "com.microsoft")];
  const weights = { last: { shape: [B], data: Int32Array.of(T - 1) }, total: { shape: [1], data: Int32Array.of(T) } };
  return model({ nodes, inputs: { q: FLAT, k: FLAT, v: FLAT }, outputs: { y: FLAT, keys: present, values: present }, weights });
}

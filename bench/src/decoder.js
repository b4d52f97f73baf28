/**
 * The decoder of the rows on models: of Llama's plan, 17.5 million parameters, random weights under their published names.
 */
import { uniform } from "./random.js";

export const CONFIG = {
  model_type: "llama",
  vocab_size: 8704,
  hidden_size: 384,
  intermediate_size: 1024,
  num_hidden_layers: 8,
  num_attention_heads: 6,
  num_key_value_heads: 6,
  head_dim: 64,
  hidden_act: "silu",
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 1024,
  tie_word_embeddings: true,
};

/** The sizes in the letters of the glossary; N is the inner width of the feed-forward layers. */
export const { vocab_size: V, hidden_size: M, intermediate_size: N, num_hidden_layers: L, num_attention_heads: H, head_dim: D } = CONFIG;

/** @typedef {Record<string, { shape: number[], data: Float32Array }>} Weights */

/** Of a size that keeps what passes through them as large as it was. @returns {Weights} */
export function weights() {
  let seed = 100;
  const matrix = (rows, columns) => ({ shape: [rows, columns], data: uniform([rows, columns], (seed += 1), Math.sqrt(3 / columns)) });
  const norm = () => ({ shape: [M], data: uniform([M], (seed += 1), 0.1).map((one) => 1 + one) });
  const all = { "model.embed_tokens.weight": matrix(V, M), "model.norm.weight": norm() };
  for (let layer = 0; layer < L; layer += 1) {
    const at = `model.layers.${layer}`;
    Object.assign(all, {
      [`${at}.input_layernorm.weight`]: norm(),
      [`${at}.self_attn.q_proj.weight`]: matrix(H * D, M),
      [`${at}.self_attn.k_proj.weight`]: matrix(H * D, M),
      [`${at}.self_attn.v_proj.weight`]: matrix(H * D, M),
      [`${at}.self_attn.o_proj.weight`]: matrix(M, H * D),
      [`${at}.post_attention_layernorm.weight`]: norm(),
      [`${at}.mlp.gate_proj.weight`]: matrix(N, M),
      [`${at}.mlp.up_proj.weight`]: matrix(N, M),
      [`${at}.mlp.down_proj.weight`]: matrix(M, N),
    });
  }
  return all;
}

/** A prompt of ordinary tokens. @param {number} length */
export function prompt(length) {
  return Array.from(uniform([length], 99), (one) => 300 + Math.floor(((one + 1) / 2) * (V - 301)));
}

/** Cosine and sine of what positions turn the pairs of a head by, each [T, D / 2]. @param {number} T */
export function rotation(T) {
  const angles = Float64Array.from({ length: T * (D / 2) }, (_, at) => Math.floor(at / (D / 2)) * CONFIG.rope_theta ** ((-2 * (at % (D / 2))) / D));
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
}

/** Multiply-adds, counted twice, of T tokens without a cache, all of whose logits are computed. @param {number} T */
export function flops(T) {
  const perToken = L * (4 * M * H * D + 3 * M * N) + M * V;
  return 2 * T * perToken + L * 4 * H * D * ((T * (T + 1)) / 2);
}

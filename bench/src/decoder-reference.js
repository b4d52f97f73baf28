/**
 * The decoder in float64: the logits of a prompt's last token.
 */
import { CONFIG, D, H, L, M, N, V, rotation } from "./decoder.js";
import { attention, product } from "./reference.js";

/** @param {import("./decoder").Weights} weights @param {number[]} ids @returns {Float64Array} [V] */
export function lastLogits(weights, ids) {
  const T = ids.length;
  const turns = rotation(T);
  const weight = (/** @type {string} */ name) => weights[`${name}.weight`].data;
  const project = (x, name, rows, columns, tokens = T) => product(x, transposed(weight(name), rows, columns), tokens, columns, rows);
  const add = (a, b) => a.map((one, at) => one + b[at]);

  const embedding = weight("model.embed_tokens");
  let x = Float64Array.from({ length: T * M }, (_, at) => embedding[ids[Math.floor(at / M)] * M + (at % M)]);
  for (let layer = 0; layer < L; layer += 1) {
    const at = `model.layers.${layer}`;
    const normed = norm(x, weight(`${at}.input_layernorm`));
    const [q, k, v] = ["q", "k", "v"].map((name) => headsOf(project(normed, `${at}.self_attn.${name}_proj`, H * D, M), T));
    const inputs = { q: { data: rotated(q, turns, T) }, k: { data: rotated(k, turns, T) }, v: { data: v } };
    const heads = attention(inputs, { H, G: H, T, D, isVisible: (query, key) => key <= query });
    x = add(x, project(tokensOf(heads, T), `${at}.self_attn.o_proj`, M, H * D));
    const after = norm(x, weight(`${at}.post_attention_layernorm`));
    const up = project(after, `${at}.mlp.up_proj`, N, M);
    const gated = project(after, `${at}.mlp.gate_proj`, N, M).map((one, index) => (one / (1 + Math.exp(-one))) * up[index]);
    x = add(x, project(gated, `${at}.mlp.down_proj`, M, N));
  }
  return project(norm(x.subarray((T - 1) * M), weight("model.norm")), "model.embed_tokens", V, M, 1);
}

/** Each row [M] with a root mean square of one, then stretched. */
function norm(x, stretch) {
  const y = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += M) {
    const square = x.subarray(row, row + M).reduce((sum, one) => sum + one * one, 0) / M;
    const factor = 1 / Math.sqrt(square + CONFIG.rms_norm_eps);
    for (let m = 0; m < M; m += 1) y[row + m] = x[row + m] * factor * stretch[m];
  }
  return y;
}

/** Pair d of a head are its numbers d and d + D / 2. */
function rotated(x, { cos, sin }, T) {
  const y = new Float64Array(x.length);
  const half = D / 2;
  for (let row = 0; row < x.length / D; row += 1) {
    for (let d = 0; d < half; d += 1) {
      const [a, b, turn] = [x[row * D + d], x[row * D + half + d], (row % T) * half + d];
      y[row * D + d] = a * cos[turn] - b * sin[turn];
      y[row * D + half + d] = b * cos[turn] + a * sin[turn];
    }
  }
  return y;
}

/** [rows, columns] as [columns, rows]. */
export function transposed(data, rows, columns) {
  const turned = data.slice();
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) turned[column * rows + row] = data[row * columns + column];
  return turned;
}

/** [T, H · D] as [H, T, D], and back. */
function headsOf(x, T) {
  return exchanged(x, T, H);
}

function tokensOf(x, T) {
  return exchanged(x, H, T);
}

function exchanged(x, A, B) {
  const y = new Float64Array(x.length);
  for (let a = 0; a < A; a += 1) for (let b = 0; b < B; b += 1) y.set(x.subarray((a * B + b) * D, (a * B + b + 1) * D), (b * A + a) * D);
  return y;
}

/**
 * The decoder as a graph for ONNX Runtime, with the operators into which its optimizer fuses exported models.
 */
import { CONFIG, D, H, L, M, N, V, rotation } from "./decoder.js";
import { transposed } from "./decoder-reference.js";
import { model, node } from "./onnx.js";

const MICROSOFT = "com.microsoft";

/** Token ids [1, T] to the logits of the last token [1, V]; those of all tokens are computed, as ours are. @param {import("./decoder").Weights} weights @param {number} T */
export function decoderGraph(weights, T) {
  const nodes = [];
  const constants = {};
  const constant = (/** @type {string} */ name, tensor) => ((constants[name] = tensor), name);
  const weight = (/** @type {string} */ name) => constant(name, weights[`${name}.weight`]);
  const matrix = (/** @type {string} */ name, rows, columns) => constant(name, { shape: [columns, rows], data: transposed(weights[`${name}.weight`].data, rows, columns) });
  const apply = (op, inputs, output, attributes = {}, domain = "") => (nodes.push(node(op, inputs, [output], attributes, domain)), output);
  const project = (x, name, rows, columns) => apply("MatMul", [x, matrix(name, rows, columns)], `${name}.out`);
  /** x + change, and the norm of it. */
  const addAndNorm = (x, change, name) => {
    nodes.push(node("SkipSimplifiedLayerNormalization", [change, x, weight(name)], [`${name}.out`, "", "", `${name}.sum`], { epsilon: { float: CONFIG.rms_norm_eps } }, MICROSOFT));
    return [`${name}.sum`, `${name}.out`];
  };
  const { cos, sin } = rotation(T);
  const turns = [cos, sin].map((data, at) => constant(["cos", "sin"][at], { shape: [T, D / 2], data: Float32Array.from(data) }));
  const positions = constant("positions", { shape: [1, T], data: BigInt64Array.from({ length: T }, (_, t) => BigInt(t)) });
  const rotated = (/** @type {string} */ x) => apply("RotaryEmbedding", [x, positions, ...turns], `${x}.turned`, { interleaved: 0 }, MICROSOFT);

  let x = apply("Gather", [weight("model.embed_tokens"), "ids"], "x");
  let normed = apply("SimplifiedLayerNormalization", [x, weight("model.layers.0.input_layernorm")], "normed", { axis: -1, epsilon: { float: CONFIG.rms_norm_eps } });
  for (let layer = 0; layer < L; layer += 1) {
    const at = `model.layers.${layer}`;
    const [q, k, v] = ["q", "k", "v"].map((name) => project(normed, `${at}.self_attn.${name}_proj`, H * D, M));
    const heads = apply("MultiHeadAttention", [rotated(q), rotated(k), v], `${at}.heads`, { num_heads: H, unidirectional: 1 }, MICROSOFT);
    [x, normed] = addAndNorm(x, project(heads, `${at}.self_attn.o_proj`, M, H * D), `${at}.post_attention_layernorm`);
    const gate = apply("QuickGelu", [project(normed, `${at}.mlp.gate_proj`, N, M)], `${at}.gate`, { alpha: { float: 1 } }, MICROSOFT);
    const gated = apply("Mul", [gate, project(normed, `${at}.mlp.up_proj`, N, M)], `${at}.gated`);
    const next = layer + 1 < L ? `model.layers.${layer + 1}.input_layernorm` : "model.norm";
    [x, normed] = addAndNorm(x, project(gated, `${at}.mlp.down_proj`, M, N), next);
  }
  const head = constant("head", { shape: [M, V], data: transposed(weights["model.embed_tokens.weight"].data, V, M) });
  const logits = apply("MatMul", [normed, head], "logits");
  apply("Gather", [logits, constant("last", { shape: [], data: BigInt64Array.of(BigInt(T - 1)) })], "y", { axis: 1 });
  return model({ nodes, inputs: { ids: { dtype: "int64", shape: [1, T] } }, outputs: { y: { dtype: "float32", shape: [1, V] } }, weights: constants });
}

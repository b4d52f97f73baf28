/**
 * A whole model of 17.5 million parameters: a prompt of 128 tokens, and a token after it.
 */
import { CONFIG, V, flops, prompt, weights } from "../decoder.js";
import { decoderGraph } from "../decoder-graph.js";
import { lastLogits } from "../decoder-reference.js";
import { gguf, quantized, textOf } from "../gguf.js";
import { models } from "../models.js";

const T = 128;
const NEW_TOKENS = 32;

const START = (config) => `
import json
import time

import torch
import llama
from safetensors.torch import load_file

config = json.loads("""${JSON.stringify(config)}""")
weights = load_file("inputs.safetensors")
ids = weights.pop("input_ids")                                     # [B, T]
`;

const PREFILL = `${START(CONFIG)}
with torch.no_grad():
    llama.forward(weights, config, ids)
    started = time.perf_counter()
    logits, _ = llama.forward(weights, config, ids)                # [B, T, V]
    logits[0, -1, 0].item()                                        # nothing may be left to be computed
    print("milliseconds", (time.perf_counter() - started) * 1000)
print("values", json.dumps(logits[0, -1].tolist()))
`;

/** The embedding is looked up, which makes it float32; the head, which has its weights, is another tensor for that. */
const DECODE = `${START({ ...CONFIG, tie_word_embeddings: false })}
def scaled(name):
    cells, scales = weights[name], weights[name + ".scales"]       # [N, M], [N, M / 32]
    return (cells.float().view(*scales.shape, -1) * scales[..., None]).flatten(1)

weights["lm_head.weight"] = scaled("model.embed_tokens.weight")
for name in [name for name in weights if name + ".scales" in weights]:
    weights[name] = scaled(name)

with torch.no_grad():
    cache = llama.new_cache(config)
    first, _ = llama.forward(weights, config, ids, cache)
    new = first[:, -1:].argmax(-1)                                 # [B, 1]
    logits, _ = llama.forward(weights, config, new, cache)
    started = time.perf_counter()
    for _ in range(${NEW_TOKENS}):
        new = logits[:, -1:].argmax(-1)
        logits, _ = llama.forward(weights, config, new, cache)
    logits[0, -1, 0].item()
    print("milliseconds", (time.perf_counter() - started) * 1000 / ${NEW_TOKENS})
print("values", json.dumps(first[0, -1].tolist()))
`;

const TOLERANCE = { relative: 1e-4, reason: "float32 through 8 layers: measured 1e-6 on both sides, a hundred times that is a bug" };

/** @returns {Promise<import("../row").Row>} */
export async function prefill(goals) {
  const { all, common } = model();
  return {
    ...common,
    name: "prefill-128-cpu",
    title: "prefill of 128 tokens, 17.5M-parameter decoder",
    ours: { code: PREFILL, modules: await models() },
    includes: "llama.forward as the page runs it, interpreted, float32, all logits",
    flops: flops(T),
    rivals: {
      ort: {
        formulation: "fused operators",
        includes: "session.run of the same graph, float32, all logits; those of the last token are copied out",
        job: () => ({ device: "cpu", graph: decoderGraph(all, T), inputs: { ids: common.inputs.input_ids }, output: "y" }),
        goals,
      },
    },
  };
}

/** @returns {Promise<import("../row").Row>} */
export async function decode(goals) {
  const { all, common } = model();
  const { inputs, stored } = inEightBits(all);
  return {
    ...common,
    inputs: { ...inputs, input_ids: common.inputs.input_ids },
    reference: () => lastLogits(stored, prompt(T)),
    name: "decode-cpu",
    title: "decoding one token, 17.5M-parameter decoder",
    ours: { code: DECODE, modules: await models() },
    includes: `llama.forward and argmax as the page runs them, interpreted, the weights of Q8_0; the mean of ${NEW_TOKENS} tokens after a prompt of ${T}`,
    rivals: {
      wllama: {
        formulation: "Q8_0",
        includes: `what llama.cpp says of a token, sampling included; the mean of ${NEW_TOKENS} tokens after a prompt of ${T}`,
        job: () => ({ model: gguf(all), prompt: textOf(prompt(T)), tokens: NEW_TOKENS }),
        // It tells the likeliest tokens and their log-probabilities.
        order: (data, reference) => {
          const most = reference.reduce((a, b) => Math.max(a, b), -Infinity);
          const total = most + Math.log(reference.reduce((sum, one) => sum + Math.exp(one - most), 0));
          const logits = Float32Array.from(reference);
          for (let at = 0; at < data.length; at += 2) logits[data[at]] = data[at + 1] + total;
          return logits;
        },
        tolerance: { relative: 5e-2, reason: "what the weights are multiplied with is rounded to 8 bits" },
        goals,
      },
    },
  };
}

/** The matrices as `Q8_0` has them: whole numbers and their scales, and what these stand for. */
function inEightBits(all) {
  const [inputs, stored] = [{}, {}];
  for (const [name, { shape, data }] of Object.entries(all)) {
    inputs[name] = stored[name] = { shape, data };
    if (shape.length !== 2) continue;
    const { cells, scales } = quantized(data);
    inputs[name] = { shape, data: cells };
    inputs[`${name}.scales`] = { shape: [shape[0], scales.length / shape[0]], data: scales };
    stored[name] = { shape, data: Float32Array.from(cells, (cell, at) => cell * scales[Math.floor((at * scales.length) / cells.length)]) };
  }
  return { inputs, stored };
}

function model() {
  const all = weights();
  const ids = prompt(T);
  const inputs = { ...all, input_ids: { shape: [1, T], data: BigInt64Array.from(ids, BigInt) } };
  return { all, common: { device: /** @type {const} */ ("cpu"), inputs, reference: () => lastLogits(all, ids), tolerance: TOLERANCE } };
}

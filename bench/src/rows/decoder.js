/**
 * A whole model of 17.5 million parameters: a prompt of 128 tokens, and a token after it.
 */
import { CONFIG, V, flops, prompt, weights } from "../decoder.js";
import { decoderGraph } from "../decoder-graph.js";
import { lastLogits } from "../decoder-reference.js";
import { gguf, textOf } from "../gguf.js";
import { models } from "../models.js";

const T = 128;
const NEW_TOKENS = 32;

const START = `
import json
import time

import torch
import llama
from safetensors.torch import load_file

config = json.loads("""${JSON.stringify(CONFIG)}""")
weights = load_file("inputs.safetensors")
ids = weights.pop("input_ids")                                     # [B, T]
`;

const PREFILL = `${START}
with torch.no_grad():
    llama.forward(weights, config, ids)
    started = time.perf_counter()
    logits, _ = llama.forward(weights, config, ids)                # [B, T, V]
    logits[0, -1, 0].item()                                        # nothing may be left to be computed
    print("milliseconds", (time.perf_counter() - started) * 1000)
print("values", json.dumps(logits[0, -1].tolist()))
`;

const DECODE = `${START}
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
  return {
    ...common,
    name: "decode-cpu",
    title: "decoding one token, 17.5M-parameter decoder",
    ours: { code: DECODE, modules: await models() },
    includes: `llama.forward and argmax as the page runs them, interpreted, float32 weights; the mean of ${NEW_TOKENS} tokens after a prompt of ${T}`,
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
        tolerance: { relative: 5e-2, reason: "weights and what they are multiplied with are rounded to 8 bits" },
        goals,
      },
    },
  };
}

function model() {
  const all = weights();
  const ids = prompt(T);
  const inputs = { ...all, input_ids: { shape: [1, T], data: BigInt64Array.from(ids, BigInt) } };
  return { all, common: { device: /** @type {const} */ ("cpu"), inputs, reference: () => lastLogits(all, ids), tolerance: TOLERANCE } };
}

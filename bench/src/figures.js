/**
 * What is a figure of ours alone, with a limit instead of a rival.
 */
import { CONFIG } from "./decoder.js";
import { models } from "./models.js";
import { Ours } from "./ours.js";

const LAYERS = 12;
const TOKENS = 8;
/** So many are asked for first, by their shapes alone: as the rows do not count their first rounds, in which V8 compiles. */
const WARMING = 400;

/** Asks for a token `TOKENS` times; what `forward` has not submitted goes with the value that is read after it, outside of the time, as the wait does. */
const encodes = (/** @type {string} */ device) => `
import json
import time

import torch
import llama

config = {**json.loads("""${JSON.stringify(CONFIG)}"""), "num_hidden_layers": ${LAYERS}}

@torch.no_grad()
def times(device, tokens):
    weights = {name: torch.full(shape, 0.02, device=device) for name, shape in llama.weight_shapes(config).items()}
    ids = torch.ones(1, 16, dtype=torch.int64, device=device)      # [B, T]
    cache, found = llama.new_cache(config), []
    llama.forward(weights, config, ids, cache)
    for _ in range(tokens):
        started = time.perf_counter()
        logits, _ = llama.forward(weights, config, ids[:, :1], cache)
        found.append((time.perf_counter() - started) * 1000)
        if not logits.is_meta:
            logits[0, -1, 0].item()
    return found

times("meta", ${WARMING})
print("milliseconds", sorted(times(${device}, ${TOKENS}))[${TOKENS / 2}])
print("values []")
`;

/** @typedef {{ name: string, title: string, value: number, unit: string, must?: number, aim?: number, note: string, problem?: string }} Figure */

/** By the beginning of a name, as rows are chosen. @type {Record<string, () => Promise<Figure>>} */
export const FIGURES = {
  "encode-webgpu": async () => {
    const interpreted = await milliseconds("cpu", `"meta"`);
    const whole = await milliseconds("webgpu", "None");
    return {
      name: "encode-webgpu",
      title: `a decode step of ${LAYERS} layers on WebGPU: CPU time until it is encoded, and submitted but for its end`,
      value: whole,
      unit: "ms",
      must: 1,
      aim: 0.2,
      note: `the program included: with shapes alone, on the device meta, it takes ${interpreted.toFixed(1)} ms`,
    };
  },
  bytes: async () => {
    const bytes = await (await fetch("bytes.json")).json();
    const others = Object.entries(bytes.rivals).map(([name, size]) => `${name} ${kilobytes(size)} KB`);
    return { name: "bytes", title: "engine (wasm, JavaScript, shaders), gzipped", value: kilobytes(bytes.ours), unit: "KB", must: 500, aim: 300, note: others.join(", ") };
  },
};

const kilobytes = (/** @type {number} */ bytes) => Math.round(bytes / 1024);

/** @param {"cpu" | "webgpu"} runner @param {string} device */
async function milliseconds(runner, device) {
  const ours = await Ours.start(runner);
  try {
    await ours.prepare({ code: encodes(device), modules: await models() }, {});
    return await ours.sample();
  } finally {
    ours.close();
  }
}

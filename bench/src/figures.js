/**
 * What is a figure of ours alone, with a limit instead of a rival.
 */
import { CONFIG } from "./decoder.js";
import { models } from "./models.js";
import { Ours } from "./ours.js";
import { median } from "./statistics.js";
import { Submissions } from "./submissions.js";

const LAYERS = 12;
/** So many steps are counted, after those in which V8 compiles: by their shapes alone it has more of them. */
const TOKENS = 64;
const WARMING = 96;
const WARMING_SHAPES = 400;
/**
 * Of the submissions, what a tenth take at most: `submit` wakes the browser's process for the GPU, and where that is on the
 * worker's own core, the worker waits for it. What is asked for is the time that it computes itself.
 */
const UNDISTURBED = 0.1;

/**
 * Decodes on the GPU and by shapes alone, in turn, and says how long it is until `forward` returns. What it recorded is
 * submitted with the value that is read after it, and that is waited for.
 */
const STEPS = `
import json
import time

import torch
import llama

config = {**json.loads("""${JSON.stringify(CONFIG)}"""), "num_hidden_layers": ${LAYERS}}

def decoder(device):
    weights = {name: torch.full(shape, 0.02, device=device) for name, shape in llama.weight_shapes(config).items()}
    ids = torch.ones(1, 16, dtype=torch.int64, device=device)      # [B, T]
    cache = llama.new_cache(config)
    llama.forward(weights, config, ids, cache)

    def milliseconds():
        started = time.perf_counter()
        logits, _ = llama.forward(weights, config, ids[:, :1], cache)
        taken = (time.perf_counter() - started) * 1000
        if not logits.is_meta:
            logits[0, -1, 0].item()
        return taken

    return milliseconds

with torch.no_grad():
    by_shapes = decoder("meta")
    for _ in range(${WARMING_SHAPES}):
        by_shapes()
    recorded = decoder(None)
    pairs = [(recorded(), by_shapes()) for _ in range(${WARMING + TOKENS})]
print("values", [sorted(times)[${TOKENS / 2}] for times in zip(*pairs[${WARMING}:])])
`;

/** @typedef {{ name: string, title: string, value: number, unit: string, must?: number, aim?: number, note: string, problem?: string }} Figure */

/** By the beginning of a name, as rows are chosen. @type {Record<string, () => Promise<Figure>>} */
export const FIGURES = {
  "encode-webgpu": async () => {
    const { recorded, program, submitted, waited } = await step();
    const milliseconds = (/** @type {number} */ time) => `${time.toFixed(2)} ms`;
    return {
      name: "encode-webgpu",
      title: `a decode step of ${LAYERS} layers on WebGPU: CPU time to encode and submit it`,
      value: recorded - program + submitted,
      unit: "ms",
      must: 1,
      aim: 0.2,
      note: `${milliseconds(submitted)} of it the submission where it keeps its core, ${milliseconds(waited)} in the middle; beside it the program takes ${milliseconds(program)}, by its shapes alone: together ${milliseconds(recorded + submitted)}`,
    };
  },
  bytes: async () => {
    const bytes = await (await fetch("bytes.json")).json();
    const others = Object.entries(bytes.rivals).map(([name, size]) => `${name} ${kilobytes(size)} KB`);
    return { name: "bytes", title: "engine (wasm, JavaScript, shaders), gzipped", value: kilobytes(bytes.ours), unit: "KB", must: 500, aim: 300, note: others.join(", ") };
  },
};

const kilobytes = (/** @type {number} */ bytes) => Math.round(bytes / 1024);

/** Milliseconds of a step until it is recorded, of its program by its shapes alone, and of its submission, with what it waits for or without. */
async function step() {
  const submissions = new Submissions();
  const ours = await submissions.during(() => Ours.start("webgpu"));
  try {
    const [recorded, program] = await ours.prepare({ code: STEPS, modules: await models() }, {});
    // One for each token, the last ones of the run.
    const times = submissions.times.slice(-TOKENS).sort((a, b) => a - b);
    return { recorded, program, submitted: times[Math.floor(UNDISTURBED * times.length)], waited: median(times) };
  } finally {
    submissions.close();
    ours.close();
  }
}

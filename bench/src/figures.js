/**
 * What is a figure of ours alone, with a limit instead of a rival.
 */
import { CONFIG } from "./decoder.js";
import { models } from "./models.js";
import { Ours } from "./ours.js";
import { median } from "./statistics.js";
import { Submissions } from "./submissions.js";

const LAYERS = 12;
const TOKENS = 8;
/** So many are asked for first, by their shapes alone: as the rows do not count their first rounds, in which V8 compiles. */
const WARMING = 400;

/** Asks for a token `TOKENS` times, until `forward` returns; what it recorded is submitted with the value that is read after it, and that is waited for. */
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
    const [interpreted] = await milliseconds("cpu", `"meta"`);
    const [recorded, submissions] = await milliseconds("webgpu", "None");
    // One for each token, the last ones of the run.
    const submitted = median(submissions.slice(-TOKENS));
    const parts = `${interpreted.toFixed(2)} ms of it is the program, as it takes by its shapes alone, on the device meta; ${submitted.toFixed(2)} ms the submission`;
    return {
      name: "encode-webgpu",
      title: `a decode step of ${LAYERS} layers on WebGPU: CPU time of the program, and to encode and submit what it asks for`,
      value: recorded + submitted,
      unit: "ms",
      must: 1,
      aim: 0.2,
      note: parts,
    };
  },
  bytes: async () => {
    const bytes = await (await fetch("bytes.json")).json();
    const others = Object.entries(bytes.rivals).map(([name, size]) => `${name} ${kilobytes(size)} KB`);
    return { name: "bytes", title: "engine (wasm, JavaScript, shaders), gzipped", value: kilobytes(bytes.ours), unit: "KB", must: 500, aim: 300, note: others.join(", ") };
  },
};

const kilobytes = (/** @type {number} */ bytes) => Math.round(bytes / 1024);

/** What the program says, and each submission. @param {"cpu" | "webgpu"} runner @param {string} device @returns {Promise<[number, number[]]>} */
async function milliseconds(runner, device) {
  const submissions = new Submissions();
  const start = () => Ours.start(runner);
  const ours = await (runner === "webgpu" ? submissions.during(start) : start());
  try {
    await ours.prepare({ code: encodes(device), modules: await models() }, {});
    submissions.times.length = 0;
    return [await ours.sample(), submissions.times];
  } finally {
    submissions.close();
    ours.close();
  }
}

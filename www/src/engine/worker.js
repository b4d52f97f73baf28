/**
 * The engine's side of the boundary: a worker that owns the wasm module. A program runs in slices, so that `stop` is
 * heard between them.
 */
import { answer } from "../answer.js";
import { openTokenizer } from "../tokenizer/open.js";
import init, { Engine } from "./attention_playground.js";

/** What `create` made. @type {Engine | undefined} */
let engine;
/** The files of the newest run, and what reads those that describe tokenizers; the next run may be about the same ones. */
let given = { files: {}, tokenizers: {} };

const methods = {
  /** Loads the module and asks for the GPU where it is wanted. @param {"auto" | "webgpu" | "cpu"} device */
  async create(device) {
    await init();
    const gpu = device === "cpu" ? { adapter: "", reason: "" } : await probe();
    engine = await Engine.create(gpu.adapter !== "");
    return {
      device: engine.hasGpu() ? "webgpu" : "cpu",
      adapter: engine.hasGpu() ? gpu.adapter : "",
      reason: gpu.reason || engine.gpuProblem(),
    };
  },
  async run(code, { files, ...options }, progress) {
    if (files !== null) given = { files, tokenizers: {} };
    await openTokenizers(given);
    return engine.run(code, { ...options, ...given }, progress);
  },
  stop: () => engine.stop(),
  read: (tensor) => engine.read(tensor),
  time: (tensor) => engine.time(tensor),
  provenance: (tensor, index) => engine.provenance(tensor, index),
  operations: () => engine.operations(),
};

answer(methods);

/**
 * Opens what reads texts for those files that describe tokenizers, unless it is open; where that fails, a sentence
 * stands in its place.
 * @param {typeof given} given
 */
async function openTokenizers({ files, tokenizers }) {
  for (const path of Object.keys(files).filter((name) => /(^|\/)tokenizer\.json$/.test(name))) {
    if (tokenizers[path] && !tokenizers[path].isLost?.()) continue;
    tokenizers[path] = await openTokenizer(files[path]).catch((error) => String(error?.message ?? error));
  }
}

/**
 * Whether this worker reaches a GPU; asked here, since a worker may lack what its page has.
 * @returns {Promise<{ adapter: string, reason: string }>} the adapter's name, or the sentence why there is none
 */
async function probe() {
  const none = (reason) => ({ adapter: "", reason });
  if (!self.isSecureContext) return none("WebGPU needs a page served over https or from localhost.");
  if (!navigator.gpu) return none("This browser has no WebGPU, or has it switched off.");
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (!adapter) return none("This browser has WebGPU but found no graphics adapter that it can use.");
  const { description, device, architecture, vendor } = adapter.info ?? {};
  const name = description || device || [vendor, architecture].filter(Boolean).join(" ");
  return { adapter: name || "a graphics adapter without a name", reason: "" };
}

/**
 * The engine's side of the boundary: a worker that owns the wasm module.
 *
 * It takes `{ id, method, args }` and posts `{ id, value }`, `{ id, failure }` or, when the module trapped and is
 * poisoned, `{ id, crash }`. While a program runs it posts `{ id, progress }`. The program runs in slices, so that
 * `stop` is heard between them.
 */
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
    if (files !== null) given = { files, tokenizers: await tokenizersOf(files) };
    return engine.run(code, { ...options, ...given }, progress);
  },
  stop: () => engine.stop(),
  read: (tensor) => engine.read(tensor),
  time: (tensor) => engine.time(tensor),
  provenance: (tensor, index) => engine.provenance(tensor, index),
  operations: () => engine.operations(),
};

self.addEventListener("message", async ({ data: { id, method, args } }) => {
  /** Reports, and lets the messages that came meanwhile be heard before the program goes on. */
  const progress = (steps, output, bytesRead) => {
    self.postMessage({ id, progress: { steps, output, bytesRead } });
    return turn();
  };
  try {
    const value = await methods[method](...args, progress);
    self.postMessage({ id, value }, value?.data?.buffer ? [value.data.buffer] : []);
  } catch (error) {
    // A trap leaves the module's memory in no known state; anything else is an error that it returned.
    const isTrap = error instanceof WebAssembly.RuntimeError;
    self.postMessage({ id, [isTrap ? "crash" : "failure"]: String(error?.message ?? error) });
  }
});

/**
 * What reads texts for those files that describe tokenizers: a module of its own, loaded when there is one.
 * @param {Record<string, Blob>} files
 */
async function tokenizersOf(files) {
  const found = {};
  for (const path of Object.keys(files).filter((name) => /(^|\/)tokenizer\.json$/.test(name))) {
    try {
      const { default: start, Tokenizer } = await import("../tokenizer/attention_playground_tokenizer.js");
      await start();
      found[path] = Tokenizer.fromJson(new Uint8Array(await files[path].arrayBuffer()));
    } catch (error) {
      found[path] = String(error?.message ?? error);
    }
  }
  return found;
}

/** One turn of the event loop; a timer of zero would wait four milliseconds. */
function turn() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
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

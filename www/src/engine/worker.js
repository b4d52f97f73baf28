/**
 * The engine's side of the boundary: a worker that owns the wasm module. A program runs in slices, so that `stop` is
 * heard between them.
 */
import { answer } from "../answer.js";
import { NOT_LOADED } from "../connection-lost.js";
import { carryTokenizer, tokenizerModule } from "../tokenizer/open.js";
import init, { Engine, heldBytes, refusedBytes } from "./attention_playground.js";
import { check } from "./check.js";
import { makeMapsPrompt } from "./prompt-maps.js";
import { hasRelaxedSimd } from "./relaxed-simd.js";
import { loadRestLater, loadRestNow, startWith } from "./rest.js";
import { withSharedMemory } from "./shared-memory.js";
import { startTeam } from "./team.js";

/** More threads than this wait for the same memory. */
const MOST_THREADS = 8;

/** What `create` made. @type {Engine | undefined} */
let engine;
/** Whether the newest run was stopped. */
let isStopping = false;
/** The module's memory. @type {WebAssembly.Memory} */
let memory;
/** The files of the newest run; the next one may be about the same. @type {Record<string, Blob>} */
let given = {};
/** The tokenizer that was opened last, and the content that describes it. @type {{ content: Uint8Array, tokenizer: any } | undefined} */
let opened;

const methods = {
  /**
   * Loads the module and asks for the GPU where it is wanted.
   * @param {"auto" | "webgpu" | "cpu"} device
   * @param {number | undefined} wanted how many threads shall compute; as many as there are, where nobody says it
   * @param {{ engine: Blob, script?: Blob, tokenizer?: Blob }} [carried] the files of a page that has them in itself, the engine in one part
   */
  async create(device, wanted, carried) {
    if (carried) carryTokenizer(carried.script, carried.tokenizer);
    // Where a page has its files in itself, they have no address.
    const module = carried ? carried.engine.arrayBuffer() : new URL(hasRelaxedSimd() ? "attention_playground_relaxed.wasm" : "attention_playground_bg.wasm", import.meta.url);
    const threads = carried || !self.crossOriginIsolated ? 1 : Math.min(wanted ?? navigator.hardwareConcurrency, MOST_THREADS);
    const shared = module instanceof URL && threads > 1 ? await startShared(module, threads) : undefined;
    const first = shared ?? (await init({ module_or_path: module }).catch((error) => {
      throw new Error(`${module instanceof URL ? module.pathname : "the engine"} ${NOT_LOADED}: ${error.message}`);
    }));
    memory = first.memory;
    if (!carried) startWith(first);
    const gpu = device === "cpu" ? { adapter: "", reason: "" } : await probe();
    engine = await Engine.create(gpu.adapter !== "");
    return {
      device: engine.hasGpu() ? "webgpu" : "cpu",
      threads: memory.buffer instanceof ArrayBuffer ? 1 : threads,
      adapter: engine.hasGpu() ? gpu.adapter : "",
      reason: gpu.reason || engine.gpuProblem(),
    };
  },
  async run(code, { files, ...options }, progress) {
    given = files ?? given;
    isStopping = false;
    // The GPU's shaders are there; asked for by the engine itself, they would hold up all that this worker does.
    if (engine.hasGpu() && options.device !== "cpu") await loadRestNow();
    const running = engine.run(code, { ...options, files: given, tokenizers: await tokenizersFor(given) }, progress);
    // What was stopped before it began ends once it has.
    if (isStopping) setTimeout(() => engine.stop());
    return running;
  },
  stop() {
    isStopping = true;
    engine.stop();
  },
  async read(tensor) {
    const values = await engine.read(tensor);
    loadRestLater();
    return values;
  },
  time: (tensor) => engine.time(tensor),
  provenance: (tensor, index) => engine.provenance(tensor, index),
  operations: () => engine.operations(),
  memory: () => ({ wasm: memory.buffer.byteLength, held: heldBytes(), gpu: engine.gpuBytes() }),
  async check() {
    await loadRestNow();
    const beside = engine.beside();
    return await check(beside).finally(() => beside.free());
  },
};

makeMapsPrompt();
answer(methods, whyTrapped);

/**
 * Starts the module on memory that other threads may share; nothing where it cannot be had.
 * @param {URL} address @param {number} threads
 */
async function startShared(address, threads) {
  try {
    const wasm = new Uint8Array(await (await fetch(address)).arrayBuffer());
    const first = await init({ module_or_path: withSharedMemory(wasm) });
    startTeam(first, wasm, threads);
    return first;
  } catch {
    // Whatever is wrong besides, the module by itself meets it too, and says so.
    return undefined;
  }
}

/** The one trap that is the program's own doing. */
function whyTrapped() {
  const megabytes = (bytes) => `${Math.ceil(bytes / 2 ** 20)} MB`;
  const refused = refusedBytes();
  if (refused === 0) return null;
  const message = `The program needed ${megabytes(refused)} more than the ${megabytes(memory.buffer.byteLength)} of memory that this browser gives it. The engine was started anew; your code is untouched.`;
  return { type: "MemoryError", message };
}

/**
 * What opens tokenizers, where one of the files describes one: the content of a `tokenizer.json` in, a tokenizer out.
 * Else why there is nothing, in a sentence.
 * @param {Record<string, Blob>} files
 */
async function tokenizersFor(files) {
  if (!Object.keys(files).some((path) => /(^|\/)tokenizer\.json$|\.gguf$/.test(path))) return "none of the files describes a tokenizer";
  try {
    const { open } = await tokenizerModule();
    return (content) => {
      // A model is asked many things, and a tokenizer of ten megabytes takes a second to open.
      const isSame = opened && !opened.tokenizer.isLost() && isEqual(opened.content, content);
      if (!isSame) opened = { content: content.slice(), tokenizer: open(content) };
      return opened.tokenizer;
    };
  } catch (error) {
    return `what reads tokenizers could not be loaded: ${error?.message ?? error}`;
  }
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function isEqual(a, b) {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * Whether this worker reaches a GPU; asked here, since a worker may lack what its page has.
 * @returns {Promise<{ adapter: string, reason: string }>} the adapter's name, or the sentence why there is none
 */
async function probe() {
  const none = (reason) => ({ adapter: "", reason });
  if (!self.isSecureContext) return none("WebGPU needs a page served over https or from localhost.");
  if (!navigator.gpu) return none("This browser has no WebGPU, or has it switched off.");
  const adapter = await (async () => navigator.gpu.requestAdapter())().catch(() => null);
  if (!adapter) return none("This browser has WebGPU but found no graphics adapter that it can use.");
  const { description, device, architecture, vendor } = adapter.info ?? {};
  const name = description || device || [vendor, architecture].filter(Boolean).join(" ");
  return { adapter: name || "a graphics adapter without a name", reason: "" };
}

/**
 * The playground where something breaks: what a script does in the engine's workers before the engine is there.
 */
import { host } from "./other-sites.js";

/** The playground on a site whose workers run a script first. @param {string} script @param {Record<string, string>} [pages] */
export function brokenSite(script, pages = {}) {
  return host(pages, { before: { "engine/worker.js": `{${script}\n}\n` } });
}

/** The workers that a page starts from here on stand in `window.workers`. @param {import("puppeteer-core").Page} page */
export function watchWorkers(page) {
  return page.evaluateOnNewDocument(() => {
    window.workers = [];
    window.Worker = class extends Worker {
      constructor(...words) {
        super(...words);
        window.workers.push(this);
      }
    };
  });
}

/** A GPU whose matrix products are a quarter too large. */
export const WRONG = `
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function (descriptor) {
    const code = descriptor.label === "matmul" ? descriptor.code.replace(/(output\\[.*\\] = bitcast<u32>\\()(.*)\\);/g, "$1 1.25 * ($2));") : descriptor.code;
    return createShaderModule.call(this, { ...descriptor, code });
  };`;

/** A GPU that is lost when its worker is told "lose". */
export const LOSABLE = `
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    self.addEventListener("message", ({ data }) => data === "lose" && device.destroy());
    return device;
  };`;

/** A GPU whose driver crashes when it is asked for the hundredth piece of work. */
export const CRASHING = `
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    const { submit } = GPUQueue.prototype;
    let pieces = 0;
    const lost = new Promise((resolve) => {
      GPUQueue.prototype.submit = function (...work) {
        pieces += 1;
        if (pieces === 100) resolve({ reason: "unknown", message: "The GPU process crashed." });
        return submit.apply(this, work);
      };
    });
    Object.defineProperty(device, "lost", { value: lost });
    return device;
  };`;

/** Ways in which a browser refuses a GPU that it said it has. */
export const REFUSED = {
  "there is no adapter": "GPU.prototype.requestAdapter = async () => null;",
  "asking for an adapter fails": `GPU.prototype.requestAdapter = async () => { throw new DOMException("The GPU process is gone.", "OperationError"); };`,
  "asking for an adapter throws": `GPU.prototype.requestAdapter = () => { throw new TypeError("no"); };`,
  "the adapter gives no device": `GPUAdapter.prototype.requestDevice = async () => { throw new DOMException("The device was refused.", "OperationError"); };`,
};

/** A GPU without room for more than 4 MB in a piece. */
export const FULL = `
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    if (descriptor.size > 4 << 20) {
      const error = new GPUOutOfMemoryError("Not enough memory left.");
      this.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
    }
    return createBuffer.call(this, descriptor);
  };`;

/** WebAssembly without room for more than so many pages of 64 KB: what is imported or made is the same module, with less memory. @param {number} pages */
export const narrow = (pages) => `
  const narrowed = (bytes) => (${withMemory})(new Uint8Array(bytes), ${pages}).buffer;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (source, ...rest) => instantiate.call(WebAssembly, source instanceof WebAssembly.Module ? source : narrowed(source), ...rest);
  WebAssembly.instantiateStreaming = async (source, ...rest) => WebAssembly.instantiate(await (await source).arrayBuffer(), ...rest);`;

/** The module with another largest size of its memory. @param {Uint8Array} bytes @param {number} most */
function withMemory(bytes, most) {
  const number = (/** @type {number} */ at) => {
    let [value, shift] = [0, 0];
    for (; ; shift += 7, at += 1) {
      value |= (bytes[at] & 127) << shift;
      if (bytes[at] < 128) return { value, next: at + 1 };
    }
  };
  const written = (/** @type {number} */ value) => {
    const out = [];
    for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
    return [...out, value];
  };
  // After the name and the version come sections: a kind, a size, and that many bytes. Memories are the fifth kind.
  for (let at = 8; at < bytes.length; ) {
    const kind = bytes[at];
    const { value: size, next } = number(at + 1);
    if (kind === 5) {
      const least = number(next + 2);
      const memory = [1, 1, ...written(least.value), ...written(most)];
      const section = [kind, ...written(memory.length), ...memory];
      const whole = new Uint8Array(bytes.length - (next + size - at) + section.length);
      whole.set(bytes.subarray(0, at));
      whole.set(section, at);
      whole.set(bytes.subarray(next + size), at + section.length);
      return whole;
    }
    at = next + size;
  }
  throw new Error("the module has no memory");
}

/**
 * How long an engine's worker takes to hand to the GPU what was recorded: from the command encoder until `submit` returns.
 * The engine does not say it, and a program cannot see it, so its worker is started with WebGPU's two methods watched.
 */
const WATCH = (/** @type {string} */ name) => `
const { createCommandEncoder } = GPUDevice.prototype;
const { submit } = GPUQueue.prototype;
const told = new BroadcastChannel(${JSON.stringify(name)});
let began = 0;
GPUDevice.prototype.createCommandEncoder = function (...args) {
  began = performance.now();
  return createCommandEncoder.apply(this, args);
};
GPUQueue.prototype.submit = function (...args) {
  submit.apply(this, args);
  told.postMessage(performance.now() - began);
};
`;

export class Submissions {
  /** Milliseconds of each, in order. @type {number[]} */
  times = [];
  #told;

  /** Watches the workers that are started meanwhile. @template T @param {() => Promise<T>} start */
  async during(start) {
    const name = `submissions ${crypto.randomUUID()}`;
    this.#told = new BroadcastChannel(name);
    this.#told.onmessage = ({ data }) => this.times.push(data);
    const { Worker } = globalThis;
    const script = (/** @type {string} */ text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    globalThis.Worker = class extends Worker {
      /** @param {string | URL} url @param {WorkerOptions} [options] */
      constructor(url, options) {
        super(script(`import ${JSON.stringify(script(WATCH(name)))};\nimport ${JSON.stringify(String(url))};`), options);
      }
    };
    try {
      return await start();
    } finally {
      globalThis.Worker = Worker;
    }
  }

  close() {
    this.#told?.close();
  }
}

/**
 * One worker, as calls that return promises; `answer.js` is the worker's side.
 */

import { assetUrl, carriedAsset } from "./assets.js";

/** The worker is gone, and what it held with it. `type` is the Python exception that this is to a program in it. */
export class WorkerLost extends Error {
  constructor({ type, message }) {
    super(message);
    this.type = type;
  }
}

export class Connection {
  #worker;
  #crashSentence;
  /** @type {Map<number, { resolve: Function, reject: Function, progress?: Function, steps: unknown[] }>} */
  #calls = new Map();
  #lastId = 0;
  /** @type {WorkerLost | undefined} */
  #lost;

  /**
   * @param {string} script where the worker is, of the files that come with the module
   * @param {string} crashSentence what to say when it crashed
   */
  constructor(script, crashSentence) {
    this.#worker = startWorker(script);
    this.#crashSentence = crashSentence;
    this.#worker.addEventListener("message", ({ data }) => this.#receive(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#crashed(event.message || "its file could not be loaded");
    });
  }

  /**
   * @param {string} method a name of those that the worker answers
   * @param {unknown[]} args
   * @param {(progress: { steps: number, output: string, bytesRead: number }) => void} [progress]
   */
  call(method, args, progress) {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, progress, steps: [] });
      this.#worker.postMessage({ id, method, args });
    });
  }

  /** Ends the worker at once; every call that waits is rejected. @param {{ type: string, message: string }} reason */
  end(reason) {
    this.#lost ??= new WorkerLost(reason);
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(this.#lost);
    this.#calls.clear();
  }

  #crashed(cause) {
    this.end({ type: "SystemError", message: `${this.#crashSentence} (${cause})` });
  }

  #receive({ id, progress, part, value, failure, crash }) {
    const call = this.#calls.get(id);
    if (!call) return;
    if (progress) {
      call.progress?.(progress);
    } else if (part) {
      call.steps.push(...part);
    } else if (crash !== undefined) {
      this.#crashed(crash);
    } else {
      this.#calls.delete(id);
      if (value && call.steps.length > 0) value.steps = call.steps;
      if (failure === undefined) call.resolve(value);
      else call.reject(new Error(failure));
    }
  }
}

/**
 * A page of another origin may not start our file, but may start a file of its own that imports ours. Firefox says so
 * only once the worker was made. Where the page has no origin, in a sandbox or on a disk, Chromium starts no module.
 * @param {string} script
 */
function startWorker(script) {
  const url = assetUrl(script);
  const carried = carriedAsset(script);
  if (!carried && url.origin === origin) return new Worker(url, { type: "module" });
  const own = carried ?? new Blob([`(${importing})(${JSON.stringify(url.href)})`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(own));
}

/** Runs in the worker: what it is told before the module hears anything, is told again. @param {string} url */
function importing(url) {
  /** @type {unknown[]} */
  const early = [];
  const keep = (/** @type {MessageEvent} */ { data }) => early.push(data);
  addEventListener("message", keep);
  import(url).then(
    () => {
      removeEventListener("message", keep);
      for (const data of early) dispatchEvent(new MessageEvent("message", { data }));
    },
    (error) => setTimeout(() => { throw error; }),
  );
}

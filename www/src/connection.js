/**
 * One worker, as calls that return promises; `answer.js` is the worker's side.
 */

import { assetUrl, carriedAsset } from "./assets.js";
import { NOT_LOADED } from "./connection-lost.js";

/** A worker that does not compute hears within milliseconds, on a machine that is busy as well within this. */
const PATIENCE_SECONDS = 5;
/** How many workers this page has started. */
let started = 0;

/** The worker is gone, and what it held with it. `type` is the Python exception that this is to a program in it. */
export class WorkerLost extends Error {
  constructor({ type, message, isUnheard = false }) {
    super(message);
    this.type = type;
    /** Whether it had gone before it heard what it was asked. */
    this.isUnheard = isUnheard;
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
  /** What the worker holds while it has calls to answer: one that was ended says nothing, but its lock is free. */
  #lock = `attention-playground ${(started += 1)} ${Math.random()}`;
  /** Ends the wait for the lock. */
  #waiting = new AbortController();
  #hasAnswered = false;
  #isUnheard = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #listening;

  /**
   * @param {string} script where the worker is, of the files that come with the module
   * @param {string} crashSentence what to say when it crashed
   */
  constructor(script, crashSentence) {
    this.#worker = startWorker(script);
    this.#crashSentence = crashSentence;
    this.#worker.addEventListener("message", ({ data }) => (data.aside ? this.hear(data.aside) : this.#receive(data)));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#crashed(event.message || `${script} ${NOT_LOADED}`);
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
      // One that computes does not hear yet, and the first time it has to come here first.
      if (this.#calls.size === 0 && this.#hasAnswered) {
        this.#isUnheard = true;
        this.#listen();
      }
      this.#calls.set(id, { resolve, reject, progress, steps: [] });
      this.#worker.postMessage({ id, method, args, lock: this.#lock });
    });
  }

  /** What the worker says that answers no call. @param {any} _aside */
  hear(_aside) {}

  /** Ends the worker at once; every call that waits is rejected. @param {{ type: string, message: string, isUnheard?: boolean }} reason */
  end(reason) {
    if (this.#lost) return;
    this.#lost = new WorkerLost(reason);
    this.#worker.terminate();
    clearInterval(this.#listening);
    this.#waiting.abort();
    for (const { reject } of this.#calls.values()) reject(this.#lost);
    this.#calls.clear();
  }

  /** Gives it up if it says nothing for long. Seconds are counted one by one, since a page may be frozen meanwhile, and its workers with it. */
  #listen() {
    clearInterval(this.#listening);
    let left = PATIENCE_SECONDS;
    this.#listening = setInterval(() => {
      left -= 1;
      if (left < 0) this.#crashed("its worker was ended");
    }, 1000);
  }

  /** That its lock is free while it has calls to answer means that it is gone, or just begins. @param {string} lock */
  #watch(lock) {
    const { signal } = (this.#waiting = new AbortController());
    const free = () => {
      if (signal.aborted || this.#calls.size === 0) return;
      this.#listen();
      this.#worker.postMessage({});
    };
    navigator.locks.request(lock, { signal }, free).catch(() => {}); // nobody waits any more
  }

  #crashed(cause) {
    const isUnheard = this.#isUnheard;
    // A file that did not come may come the next time; what else happened will happen again.
    const [, file] = new RegExp(`(\\S+) ${NOT_LOADED}`).exec(cause) ?? [];
    if (file) this.end({ type: "ConnectionError", message: `${file} did not come: its host could not be reached.`, isUnheard });
    else this.end({ type: "SystemError", message: `${this.#crashSentence} (${cause})`, isUnheard });
  }

  #receive({ id, progress, part, value, failure, crash, heard, isHeld, held }) {
    clearInterval(this.#listening);
    this.#isUnheard = false;
    if (heard && !isHeld) this.#waiting.abort();
    if (held) this.#watch(held);
    if (crash !== undefined) return typeof crash === "string" ? this.#crashed(crash) : this.end(crash);
    const call = this.#calls.get(id);
    if (!call) return;
    if (progress) {
      call.progress?.(progress);
    } else if (part) {
      call.steps.push(...part);
    } else {
      this.#calls.delete(id);
      this.#hasAnswered = true;
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
export function startWorker(script) {
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

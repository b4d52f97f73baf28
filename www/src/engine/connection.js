/**
 * The worker with the engine in it.
 */
import { carriedAsset } from "../assets.js";
import { Connection as WorkerConnection, startWorker } from "../connection.js";

export { WorkerLost as EngineLost } from "../connection.js";

export class Connection extends WorkerConnection {
  /** The threads that compute together with the worker. @type {Worker[]} */
  #helpers = [];

  constructor() {
    super("engine/worker.js", "The engine crashed and was started anew; your code is untouched.");
  }

  /** Starts a thread, or wakes all. They are the page's: in Firefox, a worker at work that starts two of its own may wait for ever. */
  hear({ helper, wake }) {
    if (wake) for (const thread of this.#helpers) thread.postMessage(wake);
    if (!helper) return;
    const thread = startWorker("engine/helper.js");
    // One that does not come is not counted.
    thread.onerror = (event) => event.preventDefault();
    thread.postMessage(helper);
    this.#helpers.push(thread);
  }

  end(reason) {
    super.end(reason);
    for (const thread of this.#helpers) thread.terminate();
  }

  /**
   * Starts the engine in it.
   * @param {"auto" | "webgpu" | "cpu"} device @param {number} [threads]
   * @returns {Promise<{ device: "webgpu" | "cpu", threads: number, adapter: string, reason: string }>}
   */
  create(device, threads) {
    const engine = carriedAsset("engine/attention_playground_bg.wasm");
    const [script, tokenizer] = ["tokenizer/attention_playground_tokenizer.js", "tokenizer/attention_playground_tokenizer_bg.wasm"].map(carriedAsset);
    return this.call("create", [device, threads, engine && { engine, script, tokenizer }]);
  }
}

/**
 * The worker with the engine in it.
 */
import { carriedAsset } from "../assets.js";
import { Connection as WorkerConnection } from "../connection.js";

export { WorkerLost as EngineLost } from "../connection.js";

export class Connection extends WorkerConnection {
  constructor() {
    super("engine/worker.js", "The engine crashed and was started anew; your code is untouched.");
  }

  /** Starts the engine in it. @param {"auto" | "webgpu" | "cpu"} device @returns {Promise<{ device: "webgpu" | "cpu", adapter: string, reason: string }>} */
  create(device) {
    const engine = carriedAsset("engine/attention_playground_bg.wasm");
    const [rest, text, script, tokenizer] = ["later/engine.wasm", "later/texts.txt", "tokenizer/attention_playground_tokenizer.js", "tokenizer/attention_playground_tokenizer_bg.wasm"].map(carriedAsset);
    return this.call("create", [device, engine && { engine, rest, text, script, tokenizer }]);
  }
}

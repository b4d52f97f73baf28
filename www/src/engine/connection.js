/**
 * The worker with the engine in it.
 */
import { Connection as WorkerConnection } from "../connection.js";

export { WorkerLost as EngineLost } from "../connection.js";

export class Connection extends WorkerConnection {
  constructor() {
    super("./engine/worker.js", "The engine crashed and was started anew; your code is untouched.");
  }
}

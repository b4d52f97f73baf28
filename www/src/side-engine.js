/**
 * An engine beside the reader's own, so that a question to a program leaves the run on
 * display as it is. It computes on the CPU, where small programs are quickest and every
 * machine gives the same numbers, and starts when it is first asked.
 */
import { createEngine } from "./engine/engine.js";

/** Longer than a mechanism needs; a reader's own program may not end. */
const SECONDS = 20;
/** An engine that nobody asked for this long gives its memory back. */
const CLOSE_AFTER_MILLISECONDS = 60_000;

/** @typedef {ReturnType<typeof createSideEngine>} SideEngine */
/** @typedef {import("./engine/engine").Engine} Engine */
/** @typedef {(code: string, options?: import("./engine/engine").RunOptions) => Promise<import("./engine/engine").Run>} RunCode */

export function createSideEngine() {
  /** @type {Promise<Engine> | null} */
  let engine = null;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  let waiting = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let closing;

  function closeLater() {
    waiting -= 1;
    if (waiting > 0) return;
    closing = setTimeout(() => {
      void engine?.then((started) => started.close());
      engine = null;
    }, CLOSE_AFTER_MILLISECONDS);
  }

  return {
    /**
     * Gives a job the engine when the jobs before it are done. A job whose signal is
     * aborted does not start, or is stopped, and is rejected.
     * @template T
     * @param {(run: RunCode, read: Engine["read"]) => Promise<T>} job
     * @param {AbortSignal} [signal]
     * @returns {Promise<T>}
     */
    use(job, signal) {
      waiting += 1;
      clearTimeout(closing);
      const mine = last.then(async () => {
        signal?.throwIfAborted();
        engine ??= createEngine({ device: "cpu" });
        // An engine that did not start may start the next time.
        const started = await engine.catch((error) => {
          engine = null;
          throw error;
        });
        const answer = await job((code, options) => started.run(code, { device: "cpu", signal, limits: { seconds: SECONDS }, ...options }), (id) => started.read(id));
        signal?.throwIfAborted();
        return answer;
      });
      last = mine.catch(() => undefined).then(closeLater);
      return mine;
    },
  };
}

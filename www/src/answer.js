/**
 * A worker's side of `connection.js`.
 */

/** As many steps of a run are copied in a few milliseconds; the page gets a turn between two parts. */
const PART = 2000;

/**
 * Answers the calls of a page: takes `{ id, method, args }` and posts `{ id, value }`, `{ id, failure }` or, when a wasm
 * module trapped and is poisoned, `{ id, crash }`. A method gets one argument more, a function that posts
 * `{ id, progress }` meanwhile. The `steps` of a value come before it, as `{ id, part }`.
 * @param {Record<string, Function>} methods
 */
export function answer(methods) {
  self.addEventListener("message", async ({ data: { id, method, args } }) => {
    /** Reports, and lets the messages that came meanwhile be heard before the program goes on. */
    const progress = (steps, output, bytesRead) => {
      self.postMessage({ id, progress: { steps, output, bytesRead } });
      return turn();
    };
    try {
      const value = await methods[method](...args, progress);
      const steps = value?.steps ?? [];
      for (let from = 0; from < steps.length; from += PART) self.postMessage({ id, part: steps.slice(from, from + PART) });
      if (value?.steps) value.steps = [];
      self.postMessage({ id, value }, value?.data?.buffer ? [value.data.buffer] : []);
    } catch (error) {
      // A trap leaves the module's memory in no known state; anything else is an error that it returned.
      const isTrap = error instanceof WebAssembly.RuntimeError;
      self.postMessage({ id, [isTrap ? "crash" : "failure"]: String(error?.message ?? error) });
    }
  });
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

/**
 * A worker's side of `connection.js`.
 */

/** So long after its last answer a worker lets go of its lock: a page with a lock is not kept for the way back. */
const REST_MILLISECONDS = 1000;
/** How many calls are not answered yet. */
let unanswered = 0;
let isHolding = false;
/** @type {(() => void) | undefined} */
let release;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;

/** As often somebody sees that a program goes on; each report takes some of the program's time. */
const REPORT_MILLISECONDS = 100;

/** As many steps of a run are copied in a few milliseconds; the page gets a turn between two parts. */
const PART = 2000;

/**
 * Answers the calls of a page: takes `{ id, method, args }` and posts `{ id, value }`, `{ id, failure }` or, when a wasm
 * module trapped and is poisoned, `{ id, crash }`. A method gets one argument more, a function that posts
 * `{ id, progress }` meanwhile. The `steps` of a value come before it, as `{ id, part }`. Whatever a worker is told, it
 * says first that it heard, and `connection.js` knows a worker by its silence that has gone.
 * @param {Record<string, Function>} methods
 * @param {() => { type: string, message: string } | null} [whyTrapped] what a trap was, if more is known than its own words
 */
export function answer(methods, whyTrapped) {
  // After its first wait a call of wasm goes on in a task of its own, and what it throws there is nobody's.
  self.addEventListener("error", (event) => {
    const crash = whyTrapped?.();
    if (!crash) return;
    event.preventDefault();
    self.postMessage({ crash });
  });
  self.addEventListener("message", async ({ data: { id, method, args, lock } }) => {
    self.postMessage({ heard: true, isHeld: release !== undefined });
    if (!method) return;
    unanswered += 1;
    clearTimeout(resting);
    hold(lock);
    let reported = -Infinity;
    /** Reports what was printed, or now and then that it goes on, and lets the messages that came meanwhile be heard. */
    const progress = (steps, output, bytesRead) => {
      if (output || performance.now() - reported > REPORT_MILLISECONDS) {
        self.postMessage({ id, progress: { steps, output, bytesRead } });
        reported = performance.now();
      }
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
      const message = String(error?.message ?? error);
      self.postMessage(isTrap ? { id, crash: whyTrapped?.() ?? message } : { id, failure: message });
    } finally {
      unanswered -= 1;
      if (unanswered === 0) rest();
    }
  });
}

/**
 * Holds a lock while there are calls to answer, and says so: the browser frees it when this worker ends, which nothing
 * else tells. A page without an origin of its own has no locks.
 * @param {string} lock
 */
function hold(lock) {
  if (isHolding) return;
  isHolding = true;
  const held = () => {
    self.postMessage({ held: lock });
    if (unanswered === 0) rest();
    return new Promise((resolve) => (release = () => resolve(undefined)));
  };
  navigator.locks?.request(lock, held).catch(() => {});
}

function rest() {
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (!release) return;
    release();
    release = undefined;
    isHolding = false;
  }, REST_MILLISECONDS);
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

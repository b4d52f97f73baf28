/**
 * Work on the page's own thread, in small pieces: a frame takes tasks until its share
 * is spent and leaves the rest to the next frame, so that no frame is ever missed.
 */

/** Of the 16 ms of a frame, what drawing may take; a single task may overshoot. */
const SHARE_MILLISECONDS = 8;

/** @type {Map<unknown, () => void>} */
const tasks = new Map();
let isScheduled = false;

/** Runs the task in one of the next frames; a later task under the same key replaces it. @param {unknown} key @param {() => void} task */
export function inFrame(key, task) {
  tasks.delete(key);
  tasks.set(key, task);
  if (!isScheduled) requestAnimationFrame(runFrame);
  isScheduled = true;
}

/** Whether nothing waits to be drawn. */
export function isDrawn() {
  return tasks.size === 0;
}

function runFrame() {
  const end = performance.now() + SHARE_MILLISECONDS;
  for (const [key, task] of tasks) {
    tasks.delete(key);
    task();
    if (performance.now() > end) break;
  }
  isScheduled = tasks.size > 0;
  if (isScheduled) requestAnimationFrame(runFrame);
}

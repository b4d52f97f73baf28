/**
 * How the time of one run is taken: as `crate/tensor/src/timing.rs` takes ours.
 */

/** Long enough for a clock of 0.1 ms to tell. */
const ENOUGH_MS = 4;
const MOST = 1024;

/**
 * Milliseconds of one run, which is repeated until there is something to measure.
 * @param {() => unknown} run may return a promise
 * @param {() => unknown} [finish] waits until what was run is done
 */
export async function timed(run, finish = () => {}) {
  for (let count = 1; ; ) {
    const started = performance.now();
    for (let at = 0; at < count; at += 1) await run();
    await finish();
    const elapsed = performance.now() - started;
    if (elapsed >= ENOUGH_MS || count >= MOST) return elapsed / count;
    count *= elapsed < ENOUGH_MS / 8 ? 8 : 2;
  }
}

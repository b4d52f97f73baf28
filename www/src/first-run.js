/**
 * A program that is opened runs on the CPU first, which has its tensors in a moment, and on the GPU when those are on
 * display: a GPU compiles shaders for every operation that it meets for the first time, half a second or two.
 */

/** A program that takes longer waits for the GPU, which may be faster. */
const MOST_SECONDS = 0.5;

/**
 * The program's run on the CPU; null where the run that was asked for is one, and where it would be none of a moment.
 * @param {import("./engine/engine").Engine} engine
 * @param {string} code
 * @param {import("./engine/engine").RunOptions} options of the run that was asked for
 */
export async function firstRun(engine, code, options) {
  // A checkpoint is read for one device.
  const isLarge = Object.keys(options.files ?? {}).length > 0;
  if (options.device === "cpu" || engine.device === "cpu" || isLarge) return null;
  const run = await engine.run(code, { ...options, device: "cpu", limits: { ...options.limits, seconds: MOST_SECONDS } });
  return run.ok ? run : null;
}

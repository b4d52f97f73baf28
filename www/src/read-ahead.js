/** The small tensors of a run are read ahead, so that they stay when a later run fails or another program runs. */
import { cellCount, hasValues } from "./shape.js";

const MOST_CELLS = 4096;
const MOST_TENSORS = 400;

/** Their ids, each once. @param {import("./engine/engine").Run} run */
export function smallTensors({ steps }) {
  const ids = steps.flatMap(({ names }) => names.filter((name) => hasValues(name) && cellCount(name.shape) <= MOST_CELLS).map(({ id }) => id));
  return [...new Set(ids)].slice(0, MOST_TENSORS);
}

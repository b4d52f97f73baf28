/**
 * The rows of the benchmark in their order. Their goals are ratios: what must be reached, and what is aimed at.
 */
import { attention } from "./rows/attention.js";
import { decode, prefill } from "./rows/decoder.js";
import { matmul } from "./rows/matmul.js";
import { vectorFloat, vectorInt4, vectorInt8 } from "./rows/vector.js";
import { slidingWindow } from "./rows/window.js";

/** Each is made when its turn comes, since some hold many megabytes. @type {Record<string, () => import("./row").Row | Promise<import("./row").Row>>} */
export const ROWS = {
  "matmul-512-cpu": () => matmul("cpu", { ort: [1.4, 1.8], other: [1.2, 1.5] }),
  "attention-512-cpu": () => attention("cpu", { ort: [2.5, 3.5] }),
  "window-1024-cpu": () => slidingWindow([8, 12]),
  "vector-4096-float32-cpu": () => vectorFloat(),
  "vector-4096-int8-cpu": () => vectorInt8({ float: [1.5, 2.5], quantised: [6, 12] }),
  "vector-4096-int4-cpu": () => vectorInt4({ float: [1.5, 2.5], quantised: [6, 12] }),
  "prefill-128-cpu": () => prefill([1.3, 1.8]),
  "decode-cpu": () => decode([4, 15]),
  "matmul-512-webgpu": () => matmul("webgpu", { ort: [6, 12], jax: [1, 1.6] }),
  "attention-512-webgpu": () => attention("webgpu", { ort: [2.5, 4] }),
};

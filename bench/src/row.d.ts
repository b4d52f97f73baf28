/** A line of the benchmark: one piece of work, ours and what computes the same elsewhere. */
export interface Row {
  /** What `--row` takes the beginning of. */
  name: string;
  title: string;
  device: "cpu" | "webgpu";
  inputs: Record<string, Tensor>;
  /** What our engine runs; absent where `missing` says what it cannot do yet. */
  ours?: { code: string; result?: string; modules?: Record<string, string> };
  missing?: string;
  /** What our time contains. */
  includes: string;
  /** Multiply-adds count as two; where they are said, the time is shown as a part of the peak, too. */
  flops?: number;
  /** The result in float64. */
  reference(): Float64Array;
  /** How far either side may be from it, in parts of its largest value, and why. */
  tolerance: { relative: number; reason: string };
  /** By name; the worker is `rivals/NAME.js` unless `worker` says another. */
  rivals: Record<string, Rival>;
}

export interface Rival {
  worker?: string;
  /** The operator, where the rival offers several. */
  formulation?: string;
  /** What its time contains. */
  includes: string;
  /** What its worker is sent. */
  job(): object;
  /** Its result in the order of the reference. */
  order?(data: Float32Array, reference: Float64Array): Float32Array;
  /** Its own, where it rounds more than we do. */
  tolerance?: { relative: number; reason: string };
  /** The ratio that must be reached, and the one that is aimed at. */
  goals?: [number, number];
}

export interface Tensor {
  shape: number[];
  data: Float32Array | BigInt64Array | Int8Array | Uint8Array;
}

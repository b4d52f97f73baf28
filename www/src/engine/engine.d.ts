/**
 * The public surface of the engine: runs Python programs in a worker, on WebGPU or on the CPU.
 *
 * Every call is answered. A program's failure is a value in its run; a promise is rejected only where the call itself
 * was wrong (an `id` that is no longer there) or where no engine can be started at all.
 */
export function createEngine(options?: {
  device?: WantedDevice;
  /**
   * How many threads compute on the CPU at most; as many as the machine has and no more than 8, unless said. More than
   * one needs a page that is isolated from other origins: `crossOriginIsolated`.
   */
  threads?: number;
}): Promise<Engine>;

export type Device = "webgpu" | "cpu";
/** "auto" is WebGPU where there is one. */
export type WantedDevice = "auto" | Device;

export interface Engine {
  /** What runs programs now. */
  readonly device: Device;
  /** Why it is not WebGPU although that was wanted: a sentence, or "". */
  readonly deviceReason: string;
  /** The name of the graphics adapter, "" on the CPU. */
  readonly adapter: string;
  /** How many threads compute on the CPU. */
  readonly threads: number;
  /**
   * "device": another device runs programs now. "restart": the engine crashed, hung or was ended, and is a new one.
   * Returns how to stop listening.
   */
  on(event: "device" | "restart", listener: (detail: string) => void): () => void;
  /** Runs a program, after stopping the one that runs. What the run before left readable is gone when it starts. */
  run(code: string, options?: RunOptions): Promise<Run>;
  /** The values of a tensor of the newest run, row by row. */
  read(id: number): Promise<Values>;
  /** How many microseconds the operation takes that made a tensor of the newest run, measured now by running it again; null for views and inputs. */
  time(id: number): Promise<number | null>;
  /** The cells that a cell was computed from, down to tensors that have a name, with the arithmetic written out. */
  provenance(id: number, index: number[]): Promise<Provenance>;
  /** Runs the program on both devices and finds where they differ most. The newest run stays readable. */
  compareDevices(code: string, options?: Pick<RunOptions, "files" | "modules" | "arguments" | "signal">): Promise<Comparison>;
  /**
   * Compares a few operations on the GPU with the CPU: "", or in a sentence why programs do not run on WebGPU. The first
   * run on WebGPU asks, and what it found holds for a day; who wants to know before asks here.
   */
  checkGpu(): Promise<string>;
  /** How many bytes the engine has: WebAssembly's memory, which never shrinks, what is held of it now, and buffers on the GPU, those among them that wait to be used again. */
  memory(): Promise<{ wasm: number; held: number; gpu: number }>;
  /** Every operation of the engine, with what it says of itself. */
  operations(): Promise<Operation[]>;
  /** Finds out whether the engine still answers, as after the page was frozen; one that does not is a new one soon, which "restart" tells. */
  revive(): Promise<void>;
  /** Stops the program that runs. It ends within a second, in KeyboardInterrupt. */
  stop(): void;
  /** Ends the worker and frees what it held. */
  close(): void;
}

export interface RunOptions {
  device?: WantedDevice;
  /** `steps` of the machine, `seconds`, `bytes` of tensors; `trace` is how many steps are kept to be read. */
  limits?: { steps?: number; seconds?: number; bytes?: number; trace?: number };
  /** What the program may open, by path. It reads nothing else, and writes nothing. A blob is read as it is asked for, in slices. */
  files?: Record<string, Blob>;
  /** The modules that it may import besides those of the engine: their sources by name. */
  modules?: Record<string, string>;
  /** Those of the modules whose lines are no steps: plumbing. */
  untraced?: string[];
  /** What `sys.argv` holds after the program's name. */
  arguments?: string[];
  /** Called while the program runs, with the number of steps so far. */
  onStep?(steps: number): void;
  /** Called while the program runs, with what it printed since the last call. */
  onOutput?(text: string): void;
  /** Called while the program runs, with how many bytes of its files it has read. */
  onRead?(bytes: number): void;
  /** Its abort is `stop()`. */
  signal?: AbortSignal;
}

export interface Run {
  ok: boolean;
  stdout: string;
  error: ProgramError | null;
  device: Device;
  steps: Step[];
  /** How many steps ran that the trace had no room for. */
  dropped: number;
  milliseconds: number;
}

/** A Python exception. Lines and columns count from 1; null where the program has no place to blame. */
export interface ProgramError {
  type: string;
  message: string;
  /** As in a step. */
  file: string | null;
  line: number | null;
  column: number | null;
  endLine: number | null;
  endColumn: number | null;
  traceback: { file: string; function: string; line: number }[];
}

/** One executed line. */
export interface Step {
  /** `program.py` for the program itself, `NAME.py` for a module that it imports. */
  file: string;
  line: number;
  function: string;
  /** Which call of the function this is, and how deep. */
  call: number;
  depth: number;
  loops: { line: number; iteration: number }[];
  /** What the line bound. A list, tuple or dict of tensors is one name per item: `cache['keys']`. */
  names: Name[];
  /** The length of the output after this step. */
  output: number;
  /** What the engine computed for this step: floating-point operations (a multiply-add is two), and bytes read and written. */
  flops: number;
  bytes: number;
}

export interface Name {
  name: string;
  /** "dropped": a tensor that the trace had no room for. */
  kind: "tensor" | "value" | "dropped";
  id: number;
  dtype: string;
  shape: number[];
  device: string;
  gradFn: string;
  text: string;
}

export interface Values {
  /** float16 and bfloat16 as Float32Array, int64 as BigInt64Array, bool as Uint8Array. */
  data: Float64Array | Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
  shape: number[];
  dtype: string;
  device: string;
}

export interface Provenance {
  id: number;
  index: number[];
  value: number;
  steps: {
    operation: string;
    output: { id: number; index: number[]; name: string | null; value: number };
    inputs: { id: number; name: string | null; shape: number[]; cells: number[][]; values: number[]; more: boolean }[];
    text: string;
  }[];
}

export interface Comparison {
  ok: boolean;
  /** Why there was nothing to compare, or "". */
  reason: string;
  tensors: number;
  largest: {
    name: string;
    line: number;
    index: number[];
    cpu: number;
    webgpu: number;
    absolute: number;
    relative: number;
  } | null;
}

export interface Operation {
  name: string;
}

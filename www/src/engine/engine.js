/**
 * The engine as the page uses it; `engine.d.ts` has its types and what they mean.
 *
 * Invariant: whatever a program does to the worker, every call is answered, and the engine goes on.
 */
import { compare } from "./compare.js";
import { Connection, EngineLost } from "./connection.js";
import { forget, recall, remember } from "./verdicts.js";

/** How long a running program may take to notice `stop` before its worker is ended. */
const PATIENCE_MS = 1000;
/** How long an idle worker may take to say that it is there. */
const ANSWER_MS = 5000;
/** A program's time, where the caller sets none. */
const SECONDS = 60;
/** The worker ends a program by its own clock, and gets this much longer to say so. */
const GRACE_MS = 3000;

/** @type {typeof import("./engine").createEngine} */
export async function createEngine({ device = "auto", threads } = {}) {
  const engine = new Engine(device, threads);
  await engine.start();
  return engine;
}

class Engine {
  device = "cpu";
  deviceReason = "";
  adapter = "";
  threads = 1;

  #wanted;
  #wantedThreads;
  /** What the worker reached when it started. */
  #reached = { device: "cpu", threads: 1, adapter: "", reason: "" };
  /** @type {Connection} */
  #connection;
  /** The files that the worker has already. @type {{ files: Record<string, Blob> | null, connection: Connection | null }} */
  #sent = { files: null, connection: null };
  #isClosed = false;
  /** The end of the run in progress. @type {Promise<void> | undefined} */
  #running;
  /** Whether a run waits for the GPU to be checked. */
  #isWaiting = false;
  /** Why the GPU is not to be believed, or "". @type {Promise<string> | undefined} */
  #checked;
  #listeners = { device: new Set(), restart: new Set() };

  /** @param {"auto" | "webgpu" | "cpu"} device @param {number} [threads] */
  constructor(device, threads) {
    this.#wanted = device;
    this.#wantedThreads = threads;
  }

  async start() {
    this.#connection = new Connection();
    const connection = this.#connection;
    this.#reached = await connection.create(this.#wanted, this.#wantedThreads).catch((error) => {
      // A worker without an engine answers nothing: the next call starts another.
      connection.end({ type: "ConnectionError", message: error.message });
      throw new EngineLost({ type: error.type ?? "ConnectionError", message: error.message });
    });
    this.threads = this.#reached.threads;
    const verdict = this.#reached.device === "webgpu" ? recall(this.#reached.adapter) : undefined;
    // One that was wrong before is asked before it is used.
    this.#checked = verdict === "wrong" ? this.#check() : verdict && Promise.resolve("");
    await this.#checked;
    this.#show(this.#reached);
  }

  on(event, listener) {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  async run(code, { device = "auto", limits = {}, files = {}, modules = {}, untraced = [], arguments: words = [], onStep, onOutput, onRead, signal } = {}) {
    // One program at a time: the one before is stopped and answered first.
    while (this.#running) {
      this.stop();
      await this.#running;
    }
    let end;
    this.#running = new Promise((resolve) => (end = resolve));
    const seconds = limits.seconds ?? SECONDS;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let watch;
    const stop = () => this.stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      this.#isWaiting = true;
      this.#choose(device);
      // What it computes is shown as true.
      if (this.device === "webgpu") {
        await this.checkGpu();
        this.#choose(device);
      }
      const isStopped = signal?.aborted || !this.#isWaiting;
      this.#isWaiting = false;
      if (isStopped) return without(this.device, STOPPED);
      // This worker, not one that came after it meanwhile.
      const connection = this.#connection;
      watch = setTimeout(() => connection.end(timeIsUp(seconds)), seconds * 1000 + GRACE_MS);
      return await this.#answer(code, { limits: { ...limits, seconds }, files, modules, untraced, arguments: words }, ({ steps, output, bytesRead }) => {
        if (output) onOutput?.(output);
        if (bytesRead) onRead?.(bytesRead);
        onStep?.(steps);
      });
    } finally {
      clearTimeout(watch);
      signal?.removeEventListener("abort", stop);
      this.#running = undefined;
      end();
    }
  }

  checkGpu() {
    if (this.#reached.device !== "webgpu") return Promise.resolve(this.#reached.reason);
    return (this.#checked ??= this.#check());
  }

  memory() {
    return this.#ask("memory", []);
  }

  read(id) {
    return this.#ask("read", [id]);
  }

  time(id) {
    return this.#ask("time", [id]);
  }

  provenance(id, index) {
    return this.#ask("provenance", [id, index]);
  }

  operations() {
    return this.#ask("operations", []);
  }

  async compareDevices(code, { files = {}, modules = {}, arguments: words = [], signal } = {}) {
    if (this.#reached.device === "webgpu") return await compare(code, { files, modules, arguments: words }, signal);
    const reason = this.#reached.reason || "This engine was asked to use the CPU alone.";
    return { ok: false, reason, tensors: 0, largest: null };
  }

  async revive() {
    if (this.#running) return;
    const connection = this.#connection;
    const overdue = setTimeout(() => connection.end({ type: "SystemError", message: "The engine did not answer any more." }), ANSWER_MS);
    // That it is gone was told as its restart.
    await this.operations().catch(() => {});
    clearTimeout(overdue);
  }

  stop() {
    if (!this.#running) return;
    if (this.#isWaiting) {
      this.#isWaiting = false;
      return;
    }
    const connection = this.#connection;
    const overdue = setTimeout(() => connection.end(STOPPED), PATIENCE_MS);
    this.#running.then(() => clearTimeout(overdue));
    connection.call("stop", []).catch(() => {}); // a worker that is gone has stopped
  }

  close() {
    this.#isClosed = true;
    this.#connection.end({ type: "RuntimeError", message: "This engine was closed." });
  }

  /** Runs the program, and makes a value of every way in which the worker can be lost meanwhile. */
  async #answer(code, options, progress) {
    for (;;) {
      let run;
      try {
        const connection = this.#connection;
        const files = this.#sent.files === options.files && this.#sent.connection === connection ? null : options.files;
        this.#sent = { files: options.files, connection };
        run = await this.#ask("run", [code, { ...options, files, device: this.device }], progress);
      } catch (error) {
        if (!(error instanceof EngineLost)) throw error;
        // The worker had gone before it heard of the program, which now runs in the next.
        if (error.isUnheard) continue;
        return without(this.device, error);
      }
      if (!run.deviceLost) return run;
      const why = run.deviceLost.split("\n")[0].replace(/^the GPU device was lost: /, "").replace(/[.\s]+$/, "");
      this.#reached = { ...this.#reached, device: "cpu", adapter: "", reason: `The GPU was lost: ${why}. Programs run on the CPU now.` };
      this.#show(this.#reached);
    }
  }

  /** Compares the GPU with the CPU, and uses it no more if it is wrong. What is not known is asked again another time. */
  async #check() {
    const { adapter } = this.#reached;
    // If that loses the engine, the next one does not ask again.
    remember(adapter, "lost");
    const difference = await this.#ask("check", []).catch(() => undefined);
    if (difference === null) this.#checked = undefined;
    if (difference === null || this.#isClosed) forget(adapter);
    if (typeof difference !== "string" || this.#reached.device !== "webgpu") return this.#reached.reason;
    remember(adapter, difference === "" ? "right" : "wrong");
    if (difference === "") return "";
    this.#reached = { ...this.#reached, device: "cpu", adapter: "", reason: `This GPU (${adapter}) computes wrongly and is not used: ${difference}. Programs run on the CPU.` };
    this.#show(this.#reached);
    return this.#reached.reason;
  }

  /** Asks the worker; if that loses it, there is a new one before the error is thrown. */
  async #ask(method, args, progress) {
    const connection = this.#connection;
    try {
      return await connection.call(method, args, progress);
    } catch (error) {
      if (error instanceof EngineLost && !this.#isClosed && connection === this.#connection) {
        await this.start();
        this.#tell("restart", error.message);
      }
      throw error;
    }
  }

  #choose(device) {
    if (device === "cpu") this.#show({ device, adapter: "", reason: "" });
    else this.#show(this.#reached);
  }

  #show({ device, adapter, reason }) {
    const isNew = this.device !== device || this.deviceReason !== reason;
    this.device = device;
    this.adapter = adapter;
    this.deviceReason = reason;
    if (isNew) this.#tell("device", device);
  }

  #tell(event, detail) {
    for (const listener of this.#listeners[event]) listener(detail);
  }
}

const STOPPED = { type: "KeyboardInterrupt", message: "The program was stopped." };

const timeIsUp = (seconds) => ({ type: "TimeoutError", message: `The program did not end within ${seconds} seconds.` });

/** The run of a program of which nothing is left but the reason why. */
function without(device, { type, message }) {
  const error = { type, message, file: null, line: null, column: null, endLine: null, endColumn: null, traceback: [] };
  return { ok: false, stdout: "", error, device, steps: [], dropped: 0, milliseconds: 0 };
}

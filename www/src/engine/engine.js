/**
 * The engine as the page uses it; `engine.d.ts` has its types and what they mean.
 *
 * Invariant: whatever a program does to the worker, every call is answered, and the engine goes on.
 */
import { compare } from "./compare.js";
import { Connection, EngineLost } from "./connection.js";

/** How long a running program may take to notice `stop` before its worker is ended. */
const PATIENCE_MS = 1000;
/** A program's time, where the caller sets none. */
const SECONDS = 60;
/** The worker ends a program by its own clock, and gets this much longer to say so. */
const GRACE_MS = 3000;

/** @type {typeof import("./engine").createEngine} */
export async function createEngine({ device = "auto" } = {}) {
  const engine = new Engine(device);
  await engine.start();
  return engine;
}

class Engine {
  device = "cpu";
  deviceReason = "";
  adapter = "";

  #wanted;
  /** What the worker reached when it started. */
  #reached = { device: "cpu", adapter: "", reason: "" };
  /** @type {Connection} */
  #connection;
  /** The files that the worker has already. @type {{ files: Record<string, Blob> | null, connection: Connection | null }} */
  #sent = { files: null, connection: null };
  #isClosed = false;
  /** The end of the run in progress. @type {Promise<void> | undefined} */
  #running;
  #listeners = { device: new Set(), restart: new Set() };

  /** @param {"auto" | "webgpu" | "cpu"} device */
  constructor(device) {
    this.#wanted = device;
  }

  async start() {
    this.#connection = new Connection();
    this.#reached = await this.#connection.create(this.#wanted);
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
    // This worker, not one that came after it meanwhile.
    const connection = this.#connection;
    const watch = setTimeout(() => connection.end(timeIsUp(seconds)), seconds * 1000 + GRACE_MS);
    const stop = () => this.stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      this.#choose(device);
      if (signal?.aborted) return without(this.device, STOPPED);
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

  stop() {
    if (!this.#running) return;
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
        if (error instanceof EngineLost) return without(this.device, error);
        throw error;
      }
      if (!run.deviceLost) return run;
      this.#reached = { device: "cpu", adapter: "", reason: `The GPU was lost: ${run.deviceLost} Programs run on the CPU now.` };
      this.#show(this.#reached);
    }
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

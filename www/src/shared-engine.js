/**
 * One engine, and with it one worker and one GPU device, for all programs of a page. Each has a seat, which it uses as
 * an engine of its own.
 *
 * The engine keeps the tensors of its newest run only, whoever's that was, and so a page with many programs takes no
 * more memory than the largest of them. Who asks for a tensor that has gone runs again first, in a moment, and gets what
 * it had: a program computes the same numbers whenever it runs, but for the order of sums on another device.
 */
import { smallTensors } from "./read-ahead.js";

/** A program that takes longer is not run again only because a number was pointed at. */
const MOST_MILLISECONDS = 2000;

/** @typedef {import("./engine/engine").Engine} Engine */
/** @typedef {import("./engine/engine").Run} Run */
/** @typedef {import("./engine/engine").RunOptions} RunOptions */
/** @typedef {ReturnType<typeof createSeats>} Seats */

/** @param {Engine} engine */
export function createSeats(engine) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /** Whose turn it is. @type {object | null} */
  let turn = null;
  /** Whose run the engine keeps. @type {object | null} */
  let kept = null;
  engine.on("restart", () => (kept = null));

  /** Does a job when those before it are done. @template T @param {object} seat @param {() => Promise<T>} job @returns {Promise<T>} */
  function inTurn(seat, job) {
    const mine = last.then(async () => {
      turn = seat;
      return await job().finally(() => (turn = null));
    });
    last = mine.catch(() => undefined);
    return mine;
  }

  /** @returns {Engine} */
  return function createSeat() {
    const seat = {};
    let { device, deviceReason, adapter } = engine;
    /** What is on display here, and the ids that its tensors have now. @type {{ code: string, options: RunOptions, run: Run, values: Map<number, Promise<import("./engine/engine").Values>>, now: Map<number, number>, then: Map<number, number> } | null} */
    let shown = null;
    let wanted = 0;
    const listeners = { device: new Set(), restart: new Set() };
    const tell = (/** @type {"device" | "restart"} */ event, /** @type {string} */ detail) => listeners[event].forEach((listener) => listener(detail));
    const ends = [
      engine.on("restart", (detail) => turn === seat && tell("restart", detail)),
      engine.on("device", (detail) => {
        // A GPU that is wrong or lost is so for everyone who showed what it computed.
        const isGone = engine.deviceReason !== "" && device === "webgpu";
        if (turn !== seat && !isGone) return;
        ({ device, deviceReason, adapter } = engine);
        tell("device", detail);
      }),
    ];

    /** Runs what is on display again if somebody ran something since. */
    async function keep() {
      if (!shown) throw new Error("no program has run yet");
      if (kept === seat) return shown;
      if (shown.run.milliseconds > MOST_MILLISECONDS) throw new Error("Another program of this page ran since: run this one again to read on.");
      const run = await engine.run(shown.code, shown.options);
      kept = seat;
      const [before, after] = [tensorsOf(shown.run), tensorsOf(run)];
      if (before.length !== after.length || before.some(({ name, shape }, index) => name !== after[index].name || shape.join() !== after[index].shape.join())) throw new Error("The program takes other steps each time it runs: run it again to read on.");
      shown.now = new Map(before.map(({ id }, index) => [id, after[index].id]));
      shown.then = new Map(before.map(({ id }, index) => [after[index].id, id]));
      return shown;
    }

    /** @template T @param {(own: NonNullable<typeof shown>) => Promise<T>} question @returns {Promise<T>} */
    function ask(question) {
      // While it is this program's turn, or its tensors are there, the engine answers at once.
      return turn === seat && kept === seat && shown ? question(shown) : inTurn(seat, async () => question(await keep()));
    }

    return {
      get device() {
        return device;
      },
      get deviceReason() {
        return deviceReason;
      },
      get adapter() {
        return adapter;
      },
      threads: engine.threads,
      on(event, listener) {
        listeners[event].add(listener);
        return () => listeners[event].delete(listener);
      },
      run(code, options = {}) {
        wanted += 1;
        const mine = wanted;
        return new Promise((resolve, reject) => {
          void inTurn(seat, async () => {
            try {
              // Of one that was stopped before its turn, nothing is run.
              if (!options.signal?.aborted) kept = null;
              const run = await engine.run(code, options);
              if (options.signal?.aborted && run.steps.length === 0) return resolve(run);
              // Why it is not on WebGPU may have been told in another's turn.
              const isTold = deviceReason === engine.deviceReason;
              ({ device, deviceReason, adapter } = engine);
              if (!isTold) tell("device", device);
              kept = seat;
              const { signal, onStep, onOutput, onRead, ...again } = options;
              shown = { code, options: { ...again, device: run.device }, run, values: new Map(), now: new Map(), then: new Map() };
              resolve(run);
              // Nobody else runs before what is small was read: it stays, and few will have to run again.
              for (const id of smallTensors(run)) {
                if (mine !== wanted || kept !== seat) return;
                await this.read(id).catch(() => undefined);
              }
            } catch (error) {
              reject(error);
            }
          });
        });
      },
      read(id) {
        const values = shown?.values.get(id) ?? ask(({ now }) => engine.read(now.get(id) ?? id));
        const { values: cache } = shown ?? {};
        cache?.set(id, values);
        values.catch(() => cache?.delete(id));
        return values;
      },
      /** Not known where it would take a run: it is a figure beside others. */
      time: (id) => inTurn(seat, async () => (kept === seat ? await engine.time(shown?.now.get(id) ?? id) : null)),
      provenance: (id, index) =>
        ask(async ({ now, then }) => {
          const origin = await engine.provenance(now.get(id) ?? id, index);
          const own = (/** @type {number} */ other) => then.get(other) ?? other;
          return { ...origin, id, steps: origin.steps.map((step) => ({ ...step, output: { ...step.output, id: own(step.output.id) }, inputs: step.inputs.map((input) => ({ ...input, id: own(input.id) })) })) };
        }),
      operations: () => engine.operations(),
      checkGpu: () => engine.checkGpu(),
      memory: () => engine.memory(),
      revive: () => engine.revive(),
      compareDevices: (code, options) => engine.compareDevices(code, options),
      stop: () => turn === seat && engine.stop(),
      close() {
        wanted += 1;
        if (turn === seat) engine.stop();
        if (kept === seat) kept = null;
        shown = null;
        ends.forEach((end) => end());
      },
    };
  };
}

/** @param {Run} run */
function tensorsOf({ steps }) {
  return steps.flatMap(({ names }) => names.filter(({ kind }) => kind === "tensor"));
}

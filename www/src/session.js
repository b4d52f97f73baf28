/**
 * What the reader can do, in one place: every button, key and click ends in one of
 * these functions, and only they talk to the engine.
 */
import { firstRun } from "./first-run.js";
import { createPlaying } from "./playing.js";
import { smallTensors } from "./read-ahead.js";
import { offsetFromIndex } from "./shape.js";
import { texts } from "./texts.js";
import { firstTensorStep, isOwn, nearestStepOfLine, samePlace, stepAtCursor } from "./trace.js";

/** @typedef {import("./state.js").Cell} Cell */
/** @typedef {import("./state.js").Run} Run */
/** @typedef {import("./state.js").Values} Values */
/** @typedef {{ to?: "end" | "cursor", line?: number, isFirst?: boolean }} RunsTo where it leads, and whether it is the program's first */

/** A run that takes longer shows that it is under way. */
const QUICK_RUN_MILLISECONDS = 300;

/** What most programs need besides themselves. @type {import("./state.js").Given} */
const NOTHING_GIVEN = { files: {}, modules: {}, untraced: [], arguments: [] };

/** A model needs more than a program of some lines: its weights, and time to write. A wasm module has 4 GB in all. @type {Record<import("./engine/engine").Device, import("./engine/engine").RunOptions["limits"]>} */
const MODEL_LIMITS = {
  cpu: { bytes: 2 ** 31, seconds: 600, trace: 100_000 },
  webgpu: { bytes: 2 ** 34, seconds: 600, trace: 100_000 },
};

/** @typedef {ReturnType<typeof createSession>} Session */

/**
 * @param {import("./state.js").Store} store
 * @param {import("./engine/engine").Engine} engine
 */
export function createSession(store, engine) {
  /** @type {Map<number, Promise<Values>>} values by tensor id, of the run on display */
  let values = new Map();
  /** Where each line of the run on display is in the code now. @type {Map<number, number>} */
  let lines = new Map();
  const lineNow = (/** @type {number} */ line) => lines.get(line) ?? line;
  let running = /** @type {AbortController | null} */ (null);
  let lastRun = Promise.resolve();
  let lastTiming = /** @type {Promise<unknown>} */ (Promise.resolve());
  let runCount = 0;
  let provenanceAsked = 0;
  /** @type {{ step: number, name: string, index: number[] } | null} a selection that waits for its run */
  let wantedSelection = null;
  let wantedStep = /** @type {number | null} */ (null);
  const { play, pause, hold, setSpeed } = createPlaying(store, { goTo, nextStop });

  /** Why the device is another one, or the engine, until the next run has said so. */
  let news = texts.engine.said(engine.deviceReason);
  store.set({ ...deviceInUse(), engine: "idle" });
  engine.on("device", () => {
    store.set(deviceInUse());
    news = store.state.deviceReason;
    if (news) store.set({ notice: news });
    // What is on display was computed by a GPU that is wrong, or has gone with its values.
    if (!running && store.state.run?.device === "webgpu" && engine.deviceReason) void run();
  });
  engine.on("restart", () => {
    news = texts.session.restarted;
    store.set({ engine: "idle", notice: news });
  });

  function deviceInUse() {
    return { runningOn: engine.device, deviceReason: texts.engine.said(engine.deviceReason), adapter: engine.adapter, threads: engine.threads };
  }

  /** Runs the code; the newest run wins. @param {RunsTo} [options] */
  function run(options = {}) {
    const mine = (runCount += 1);
    if (running) stopEngine();
    lastRun = lastRun.then(() => (mine === runCount ? runNow(options) : undefined));
    return lastRun;
  }

  function rerun() {
    return run();
  }

  /** @param {RunsTo} options */
  async function runNow(options) {
    const { code, device, given, checkpoint } = store.state;
    running = new AbortController();
    const asked = { ...given, device, signal: running.signal };
    pause();
    if (store.state.missing?.again === rerun) store.set({ missing: null });
    store.set({ engine: "running", stepsSoFar: 0, bytesRead: 0, comparison: { text: "", state: "none" } });
    /** @type {Run} */
    let run;
    let printed = "";
    const start = performance.now();
    // A quick run replaces the old output at its end, without a flicker between.
    const clearing = setTimeout(() => store.set({ output: printed, error: null }), QUICK_RUN_MILLISECONDS);
    try {
      const first = options.isFirst ? await firstRun(engine, code, asked) : null;
      if (first) {
        clearTimeout(clearing);
        store.set({ output: first.stdout });
        await show({ ...first, code, modules: given.modules, isPreview: true }, options);
      }
      const result = await engine.run(code, {
        ...asked,
        limits: checkpoint ? MODEL_LIMITS[device === "cpu" ? device : engine.device] : {},
        onRead: (/** @type {number} */ bytes) => store.set({ bytesRead: bytes }),
        onStep: (/** @type {number} */ count) => store.set({ stepsSoFar: count }),
        onOutput: (/** @type {string} */ text) => {
          printed += text;
          if (!first && performance.now() - start > QUICK_RUN_MILLISECONDS) store.set({ output: printed });
        },
      });
      run = { ...result, code, modules: given.modules };
    } catch (error) {
      store.set({ engine: "idle", stale: store.state.run !== null, notice: sentenceFromError(error) });
      return;
    } finally {
      clearTimeout(clearing);
      running = null;
    }
    store.set({ ...deviceInUse(), engine: "idle", output: run.stdout, error: run.error });
    if (run.ok || store.state.run === null || !store.state.run.ok) void show(run, options);
    else store.set({ stale: true });
    // An error without a line is the engine's, not the program's.
    if (run.error?.type === "ConnectionError" && run.error.line === null) store.set({ missing: { text: texts.missing.kept(run.error.message), again: rerun } });
    announceRun(run);
  }

  /** Puts a run on display, at the place where the reader was; resolves when its small tensors were read. @param {Run} run @param {RunsTo} options */
  function show(run, options) {
    const { run: previous, step: here, pinned } = store.state;
    const selection = wantedSelection ?? (pinned && previous ? { step: pinned.step, name: pinned.name, index: pinned.index } : null);
    let step = previous ? samePlace(run.steps, previous.steps, here, lineNow) : firstTensorStep(run.steps);
    if (options.to === "end") step = run.steps.length - 1;
    if (options.to === "cursor" && options.line) step = stepAtCursor(run.steps, options.line, -1) ?? step;
    step = Math.max(0, Math.min(step, run.steps.length - 1));
    const selectedStep = selection && previous && !wantedSelection ? samePlace(run.steps, previous.steps, selection.step, lineNow) : selection?.step;
    values = new Map();
    lines = new Map(run.steps.filter(isOwn).map(({ line }) => [line, line]));
    wantedSelection = null;
    store.set({ run, step, stale: false, pointed: null, pinned: null, provenance: null });
    if (wantedStep !== null) goTo(wantedStep);
    wantedStep = null;
    const name = run.steps[selectedStep ?? -1]?.names.find((other) => other.kind === "tensor" && other.name === selection?.name);
    const fits = name && selection && name.shape.length === selection.index.length && selection.index.every((at, axis) => at < name.shape[axis]);
    if (fits) pin({ id: name.id, name: name.name, step: selectedStep ?? 0, index: selection.index });
    return readAhead(run);
  }

  /** @param {Run} run */
  function announceRun(run) {
    const where = run.device === "webgpu" ? "WebGPU" : texts.session.cpu;
    // The error itself stands below, and is announced there.
    const told = run.error ? texts.session.ended(run.steps.length + run.dropped) : texts.session.ran(run.steps.length + run.dropped, where, run.milliseconds.toFixed(0));
    store.set({ notice: [told, news].join(" ").trim() });
    news = "";
  }

  /** @param {Run} run */
  async function readAhead(run) {
    for (const id of smallTensors(run)) {
      if (store.state.run !== run || (running && !run.isPreview)) return;
      await read(id).catch(() => undefined);
    }
  }

  /** The values of a tensor of the run on display, read once. @param {number} id @returns {Promise<Values>} */
  function read(id) {
    const cache = values;
    let reading = cache.get(id);
    if (!reading) {
      reading = Promise.resolve(engine.read(id));
      cache.set(id, reading);
      // A failed read may work later; a failed one that stays would hide the tensor for good.
      reading.catch(() => cache.delete(id));
    }
    return reading;
  }

  /**
   * How many microseconds the operation behind a tensor takes; null if that is not known. One measurement at a time,
   * and none while a program runs: they would disturb each other.
   * @param {number} id @returns {Promise<number | null>}
   */
  function time(id) {
    const shown = store.state.run;
    const measured = lastTiming.then(() => (running || store.state.run !== shown ? null : engine.time(id).catch(() => null)));
    lastTiming = measured;
    return measured;
  }

  function stopEngine() {
    store.set({ engine: "stopping" });
    running?.abort();
    engine.stop();
  }

  /** Stops the program that runs, or the playing. */
  function stop() {
    pause();
    if (running) stopEngine();
  }

  /** @param {number} index */
  function goTo(index) {
    const steps = store.state.run?.steps ?? [];
    if (steps.length > 0) store.set({ step: Math.max(0, Math.min(index, steps.length - 1)) });
  }

  /** The step where stepping onwards or back ends: the next one, or the next stop where a view has set stops. @param {1 | -1} direction @returns {number | undefined} */
  function nextStop(direction) {
    const { stops, step, run } = store.state;
    if (stops) return direction > 0 ? stops.find((stop) => stop > step) : stops.findLast((stop) => stop < step);
    const next = step + direction;
    return next >= 0 && next < (run?.steps.length ?? 0) ? next : undefined;
  }

  /** @param {1 | -1} direction */
  function stepBy(direction) {
    pause();
    const next = nextStop(direction);
    if (next !== undefined) goTo(next);
  }

  /** @param {number} line of the code as it is now */
  function goToLine(line) {
    const { run, step } = store.state;
    if (!run) return;
    const [then] = [...lines].find(([, now]) => now === line) ?? [line];
    if (run.steps[step]?.line === then && isOwn(run.steps[step])) return;
    const index = nearestStepOfLine(run.steps, then, step);
    if (index !== null) goTo(index);
  }

  /** Runs if the code changed, and goes to the cursor's line. @param {number} line */
  function runToCursor(line) {
    const { run: shown, code, step } = store.state;
    if (!shown || shown.code !== code || running) return run({ to: "cursor", line });
    const index = stepAtCursor(shown.steps, line, step);
    if (index !== null) goTo(index);
    return lastRun;
  }

  /** From a line of a module on to the line of the program that called it; that is traced when it has ended. */
  function leaveModule() {
    const { run, step } = store.state;
    const caller = run?.steps.findIndex((other, index) => index > step && isOwn(other)) ?? -1;
    const before = run?.steps.findLastIndex((other, index) => index < step && isOwn(other)) ?? -1;
    if (caller >= 0 || before >= 0) goTo(caller >= 0 ? caller : before);
  }

  /** Shows where a cell came from while it is pointed at. @param {Cell | null} cell */
  function point(cell) {
    const { pointed, pinned } = store.state;
    if (sameCell(cell, pointed)) return;
    store.set({ pointed: cell });
    void explain(cell ?? pinned);
  }

  /** Keeps a cell selected; the same cell again, or null, lets go. @param {Cell | null} cell */
  function pin(cell) {
    const next = cell && !sameCell(cell, store.state.pinned) ? cell : null;
    store.set({ pinned: next });
    void explain(next ?? store.state.pointed);
  }

  /** @param {Cell | null} cell */
  async function explain(cell) {
    const mine = (provenanceAsked += 1);
    if (!cell) return store.set({ provenance: null });
    try {
      const { data, shape } = await read(cell.id);
      const value = data[offsetFromIndex(shape, cell.index)];
      const show = (/** @type {import("./state.js").Provenance | null} */ origin, /** @type {string} */ note) => {
        if (mine === provenanceAsked) store.set({ provenance: { cell, value, origin, note } });
      };
      if (store.state.stale || running) return show(null, texts.session.lastGood);
      await engine.provenance(cell.id, cell.index).then(
        (origin) => show(origin, ""),
        (error) => show(null, sentenceFromError(error)),
      );
    } catch {
      // The figure itself says that its values are no longer kept.
      if (mine === provenanceAsked) store.set({ provenance: null });
    }
  }

  /** @param {"auto" | "webgpu" | "cpu"} device */
  function setDevice(device) {
    store.set({ device });
    // A page that has opened no program yet has nothing to run; what it would say of that moves what stands below.
    return store.state.code === "" ? lastRun : run();
  }

  async function compareDevices() {
    store.set({ comparison: { text: texts.session.asked, state: "busy" } });
    try {
      const result = await engine.compareDevices(store.state.code, store.state.given);
      store.set({ comparison: { text: comparisonText(result), state: "done" } });
    } catch (error) {
      store.set({ comparison: { text: sentenceFromError(error), state: "done" } });
    }
  }

  return {
    state: store.state,
    run,
    stop,
    goTo,
    stepBy,
    canStep: (/** @type {1 | -1} */ direction) => nextStop(direction) !== undefined,
    goToLine,
    runToCursor,
    leaveModule,
    play,
    pause,
    hold,
    setSpeed,
    point,
    pin,
    hasPinned: () => store.state.pinned !== null,
    read,
    time,
    setDevice,
    compareDevices,
    /** @param {import("./state.js").State["view"]} view */
    setView: (view) => store.set({ view }),
    /** Which keys a query sees: at what length, and which row is looked at. @param {import("./state.js").State["mask"]} mask */
    askMask: (mask) => store.set({ mask }),
    /** Resolves when no run is under way. */
    whenIdle: async () => {
      for (let seen = -1; seen !== runCount; ) {
        seen = runCount;
        await lastRun;
      }
    },
    /** The code was edited: lines of the run on display moved. @param {string} code @param {(line: number) => number} mapLine */
    edited(code, mapLine) {
      lines = new Map([...lines].map(([then, now]) => [then, mapLine(now)]));
      store.set({ code });
    },
    /** Where the line of a step of the run on display is in the code now; 0 where a module has it. @param {import("./state.js").Step} step */
    lineInCode: (step) => (isOwn(step) ? lineNow(step.line) : 0),
    /**
     * Another program takes the page: nothing of the old one is kept.
     * @param {{ code: string, program: string, given?: import("./state.js").Given, checkpoint?: import("./checkpoint.js").Checkpoint | null, step?: number, selection?: { step: number, name: string, index: number[] } | null }} program
     */
    open({ code, program, given = NOTHING_GIVEN, checkpoint = null, step, selection = null }) {
      lines = new Map();
      wantedStep = step ?? null;
      wantedSelection = selection;
      values = new Map();
      store.set({ code, program, given, checkpoint, run: null, stale: false, error: null, output: "", step: 0, pointed: null, pinned: null, provenance: null });
      return run({ isFirst: true });
    },
  };
}

/** @param {Cell | null} a @param {Cell | null} b */
export function sameCell(a, b) {
  return a === b || (a !== null && b !== null && a.id === b.id && a.step === b.step && a.index.join() === b.index.join());
}

/** @param {import("./engine/engine").Comparison} result */
function comparisonText(result) {
  if (!result.ok) return texts.engine.said(result.reason);
  const { largest, tensors } = result;
  if (!largest || largest.absolute === 0) return texts.session.equal(tensors);
  const at = largest.index.length > 0 ? `[${largest.index.join(", ")}]` : "";
  return texts.session.largest(tensors, largest.absolute.toExponential(1), largest.relative.toExponential(1), `${largest.name}${at}`, largest.line, largest.cpu, largest.webgpu);
}

/** "ValueError in line 3: …" @param {import("./state.js").ProgramError} error */
export function errorText({ type, message, file, line }) {
  const where = line ? texts.session.inLine(type, line, isOwn({ file }) ? "" : file) : type;
  return `${where}${message ? `: ${message}` : ""}`;
}

/** @param {unknown} error */
function sentenceFromError(error) {
  return texts.engine.said(error instanceof Error ? error.message : String(error));
}

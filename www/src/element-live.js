/** A running `<attention-playground>`: the playground around the engine that all elements of a page share. */
import { NotCome } from "./assets.js";
import { createEngine } from "./engine/engine.js";
import { colouredLines } from "./highlight.js";
import { createPlayground, listenToKeys } from "./playground.js";
import { createSession } from "./session.js";
import { createSeats } from "./shared-engine.js";
import { createSideEngine } from "./side-engine.js";
import { createStore, initialState } from "./state.js";
import { texts } from "./texts.js";
import { createMissing } from "./views/missing.js";

/** What all elements of the page run in; a browser that could not start it is asked again by the next. @type {Promise<{ engine: import("./engine/engine").Engine, createSeat: import("./shared-engine.js").Seats }> | undefined} */
let shared;
let lives = 0;
const CLOSE_AFTER_MILLISECONDS = 1000;
addEventListener("pageshow", ({ persisted }) => persisted && shared?.then(({ engine }) => engine.revive(), () => {}));
/** What asks programs questions beside their runs; it starts when it is first asked. */
const side = createSideEngine();

/** @typedef {Awaited<ReturnType<typeof createLive>>} Live */

/**
 * @param {import("./element.js").AttentionPlayground} host
 * @param {{ code: string, line: number, step?: number }} program and where to begin: a line, a step, or its first tensor
 */
export async function createLive(host, { code, line, step }) {
  lives += 1;
  const engine = await seat().catch((error) => {
    leave();
    throw error;
  });
  const store = createStore({ ...initialState(), device: host.device, view: host.view });
  const session = createSession(store, engine);
  const playground = createPlayground(store, session, { isReadOnly: host.readonly, isInArticle: true, coloured: colouredLines });
  let lineWanted = line;
  /** The code that the author gave it, or the article's own script. */
  let given = code;
  /** @type {Promise<void> | undefined} */
  let viewsLoading;

  const blur = () => /** @type {HTMLElement | null} */ (host.shadowRoot?.activeElement ?? null)?.blur();
  // A press anywhere in it gives it the focus, and with that its keys.
  playground.element.tabIndex = -1;
  listenToKeys(playground.element, { ...playground.actions, program: blur });
  store.on(["view"], ({ view }) => {
    if (view !== "tensors") void loadViews();
    // The program may not have the view that was asked for.
    if (host.view !== view && store.state.run) host.view = view;
  });
  store.on(["run"], ({ run }) => {
    if (!run) return;
    if (lineWanted > 0) session.goToLine(lineWanted);
    lineWanted = 0;
    if (run.ok && !run.isPreview) tell("run", { device: run.device, milliseconds: run.milliseconds, steps: run.steps.length + run.dropped });
  });
  store.on(["error"], ({ error }) => error && tell("error", { type: error.type, message: error.message, line: error.line }));
  store.on(["run", "step"], ({ run, step }) => run && tell("step", { step, of: run.steps.length, line: lineNow() }));
  void session.open({ code, program: "", step });
  store.on(["code"], ({ code: now }) => now !== given && tell("edit", { code: now }));

  return {
    element: playground.element,
    missing: createMissing(store),
    code: () => store.state.code,
    line: lineNow,
    step: () => store.state.step,
    goTo: session.goTo,
    run: () => store.state.run,
    goToLine: (/** @type {number} */ wanted) => (store.state.run ? session.goToLine(wanted) : (lineWanted = wanted)),
    /** @param {string} other */
    open(other) {
      given = other;
      void session.open({ code: other, program: "" });
    },
    /** @param {"view" | "device"} name @param {any} value */
    set: (name, value) => (store.state[name] === value ? undefined : name === "view" ? session.setView(value) : session.setDevice(value)),
    runAgain: () => session.run(),
    stop: session.stop,
    stepBy: session.stepBy,
    async whenIdle() {
      do {
        await viewsLoading;
        await playground.whenDrawn();
      } while (playground.editor.isWaiting());
    },
    /** It is out of the page, for the moment at least. */
    rest: () => session.stop(),
    close() {
      session.stop();
      engine.close();
      leave();
    },
  };

  function lineNow() {
    const { run, step } = store.state;
    return run?.steps[step] ? session.lineInCode(run.steps[step]) : 0;
  }

  /** @param {string} event @param {object} detail */
  function tell(event, detail) {
    host.dispatchEvent(new CustomEvent(event, { detail }));
  }

  function loadViews() {
    viewsLoading ??= import("./views/beside.js").then(
      ({ createBeside }) => playground.addViews(createBeside(store, session, side, playground.turn)),
      () => {
        viewsLoading = undefined;
        store.set({ missing: { text: texts.main.othersFailed, again: loadViews } });
      },
    );
    return viewsLoading;
  }
}

/** The last one closes the engine, unless another comes at once. */
function leave() {
  lives -= 1;
  setTimeout(() => {
    if (lives > 0) return;
    void shared?.then(({ engine }) => engine.close(), () => {});
    shared = undefined;
  }, CLOSE_AFTER_MILLISECONDS);
}

async function seat() {
  if (typeof WebAssembly === "undefined") throw new Error(texts.element.noWebAssembly);
  shared ??= createEngine({ device: "auto" }).then((engine) => ({ engine, createSeat: createSeats(engine) }));
  try {
    return (await shared).createSeat();
  } catch (error) {
    shared = undefined;
    const sentence = texts.main.notStarted(error instanceof Error ? error.message : String(error));
    throw /** @type {any} */ (error)?.type === "ConnectionError" ? new NotCome(sentence) : new Error(sentence);
  }
}

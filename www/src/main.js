/** The page: puts the views together, opens what the address asks for, and keeps the address true. */
import { createEngine } from "./engine/engine.js";
import { h } from "./dom.js";
import { isDrawn } from "./frame.js";
import { fragmentFromState, stateFromFragment } from "./link.js";
import { sourceFromNotebook } from "./program.js";
import { createSession } from "./session.js";
import { createStore, initialState } from "./state.js";
import { createControls } from "./views/controls.js";
import { createEditor } from "./views/editor.js";
import { SHORTCUTS, createHelp } from "./views/help.js";
import { createHeader } from "./views/header.js";
import { copyText, createOutput } from "./views/output.js";
import { createProvenance } from "./views/provenance.js";
import { createSteps } from "./views/steps.js";
import { createTransport } from "./views/transport.js";

/** A file larger than this is not a program somebody wrote. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** After the last change, before the address follows it. */
const LINK_AFTER_MILLISECONDS = 600;

const store = createStore(initialState());
const started = start();

/** What tests and curious readers may hold on to. */
Object.assign(window, {
  playground: {
    /** Resolves when the first program has run. */
    ready: started.then(() => undefined),
    get state() {
      return { ...store.state };
    },
    /** Resolves when nothing runs and everything in view is drawn. */
    async whenIdle() {
      const { session, editor } = await started;
      const isBusy = () => editor.isWaiting() || !isDrawn() || document.querySelector('[data-state="reading"]') !== null;
      do {
        await session.whenIdle();
        // Two frames: in the first, what came into view is noticed, in the second it is read.
        for (let frame = 0; frame < 2; frame += 1) await new Promise((resolve) => setTimeout(resolve, 20));
      } while (isBusy());
    },
  },
});

async function start() {
  const root = /** @type {HTMLElement} */ (document.getElementById("page"));
  let engine;
  try {
    engine = await createEngine({ device: "auto" });
  } catch (error) {
    root.replaceChildren(h("p", { class: "fatal", role: "alert" }, `The engine did not start: ${error instanceof Error ? error.message : error}`));
    throw error;
  }
  const session = createSession(store, engine);
  const editor = createEditor(store, session, { leave: () => transport.element.querySelector("button")?.focus() });
  const steps = createSteps(store, session);
  const transport = createTransport(store, session, editor);
  const help = createHelp();
  const header = createHeader(store, session, { openProgram, openFile, copyLink, help: help.open });
  const controls = createControls(store, editor);
  const output = createOutput(store, session.goToLine);
  const provenance = createProvenance(store, session, steps);
  const comparison = h("p", { class: "comparison", role: "status", "data-testid": "comparison" });
  root.replaceChildren(
    header.element,
    comparison,
    h("main", null, h("div", { class: "left" }, controls.element, editor.element, output.element), h("div", { class: "right" }, transport.element, steps.element, provenance.element)),
    help.element,
  );
  store.on(["comparison"], (state) => {
    comparison.textContent = state.comparison.text;
    comparison.hidden = state.comparison.state === "none";
  });
  listenToKeys({
    forward: () => session.stepBy(1),
    back: () => session.stepBy(-1),
    play: () => (store.state.playing ? session.pause() : session.play()),
    run: () => editor.runNow(),
    cursor: () => session.runToCursor(editor.cursorLine()),
    stop: () => session.stop(),
    code: () => editor.focus(),
    tensor: () => steps.focusCurrent(),
    link: copyLink,
    open: () => header.openPicker(),
    help: () => help.open(),
  });
  listenToDrops(root);
  store.set({ programs: await programList() });
  await openFromAddress();
  window.addEventListener("hashchange", () => location.hash !== writtenHash && openFromAddress());
  store.on(["code", "step", "device", "pinned"], followAddress);
  return { session, editor };

  async function openFromAddress() {
    try {
      const link = await stateFromFragment(location.hash);
      if (link) {
        store.set({ device: link.device });
        return await session.open(link);
      }
    } catch (error) {
      store.set({ notice: error instanceof Error ? error.message : String(error) });
    }
    const wanted = store.state.programs.find(({ path }) => path === decodeURIComponent(location.hash.slice(1))) ?? store.state.programs[0];
    if (wanted) await openProgram(wanted.path);
  }

  /** @param {string} path */
  async function openProgram(path) {
    if (!store.state.programs.some((program) => program.path === path)) return;
    try {
      const response = await fetch(new URL(`programs/${path}`, document.baseURI));
      if (!response.ok) throw new Error(`The program ${path} could not be loaded (${response.status}).`);
      await session.open({ code: await response.text(), program: path });
    } catch (error) {
      store.set({ notice: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {File} file */
  async function openFile(file) {
    try {
      if (file.size > MAX_FILE_BYTES) throw new Error(`${file.name} is larger than 2 MB, which is more than a program.`);
      const text = await file.text();
      const code = file.name.endsWith(".ipynb") ? sourceFromNotebook(text) : text.replaceAll("\r\n", "\n");
      await session.open({ code, program: "" });
    } catch (error) {
      store.set({ notice: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {HTMLElement} element */
  function listenToDrops(element) {
    element.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      element.classList.add("dropping");
    });
    element.addEventListener("dragleave", (event) => event.relatedTarget === null && element.classList.remove("dropping"));
    // Before the editor's own listener, which would paste the file's text where it was dropped.
    element.addEventListener(
      "drop",
      (event) => {
        element.classList.remove("dropping");
        const file = event.dataTransfer?.files[0];
        if (!file) return;
        event.preventDefault();
        event.stopPropagation();
        void openFile(file);
      },
      { capture: true },
    );
  }
}

/** @returns {Promise<import("./state.js").State["programs"]>} */
async function programList() {
  try {
    const response = await fetch(new URL("programs/index.json", document.baseURI));
    return await response.json();
  } catch {
    store.set({ notice: "The list of programs could not be loaded; open a file of your own." });
    return [];
  }
}

/** @param {Record<(typeof SHORTCUTS)[number][2], () => unknown>} actions */
function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(".cm-editor, input:not([type=range], [type=checkbox]), select, textarea, dialog")) return;
    const action = SHORTCUTS.find(([key]) => key === event.key)?.[2];
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });
}

/** @returns {Promise<string>} */
function fragment() {
  const { code, program, step, device, pinned } = store.state;
  return fragmentFromState({ code, program, step, device, selection: pinned && { step: pinned.step, name: pinned.name, index: pinned.index } });
}

async function copyLink() {
  await writeAddress();
  await copyText(location.href);
  store.set({ notice: "A link to all of this is on the clipboard." });
}

let writtenHash = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let writing;
/** The first state is the program as it was opened: the address stays clean until the reader changes something. */
let untouched = "";

function followAddress() {
  clearTimeout(writing);
  const { code, step, device, pinned } = store.state;
  const now = JSON.stringify([code, step, device, pinned]);
  untouched ||= now;
  if (now !== untouched && !store.state.playing) writing = setTimeout(writeAddress, LINK_AFTER_MILLISECONDS);
}

async function writeAddress() {
  writtenHash = await fragment();
  try {
    history.replaceState(null, "", writtenHash);
  } catch {
    // A sandboxed frame may not write its address; the link is still copied.
  }
}

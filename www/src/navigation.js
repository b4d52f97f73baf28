/**
 * Where the reader is, and the address that says so: going somewhere writes a new entry
 * into the browser's history, and what is turned there changes the entry it has.
 */
import { addressFromFragment, fragmentFromAddress } from "./address.js";
import { neighbour } from "./catalogue.js";
import { fragmentFromState, stateFromFragment } from "./link.js";
import { sourceFromNotebook } from "./program.js";
import { firstTensorStep } from "./trace.js";

/** A file larger than this is not a program somebody wrote. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** After the last change, before the address follows it. */
const FOLLOW_AFTER_MILLISECONDS = 600;

/** @typedef {ReturnType<typeof createNavigation>} Navigation */

/** @param {import("./state.js").Store} store @param {import("./session.js").Session} session */
export function createNavigation(store, session) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let writing;
  /** The listed program as it was opened: while the code is this, the program's path says it. */
  let opened = "";
  /** The address under which the program on display was last seen. @type {string | null} */
  let programHash = null;
  /** What a bare address stands for: it stays bare until the reader changes something. */
  let bare = "";

  return {
    /** Opens what the address asks for, and keeps it true from then on. */
    async start() {
      await openFromAddress();
      await session.whenIdle();
      if (location.hash === "") bare = await fragment();
      window.addEventListener("hashchange", openFromAddress);
      store.on(["code", "step", "device", "pinned", "view", "mask", "query", "pair"], follow);
    },
    openProgram: (/** @type {string} */ path) => go(() => openProgram(path)),
    openFile: (/** @type {File} */ file) => go(() => openFile(file)),
    toCatalogue: () => go(() => store.set({ page: "catalogue" })),
    /** @param {{ a: string, b: string }} pair */
    toComparison: (pair) => go(() => store.set({ page: "compare", pair: { ...pair, values: {} } })),
    /** On to the next program of the story, or back. @param {-1 | 1} direction */
    turnPage(direction) {
      const entry = neighbour(store.state.programs, store.state.program, direction);
      return entry ? go(() => openProgram(entry.path)) : undefined;
    },
    /** A program beside the one on display. @param {string} path */
    compareWith: (path) => go(() => store.set({ page: "compare", pair: { a: store.state.program, b: path, values: {} } })),
    /** Back to the code, as it was left. */
    toProgram: () => go(() => (store.state.code === "" ? openProgram(store.state.programs[0]?.path ?? "") : store.set({ page: "program" }))),
    /** The whole address of what is on display. */
    async link() {
      await write();
      return location.href;
    },
  };

  /** Writes what the reader leaves, goes, and begins a new entry of the history. @param {() => unknown} move */
  async function go(move) {
    await write();
    await move();
    await write("pushState");
    window.scrollTo(0, 0);
  }

  async function openFromAddress() {
    clearTimeout(writing);
    if (location.hash === programHash && store.state.code !== "") return store.set({ page: "program" });
    try {
      const link = await stateFromFragment(location.hash);
      if (link) {
        store.set({ page: "program", device: link.device, view: link.view, mask: link.mask });
        void session.open(link);
        return seen();
      }
    } catch (error) {
      say(error);
    }
    const address = addressFromFragment(location.hash);
    if (address.page === "catalogue") return store.set({ page: "catalogue", query: address.query });
    if (address.page === "compare") return store.set({ page: "compare", pair: address.pair });
    const { programs } = store.state;
    const wanted = programs.find(({ path }) => path === address.path) ?? programs[0];
    if (wanted) await openProgram(wanted.path, address);
    seen();
  }

  /** @param {string} path @param {Extract<import("./address.js").Address, { page: "program" }>} [address] what else it asks for */
  async function openProgram(path, address = { page: "program", path, view: "tensors", mask: { tokens: 0, row: -1 }, step: null, device: store.state.device }) {
    if (!store.state.programs.some((program) => program.path === path)) return;
    try {
      const code = await sourceOf(path);
      opened = code;
      const { view, mask, device, step } = address;
      store.set({ page: "program", view, mask, device });
      void session.open({ code, program: path, step: step ?? undefined });
    } catch (error) {
      say(error);
    }
  }

  /** @param {File} file */
  async function openFile(file) {
    try {
      if (file.size > MAX_FILE_BYTES) throw new Error(`${file.name} is larger than 2 MB, which is more than a program.`);
      const text = await file.text();
      const code = file.name.endsWith(".ipynb") ? sourceFromNotebook(text) : text.replaceAll("\r\n", "\n");
      store.set({ page: "program", view: "tensors", mask: { tokens: 0, row: -1 } });
      void session.open({ code, program: "" });
    } catch (error) {
      say(error);
    }
  }

  /** @param {unknown} error */
  function say(error) {
    store.set({ notice: error instanceof Error ? error.message : String(error) });
  }

  function follow() {
    clearTimeout(writing);
    if (!store.state.playing) writing = setTimeout(write, FOLLOW_AFTER_MILLISECONDS);
  }

  /** @returns {Promise<string>} */
  async function fragment() {
    const { code, program, run, step, device, pinned, view, mask, page, query, pair } = store.state;
    if (page === "catalogue") return fragmentFromAddress({ page, query });
    if (page === "compare") return fragmentFromAddress({ page, pair });
    if (program !== "" && code === opened && pinned === null) {
      const isFirst = run === null || step === firstTensorStep(run.steps);
      return fragmentFromAddress({ page, path: program, view, mask, step: isFirst ? null : step, device });
    }
    return fragmentFromState({ code, program, step, device, view, mask, selection: pinned && { step: pinned.step, name: pinned.name, index: pinned.index } });
  }

  /** @param {"pushState" | "replaceState"} [how] */
  async function write(how = "replaceState") {
    clearTimeout(writing);
    if (store.state.code === "" && store.state.page === "program") return;
    const wanted = await fragment();
    try {
      if (wanted !== location.hash && !(wanted === bare && location.hash === "")) history[how](null, "", wanted);
    } catch {
      // A sandboxed frame may not write its address; what it shows is as it was.
    }
    seen();
  }

  /** Remembers the address of the program on display. */
  function seen() {
    if (store.state.page === "program") programHash = location.hash;
  }
}

/** @param {string} path of a listed program @returns {Promise<string>} */
export async function sourceOf(path) {
  const response = await fetch(new URL(`programs/${path}`, document.baseURI));
  if (!response.ok) throw new Error(`The program ${path} could not be loaded (${response.status}).`);
  return await response.text();
}

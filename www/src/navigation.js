/**
 * Where the reader is, and the address that says so: going somewhere writes a new entry
 * into the browser's history, and what is turned there changes the entry it has.
 */
import { addressFromFragment, fragmentFromAddress } from "./address.js";
import { NotCome, assetUrl, fetchAsset } from "./assets.js";
import { kindOf, neighbour } from "./catalogue.js";
import { architectureOf, checkpointFromFiles, checkpointFromSite, isCheckpoint } from "./checkpoint.js";
import { change } from "./language.js";
import { fragmentFromState, stateFromFragment } from "./link.js";
import { isReadersOwn } from "./model-costs-choice.js";
import { modulesOf } from "./modules.js";
import { MAX_FILE_BYTES, sourceFromNotebook, withValues } from "./program.js";
import { texts } from "./texts.js";
import { firstTensorStep } from "./trace.js";

/** The program that lets a checkpoint write. */
const WRITER = "models/generate.py";
/** What it imports that opens the checkpoint, and is no part of the model. */
const PLUMBING = ["checkpoint", "scaling", "text"];
/** The architectures whose checkpoints come as .gguf files, which do not say which before they are read. */
const GGUF_ARCHITECTURES = ["llama", "qwen3", "gemma3_text"];
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
  /** The checkpoint on its way from its host. @type {AbortController | null} */
  let loading = null;
  /** What came of one that did not come whole: its folder, and the files by address. @type {{ folder: string, files: Map<string, Blob> }} */
  let come = { folder: "", files: new Map() };
  store.set({ fragment });

  return {
    /** Opens what the address asks for, and keeps it true from then on. */
    async start() {
      await openFromAddress();
      await session.whenIdle();
      if (location.hash === "") bare = await fragment();
      window.addEventListener("hashchange", openFromAddress);
      store.on(["code", "step", "device", "pinned", "view", "mask", "query", "pair", "costs", "trade"], follow);
    },
    openProgram: (/** @type {string} */ path) => go(() => openProgram(path)),
    /** A program, or all files of a checkpoint. @param {{ path: string, file: File }[]} files */
    openFiles: (files) => go(() => openFiles(files)),
    /** The checkpoint in a folder of this site. @param {string} address as seen from the folder of models @param {{ layer?: number, code?: string }} [link] the layer that is looked at, and the program that it is given */
    openModel: (address, link) => go(() => openModel(address, link)),
    /** Gives up the checkpoint that is being loaded. */
    stopLoading: () => loading?.abort(),
    toModels: () => go(() => store.set({ page: "models" })),
    /** What models cost: those chosen before, or those that the page begins with. */
    toCosts: () => go(() => store.set({ page: "costs" })),
    /** What each small model keeps, and what it loses for that. */
    toTrade: () => go(() => store.set({ page: "trade" })),
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
    /** The page anew in another language: what the reader wrote is in its address. @param {import("./language.js").Language} language */
    async speak(language) {
      await write();
      change(language);
    },
    /** The whole address of what is on display. */
    async link() {
      await write();
      return location.href;
    },
    /** Writes all that was typed into the address, and says whether it is there: a page that is loaded anew then has it. */
    async isInAddress() {
      if (store.state.page !== "program" && store.state.code !== opened) await go(() => store.set({ page: "program" }));
      await write();
      return location.hash === (await fragment()) || location.hash === "";
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
        store.set({ device: link.device });
        if (isWriter(link.program)) await openModel(link.model, link);
        else void session.open(link);
        store.set({ page: link.model === "" && isWriter(link.program) ? "models" : "program", view: link.view, mask: link.mask });
        return seen();
      }
    } catch (error) {
      say(error);
    }
    const address = addressFromFragment(location.hash);
    if (address.page === "catalogue") return store.set({ page: "catalogue", query: address.query });
    if (address.page === "models") return store.set({ page: "models" });
    if (address.page === "costs") return store.set({ page: "costs", costs: address.costs });
    if (address.page === "trade") return store.set({ page: "trade", trade: address.trade });
    if (address.page === "compare") return store.set({ page: "compare", pair: address.pair });
    if (isWriter(address.path)) {
      store.set({ device: address.device });
      await openModel(address.model, { step: address.step ?? undefined, layer: address.layer });
      if (store.state.checkpoint) store.set({ view: address.view, mask: address.mask });
      return seen();
    }
    const { programs } = store.state;
    const wanted = programs.find(({ path }) => path === address.path) ?? programs[0];
    if (wanted) await openProgram(wanted.path, address);
    seen();
  }

  /** @param {string} path @param {Extract<import("./address.js").Address, { page: "program" }>} [address] what else it asks for */
  async function openProgram(path, address = { page: "program", path, view: "tensors", mask: { tokens: 0, row: -1 }, step: null, device: store.state.device, model: "", layer: null }) {
    if (!store.state.programs.some((program) => program.path === path)) return;
    try {
      const code = await sourceOf(path);
      opened = code;
      const { view, mask, device, step } = address;
      store.set({ device });
      void session.open({ code, program: path, step: step ?? undefined });
      store.set({ page: "program", view, mask, missing: null });
    } catch (error) {
      say(error, () => go(() => openProgram(path, address)));
    }
  }

  /** @param {{ path: string, file: File }[]} files */
  async function openFiles(files) {
    if (files.length === 0) return;
    if (!isCheckpoint(files.map(({ path }) => path))) return await openFile(files[0].file);
    try {
      await openCheckpoint(checkpointFromFiles(files));
    } catch (error) {
      store.set({ page: "models" });
      say(error, () => go(() => openFiles(files)));
    }
  }

  /** @param {string} address @param {{ code?: string, step?: number, selection?: import("./link.js").Link["selection"], layer?: number | null }} [link] */
  async function openModel(address, link) {
    store.set({ page: "models" });
    if (address === "") return link?.code ? say(texts.navigation.makersModel) : undefined;
    if (store.state.models.some(({ path, weights }) => path === address && weights === false)) return say(texts.navigation.noWeights);
    loading?.abort();
    const mine = new AbortController();
    loading = mine;
    store.set({ loading: { loaded: 0, total: 0 }, notice: "", missing: null });
    try {
      const folder = new URL(`${address.replace(/\/*$/, "")}/`, assetUrl("models/"));
      if (come.folder !== folder.href) come = { folder: folder.href, files: new Map() };
      const checkpoint = await checkpointFromSite(folder, { come: come.files, signal: mine.signal, onProgress: (loaded, total) => store.set({ loading: { loaded, total } }) });
      if (loading !== mine) return;
      await openCheckpoint({ ...checkpoint, address }, link);
      come = { folder: "", files: new Map() };
    } catch (error) {
      if (!mine.signal.aborted) say(error, () => go(() => openModel(address, link)));
    } finally {
      if (loading === mine) {
        loading = null;
        store.set({ loading: null });
      }
    }
  }

  /** Opens the program that lets a checkpoint write. @param {import("./checkpoint.js").Checkpoint} checkpoint @param {Parameters<typeof openModel>[1]} [link] */
  async function openCheckpoint(checkpoint, link = {}) {
    const { modules: available, programs } = store.state;
    const architecture = await architectureOf(checkpoint);
    const described = programs.filter((entry) => kindOf(entry) === "model").map(({ path }) => path.replace(/^models\/|\.py$/g, ""));
    if (architecture !== "" && !described.includes(architecture)) throw new Error(texts.navigation.noProgram(architecture, described.join(", ")));
    const listed = await sourceOf(WRITER);
    const modules = await modulesOf([listed], available, (name) => sourceOf(`models/${name}.py`), architecture ? [architecture] : GGUF_ARCHITECTURES);
    // A checkpoint without a tokenizer reads the numbers of tokens.
    const isText = Object.keys(checkpoint.files).some((name) => name === "tokenizer.json" || name.endsWith(".gguf"));
    opened = isText ? listed : withValues(listed, { prompt: "1 2 3 4 5" });
    void session.open({ code: link.code ?? opened, program: WRITER, given: { files: checkpoint.files, modules, untraced: PLUMBING, arguments: [] }, checkpoint, step: link.step, selection: link.selection });
    // A view that the program before did not have is there as soon as that one's run is gone.
    store.set({ page: "program", view: "layers", layer: link.layer ?? null, mask: { tokens: 0, row: -1 }, missing: null });
  }

  /** @param {File} file */
  async function openFile(file) {
    try {
      if (file.size > MAX_FILE_BYTES) throw new Error(texts.navigation.tooLarge(file.name));
      const text = await file.text();
      const code = file.name.endsWith(".ipynb") ? sourceFromNotebook(text) : text.replaceAll("\r\n", "\n");
      store.set({ page: "program", view: "tensors", mask: { tokens: 0, row: -1 } });
      void session.open({ code, program: "" });
    } catch (error) {
      say(error);
    }
  }

  /** @param {unknown} error @param {() => unknown} [again] what is tried again where something did not come */
  function say(error, again) {
    if (again && error instanceof NotCome) return store.set({ missing: { text: texts.missing.kept(error.message), again } });
    store.set({ notice: error instanceof Error ? error.message : String(error) });
  }

  function follow() {
    clearTimeout(writing);
    if (!store.state.playing) writing = setTimeout(write, FOLLOW_AFTER_MILLISECONDS);
  }

  /** @returns {Promise<string>} */
  async function fragment() {
    const { code, program, checkpoint, run, step, device, pinned, view, mask, page, query, pair, costs, trade, layer } = store.state;
    const model = checkpoint?.address ?? "";
    if (page === "models") return fragmentFromAddress({ page });
    if (page === "costs") return fragmentFromAddress({ page, costs: { ...costs, models: costs.models.filter((model) => !isReadersOwn(model)) } });
    if (page === "trade") return fragmentFromAddress({ page, trade });
    if (page === "catalogue") return fragmentFromAddress({ page, query });
    if (page === "compare") return fragmentFromAddress({ page, pair });
    if (program !== "" && code === opened && pinned === null) {
      const isFirst = run === null || step === firstTensorStep(run.steps);
      return fragmentFromAddress({ page, path: program, view, mask, step: isFirst ? null : step, device, model, layer: model === "" ? null : layer });
    }
    return fragmentFromState({ code, program, model, step, device, view, mask, selection: pinned && { step: pinned.step, name: pinned.name, index: pinned.index } });
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

/** @param {string} path */
function isWriter(path) {
  return path === WRITER;
}

/** @param {string} path of a listed program @returns {Promise<string>} */
export async function sourceOf(path) {
  const response = await fetchAsset(`programs/${path}`).catch(() => {
    throw new NotCome(texts.navigation.unreachable(path));
  });
  if (!response.ok) throw new Error(texts.navigation.loadFailed(path, response.status));
  return await response.text();
}

/**
 * The page's one state object. Views read it and are told which of its keys changed;
 * only `session.js` and the editor write it.
 */
import { FIRST } from "./model-costs-choice.js";

/** @typedef {import("./engine/engine").Name} Name */
/** @typedef {import("./engine/engine").Step} Step */
/** @typedef {import("./engine/engine").Values} Values */
/** @typedef {import("./engine/engine").Provenance} Provenance */
/** @typedef {import("./engine/engine").ProgramError} ProgramError */
/** @typedef {Required<Pick<import("./engine/engine").RunOptions, "files" | "modules" | "untraced" | "arguments">>} Given what a program reads and imports */
/** @typedef {import("./engine/engine").Run & { code: string, modules: Given["modules"], isPreview?: boolean }} Run a run, with the code that it ran; a preview is one on the CPU that the GPU's follows */
/** @typedef {{ id: number, index: number[], step: number, name: string }} Cell a cell of a tensor, where a step bound it */
/** @typedef {{ title: string, summary: string }} Chapter */
/** @typedef {{ path: string, group: string, title: string, sentence: string, labels: import("./program.js").Outline["labels"], hasMask: boolean }} ProgramEntry a listed program; `group` is its chapter's title */
/** @typedef {{ path: string, title: string, mechanism: string, architecture: string, task: string, parameters: number, bytes: number, loss_per_character?: number, recall?: import("./trade.js").Recall[], note?: string, weights?: false }} ModelEntry a checkpoint of this site, without its weights where a file had no room for them; `mechanism` is the stem of its program, and the loss is in nats */
/** @typedef {{ a: string, b: string, values: Record<string, number | boolean | string> }} Pair two listed programs that are compared, and what was turned in them */
/** @typedef {{ models: string[], what: import("./model-costs-choice.js").What, context: number, dtype: (typeof import("./model-costs-choice.js").DTYPES)[number] }} Costs which configurations of models are compared, in what, with how many tokens */

/**
 * @typedef {object} State
 * @property {string} code what the editor holds
 * @property {string} program path of the listed program the code began as, "" if none
 * @property {Given} given what it may read and import
 * @property {import("./checkpoint.js").Checkpoint | null} checkpoint the model that the program is given, if it is one that runs a model
 * @property {{ loaded: number, total: number } | null} loading how far a checkpoint has come from its host
 * @property {ProgramEntry[]} programs in the order of the story
 * @property {Chapter[]} chapters
 * @property {string[]} modules the names of the modules that programs about models import
 * @property {ModelEntry[]} models the checkpoints of this site
 * @property {"program" | "catalogue" | "compare" | "models" | "costs" | "trade"} page what the page shows
 * @property {"tensors" | "keys" | "tokens" | "layers"} view of the program: every line's tensors, which keys a query sees, token by token, the layers of a model
 * @property {string} query what the catalogue is searched for
 * @property {Pair} pair
 * @property {Costs} costs
 * @property {Record<string, string>} trade what is chosen on the page of the trade; what it does not name is as the page begins
 * @property {number | null} layer the layer of a model that a link asks for
 * @property {{ tokens: number, row: number }} mask the length that `visible_keys` is asked for, 0 for that of the program's own text, and the query that is looked at
 * @property {number[] | null} stops the steps at which stepping stops; null for every step
 * @property {"auto" | "webgpu" | "cpu"} device what the reader asked for
 * @property {string} runningOn the device in use, "" before the engine is up
 * @property {string} deviceReason why WebGPU is not in use, or ""
 * @property {string} adapter
 * @property {number} threads how many compute on the CPU
 * @property {"starting" | "idle" | "running" | "stopping"} engine
 * @property {number} stepsSoFar of the program now running
 * @property {number} bytesRead of its files, by the program now running
 * @property {Run | null} run the run on display: the last good one
 * @property {boolean} stale whether the code has changed or failed since that run
 * @property {ProgramError | null} error of the newest run
 * @property {string} output what the newest run printed
 * @property {number} step index of the current step
 * @property {boolean} playing
 * @property {number} speed steps a second
 * @property {Cell | null} pointed the cell under the pointer or the keyboard
 * @property {Cell | null} pinned the cell that stays selected
 * @property {{ cell: Cell, value: number | bigint, origin: Provenance | null, note: string } | null} provenance of the pointed cell, else of the pinned one
 * @property {{ text: string, state: "none" | "busy" | "done" }} comparison
 * @property {() => Promise<string>} fragment what an address has behind its path that opens what is on display; "" where no address can
 * @property {string} notice one sentence for the reader, also spoken
 * @property {{ text: string, again: () => unknown } | null} missing what did not come from its host, in a sentence, and what asks for it again
 */

/** @returns {State} */
export function initialState() {
  return {
    code: "",
    program: "",
    given: { files: {}, modules: {}, untraced: [], arguments: [] },
    programs: [],
    chapters: [],
    modules: [],
    models: [],
    checkpoint: null,
    loading: null,
    page: "program",
    view: "tensors",
    query: "",
    pair: { a: "", b: "", values: {} },
    costs: FIRST,
    trade: {},
    layer: null,
    mask: { tokens: 0, row: -1 },
    stops: null,
    device: "auto",
    runningOn: "",
    deviceReason: "",
    adapter: "",
    threads: 1,
    engine: "starting",
    stepsSoFar: 0,
    bytesRead: 0,
    run: null,
    stale: false,
    error: null,
    output: "",
    step: 0,
    playing: false,
    speed: 2,
    pointed: null,
    pinned: null,
    provenance: null,
    comparison: { text: "", state: "none" },
    fragment: async () => "",
    notice: "",
    missing: null,
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

/** @param {State} initial */
export function createStore(initial) {
  const state = { ...initial };
  /** @type {{ keys: Set<keyof State>, listener: (state: State) => void }[]} */
  const listeners = [];
  return {
    /** @returns {Readonly<State>} */
    get state() {
      return state;
    },
    /** @param {Partial<State>} patch */
    set(patch) {
      const changed = /** @type {(keyof State)[]} */ (Object.keys(patch)).filter((key) => !Object.is(state[key], patch[key]));
      if (changed.length === 0) return;
      Object.assign(state, patch);
      for (const { keys, listener } of listeners) if (changed.some((key) => keys.has(key))) listener(state);
    },
    /** Calls the listener now and whenever one of the keys changes. @param {(keyof State)[]} keys @param {(state: State) => void} listener */
    on(keys, listener) {
      listeners.push({ keys: new Set(keys), listener });
      listener(state);
    },
  };
}

/**
 * Measures the models of the trade in an engine beside the reader's: `programs/models/measure.py` runs a model's own
 * program and prints a line for everything it found. One model at a time, so that each has the device for itself.
 * What was measured is kept; what is stopped leaves what it found by then.
 */
import { rowsFromOutput } from "./model-costs.js";
import { texts } from "./texts-later.js";

/** Of one model; the slowest takes about a minute for all windows of text on a slow machine. */
const SECONDS = 900;
const PROGRAM = "import measure\n\nmeasure.main()\n";

/** @typedef {import("./trade.js").Figures} Figures */
/** @typedef {{ path: string, parts: string[] }} Job a model's folder, and what is to be measured of it */
/** @typedef {{ path: string, doing: string, done: number, of: number, finished: number, jobs: number }} Progress */
/** @typedef {{ modules: (path: string) => Promise<Record<string, string>>, config: (path: string) => Promise<Blob>, files: (path: string, signal: AbortSignal, onProgress: (loaded: number, total: number) => void) => Promise<Record<string, Blob>>, shared: (name: string) => Promise<Blob> }} Sources where a model's files come from, by its folder: the modules that run it, its configuration, its checkpoint, and what all models are measured on */
/** @typedef {ReturnType<typeof createTradeMeasures>} TradeMeasures */

/** What losses are measured on; the questions of recall are drawn by their program. */
const HELD_OUT = "held-out.json";

/**
 * @param {import("./side-engine.js").SideEngine} side
 * @param {Sources} sources
 * @param {() => void} changed called when something was measured
 * @param {() => void} progressed called when measuring begins, gets on or ends
 */
export function createTradeMeasures(side, sources, changed, progressed) {
  /** @type {Map<string, Figures>} */
  const known = new Map();
  /** Why a model could not be measured. @type {Map<string, string>} */
  const problems = new Map();
  /** @type {AbortController | null} */
  let controller = null;
  /** @type {Progress | null} */
  let progress = null;

  return {
    /** Measures one model after the other; what was under way is stopped. @param {Job[]} jobs @returns {Promise<boolean>} whether all were done */
    async measure(jobs) {
      controller?.abort();
      const mine = new AbortController();
      controller = mine;
      for (const [finished, { path, parts }] of jobs.entries()) {
        problems.delete(path);
        const say = (/** @type {string} */ doing, /** @type {number} */ done, /** @type {number} */ of) => {
          if (controller !== mine) return;
          progress = { path, doing, done, of, finished, jobs: jobs.length };
          progressed();
        };
        say("", 0, 0);
        try {
          await run(path, parts, say, mine.signal);
        } catch (error) {
          if (mine.signal.aborted) break;
          problems.set(path, error instanceof Error ? error.message : String(error));
          changed();
        }
      }
      if (controller !== mine) return false;
      const isDone = !mine.signal.aborted;
      controller = null;
      progress = null;
      progressed();
      return isDone;
    },
    stop: () => controller?.abort(),
    /** @param {string} path @returns {Figures} */
    of: (path) => known.get(path) ?? {},
    /** @param {string} path */
    problem: (path) => problems.get(path) ?? "",
    /** What is under way; null where nothing is. */
    progress: () => progress,
  };

  /** @param {string} path @param {string[]} parts @param {(doing: string, done: number, of: number) => void} say @param {AbortSignal} signal */
  async function run(path, parts, say, signal) {
    const needsWeights = parts.some((part) => part !== "shapes");
    const modules = await sources.modules(path);
    const own = needsWeights ? await sources.files(path, signal, (loaded, total) => say("fetching", loaded, total)) : { "config.json": await sources.config(path) };
    /** @type {Record<string, Blob>} */
    const files = Object.fromEntries(Object.entries(own).map(([name, blob]) => [`${path}/${name}`, blob]));
    if (parts.some((part) => part.startsWith("loss:"))) files[HELD_OUT] = await sources.shared(HELD_OUT);
    if (parts.includes("recall")) known.set(path, { ...known.get(path), recall: [] });
    let text = "";
    const onOutput = (/** @type {string} */ more) => {
      if (signal.aborted) return;
      const { rows, rest } = rowsFromOutput(text + more);
      text = rest;
      for (const row of rows) keep(path, row, say);
    };
    const options = { files, modules, untraced: Object.keys(modules), arguments: [path, ...parts], limits: { seconds: SECONDS }, onOutput };
    const answer = await side.use((runCode) => runCode(PROGRAM, options), signal);
    if (!answer.ok) throw new Error(answer.error ? `${answer.error.type === "SystemExit" ? "" : `${answer.error.type}: `}${answer.error.message}` : texts.tradeMeasures.failed);
  }

  /** @param {string} path @param {any} row a line of measure.py @param {(doing: string, done: number, of: number) => void} say */
  function keep(path, row, say) {
    if ("answered" in row) say("recall", row.answered, row.of);
    else if ("task" in row) patch(path, { recall: [...(known.get(path)?.recall ?? []), row] });
    else if ("loss" in row) {
      say("loss", row.windows, row.of);
      if (row.windows === row.of) patch(path, { loss: row });
    } else patch(path, row);
  }

  /** @param {string} path @param {Figures} figures */
  function patch(path, figures) {
    known.set(path, { ...known.get(path), ...figures });
    changed();
  }
}

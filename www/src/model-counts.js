/**
 * Counts what models cost, in the engines beside the reader's: `programs/costs.py` runs an
 * architecture's program on shapes alone and prints a line for every context. What was
 * counted is kept, and what nobody wants any more is stopped.
 */
import { MOST_TOKENS } from "./model-costs-choice.js";
import { rowsFromOutput } from "./model-costs.js";
import { texts } from "./texts-later.js";

/** Counting DeepSeek V4 at every context takes minutes on a slow machine. */
const SECONDS = 600;
const PROGRAM = "import costs\n\ncosts.main()\n";
/** What FLOPs and parameters are counted in, which no dtype changes. */
const ANY_DTYPE = ["bf16"];

/** @typedef {import("./model-costs.js").Counts} Counts */
/** @typedef {import("./model-costs.js").Quantity} Quantity */
/** @typedef {{ file: Blob, modules: Record<string, string> }} Source a configuration, and the modules that count it */
/** @typedef {{ quantity: Quantity, missing: number[], controller: AbortController }} Job */
/** @typedef {ReturnType<typeof createModelCounts>} ModelCounts */

/**
 * @param {import("./side-engine.js").SideEngine[]} sides
 * @param {(config: string) => Promise<Source>} sourceOf
 * @param {readonly string[]} dtypes
 * @param {() => void} changed called when something was counted, began or ended
 */
export function createModelCounts(sides, sourceOf, dtypes, changed) {
  /** What is counted of each model at each context; "" holds what no dtype changes. @type {Map<string, Map<number, Record<string, Counts>>>} */
  const known = new Map();
  /** @type {Map<string, Job>} */
  const jobs = new Map();
  /** Why a model could not be counted. @type {Map<string, string>} */
  const problems = new Map();
  /** The sides that count nothing now. */
  const free = [...sides];
  /** @type {{ configs: string[], quantity: Quantity, contexts: number[] } | null} */
  let wanted = null;

  return {
    /** Counts from now on what is wanted, the models in this order; what else is being counted is stopped. @param {string[]} configs @param {Quantity} quantity @param {number[]} contexts */
    want(configs, quantity, contexts) {
      wanted = { configs, quantity, contexts };
      for (const [config, job] of jobs) if (!configs.includes(config) || job.quantity !== quantity) job.controller.abort();
      pump();
    },
    /** Gives up what is being counted; `want` begins again. */
    stop() {
      wanted = null;
      problems.clear();
      for (const job of jobs.values()) job.controller.abort();
    },
    /** @param {string} config @param {number} context @param {string} dtype @returns {Counts | undefined} */
    at(config, context, dtype) {
      const row = known.get(config)?.get(context);
      return row && { ...row[""], ...row[dtype] };
    },
    /** Whether the model has no positions for so many tokens. @param {string} config @param {number} context */
    isBeyond: (config, context) => known.get(config)?.get(context)?.beyond !== undefined,
    /** @param {string} config */
    isCounting: (config) => jobs.has(config),
    /** @param {string} config */
    problem: (config) => problems.get(config) ?? "",
    /** How many of the counts that are wanted are there. */
    progress() {
      const { configs, quantity, contexts } = wanted ?? { configs: [], quantity: null, contexts: [] };
      const total = configs.length * contexts.length;
      const left = quantity ? configs.reduce((sum, config) => sum + (problems.has(config) ? 0 : missing(config, quantity, contexts).length), 0) : 0;
      return { done: total - left, total };
    },
  };

  /** @param {string} config @param {Quantity} quantity @param {number[]} contexts */
  function missing(config, quantity, contexts) {
    const rows = known.get(config);
    return contexts.filter((context) => {
      const row = rows?.get(context);
      if (!row) return true;
      const names = row.beyond ? [] : quantity.counts;
      return !names.every((name) => (isOfDtype(name) ? dtypes.every((dtype) => name in (row[dtype] ?? {})) : name in (row[""] ?? {})));
    });
  }

  /** Gives every free side something to count. */
  function pump() {
    for (const config of wanted?.configs ?? []) {
      if (!wanted || free.length === 0) break;
      const left = missing(config, wanted.quantity, wanted.contexts);
      if (left.length === 0 || jobs.has(config) || problems.has(config)) continue;
      void count(config, wanted.quantity, left);
    }
    changed();
  }

  /** @param {string} config @param {Quantity} quantity @param {number[]} contexts */
  async function count(config, quantity, contexts) {
    const side = /** @type {import("./side-engine.js").SideEngine} */ (free.pop());
    const controller = new AbortController();
    jobs.set(config, { quantity, missing: contexts, controller });
    const { signal } = controller;
    try {
      const { file, modules } = await sourceOf(config);
      const words = ["config.json", contexts.join(), (quantity.counts.some(isOfDtype) ? dtypes : ANY_DTYPE).join(), quantity.counts.join()];
      let text = "";
      const onOutput = (/** @type {string} */ more) => {
        if (signal.aborted) return;
        const { rows, rest } = rowsFromOutput(text + more);
        text = rest;
        for (const row of rows) keep(config, row);
        if (rows.length > 0) changed();
      };
      const run = await side.use((runCode) => runCode(PROGRAM, { files: { "config.json": file }, modules, untraced: Object.keys(modules), arguments: words, limits: { seconds: SECONDS }, onOutput }), signal);
      if (!run.ok) throw new Error(sentenceOf(run.error));
      // What the program left out, the model has no positions for.
      for (const context of missing(config, quantity, contexts)) rowOf(config, context).beyond = {};
    } catch (error) {
      if (!signal.aborted) problems.set(config, error instanceof Error ? error.message : String(error));
    } finally {
      if (jobs.get(config)?.controller === controller) jobs.delete(config);
      free.push(side);
      pump();
    }
  }

  /** @param {string} config @param {Counts & { dtype: string }} row */
  function keep(config, { context, dtype, ...counts }) {
    if (!(context >= 1 && context <= MOST_TOKENS)) return;
    const row = rowOf(config, context);
    for (const [name, value] of Object.entries(counts)) {
      const key = isOfDtype(name) ? dtype : "";
      row[key] = { ...row[key], [name]: value };
    }
  }

  /** @param {string} config @param {number} context */
  function rowOf(config, context) {
    const rows = known.get(config) ?? new Map();
    known.set(config, rows);
    const row = rows.get(context) ?? {};
    rows.set(context, row);
    return row;
  }
}

/** Why a configuration could not be counted. @param {import("./engine/engine").ProgramError | null} error */
function sentenceOf(error) {
  if (!error) return texts.modelCounts.failed;
  if (error.type === "KeyError") return texts.modelCounts.missing(error.message.replace(/^'|'$/g, ""));
  return error.type === "SystemExit" ? error.message.replace(/^config\.json: /, "") : `${error.type}: ${error.message}`;
}

/** @param {string} name of a count */
function isOfDtype(name) {
  return name.includes("bytes");
}

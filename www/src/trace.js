/** Questions about a trace: which step is this line's, which labels fit this tensor. Pure functions. */
import { texts } from "./texts.js";

/** @typedef {import("./state.js").Step} Step */
/** @typedef {import("./state.js").Name} Name */

/** What a step's file is called that is the program itself; another is a module that the program imports. */
export const PROGRAM = "program.py";

/** Whether a step or an error is of the program itself. @param {{ file: string | null }} place */
export function isOwn({ file }) {
  return file === PROGRAM;
}

/** The text that a step's file had in this run. @param {import("./state.js").Run} run @param {string} file */
export function sourceText(run, file) {
  return file === PROGRAM ? run.code : (run.modules[file.replace(/\.py$/, "")] ?? "");
}

/**
 * The step of `next` that stands where `previous` stood: same line, function, call and
 * iteration; else the nearest step of that line; else the same count of steps in.
 * @param {Step[]} next
 * @param {Step[]} previous
 * @param {number} index into `previous`
 * @param {(line: number) => number} [mapLine] where a line of the previous code is now
 */
export function samePlace(next, previous, index, mapLine = (line) => line) {
  const here = previous[index];
  if (!here) return Math.max(0, Math.min(index, next.length - 1));
  const line = isOwn(here) ? mapLine(here.line) : here.line;
  const loops = here.loops.map(({ iteration }) => iteration).join();
  const exact = next.findIndex(
    (step) => step.line === line && step.file === here.file && step.function === here.function && step.call === here.call && step.loops.map(({ iteration }) => iteration).join() === loops,
  );
  return exact >= 0 ? exact : (nearestStepOfLine(next, line, index, here.file) ?? Math.max(0, Math.min(index, next.length - 1)));
}

/** The step of a line that is nearest to a step; null when the line did not run. @param {Step[]} steps @param {number} line @param {number} from @param {string} [file] @returns {number | null} */
export function nearestStepOfLine(steps, line, from, file = PROGRAM) {
  let best = null;
  for (let index = 0; index < steps.length; index += 1) {
    if (steps[index].line === line && steps[index].file === file && (best === null || Math.abs(index - from) < Math.abs(best - from))) best = index;
  }
  return best;
}

/** The next step at or below a line, as a debugger's "run to cursor" finds it: onwards first, then from the start. @param {Step[]} steps @param {number} line @param {number} from @returns {number | null} */
export function stepAtCursor(steps, line, from) {
  for (const wanted of nearbyLines(steps, line)) {
    const onwards = steps.findIndex((step, index) => index > from && step.line === wanted && isOwn(step));
    if (onwards >= 0) return onwards;
    const first = steps.findIndex((step) => step.line === wanted && isOwn(step));
    if (first >= 0) return first;
  }
  return null;
}

/** Where a first visit begins: the first step that bound a tensor. @param {Step[]} steps */
export function firstTensorStep(steps) {
  return Math.max(0, steps.findIndex((step) => step.names.some((name) => name.kind === "tensor")));
}

/** "iteration 2 of line 9 · call 3 of forward", or "". @param {Step} step */
export function placeText(step) {
  const parts = step.loops.map(({ line, iteration }) => texts.trace.iteration(iteration, line));
  if (step.depth > 0 && step.function) parts.unshift(texts.trace.call(step.call, step.function));
  if (!isOwn(step)) parts.push(step.file);
  return parts.join(" · ");
}

/**
 * Labels for the axes of a tensor: a list of strings that the program holds by then and
 * that is as long as the axis; `words` and `tokens` before others. Parameters keep their
 * indices, since their axes are not tokens, and so do columns that are as many as a width
 * that the program names, but for what is known to be of tokens by tokens.
 * @param {Step[]} steps
 * @param {number} index of the step that bound the tensor
 * @param {Name} tensor
 * @returns {(string[] | null)[]} one entry per axis
 */
export function axisLabels(steps, index, tensor) {
  if (/^W_|weight|bias$|^(cos|sin)$/i.test(tensor.name) && !/attn|attention|scores|^weights$/i.test(tensor.name)) return tensor.shape.map(() => null);
  const lists = wordLists(steps).filter((list) => list.index <= index);
  const labelsOf = (/** @type {number} */ size) => lists.find(({ strings }) => strings.length === size)?.strings ?? null;
  const last = tensor.shape.length - 1;
  const mayBeWidth = last > 0 && !/score|attn|attention|weight|mask|share|prob/i.test(tensor.name) && namedWidths(steps).has(tensor.shape[last]);
  // Only the last two axes are drawn as rows and columns; axes before them are small multiples.
  return tensor.shape.map((size, axis) => (axis < last - 1 || (axis === last && mayBeWidth) ? null : labelsOf(size)));
}

/** The words of the program's own text: its first list of words or tokens; null when it has none. @param {Step[]} steps @returns {string[] | null} */
export function ownWords(steps) {
  return wordLists(steps).find(({ name }) => /word|token/i.test(name))?.strings ?? null;
}

/** The whole numbers that lines of the program itself bind to a name, in order. @param {Step[]} steps @param {string} wanted @returns {number[]} */
export function numbersNamed(steps, wanted) {
  return steps.flatMap(({ depth, names }) => (depth > 0 ? [] : names.filter(({ name, text }) => name === wanted && /^\d+$/.test(text)).map(({ text }) => Number(text))));
}

/** The numbers of heads that the program names. @type {(steps: Step[]) => Set<number>} */
export const headCounts = numbersCalled(/heads$|n_head$|^[HG]$/i);
/** The widths that it names. */
const namedWidths = numbersCalled(/width|dim$|^dim_|d_model|d_k|d_v|d_out|d_in|n_embd|hidden_size|^[DM]$/i);

/** Finds the whole numbers that a trace binds to names of a kind, once for each trace. @param {RegExp} kindOfName @returns {(steps: Step[]) => Set<number>} */
function numbersCalled(kindOfName) {
  /** @type {WeakMap<Step[], Set<number>>} */
  const known = new WeakMap();
  return (steps) => {
    let numbers = known.get(steps);
    if (!numbers) {
      const names = steps.flatMap((step) => step.names.filter(({ name, kind, text }) => kind === "value" && kindOfName.test(name) && /^\d+$/.test(text)));
      known.set(steps, (numbers = new Set(names.map(({ text }) => Number(text)))));
    }
    return numbers;
  };
}

/** @typedef {{ strings: string[], name: string, index: number }} WordList */
/** @type {WeakMap<Step[], WordList[]>} */
const wordListsOfTrace = new WeakMap();

/** Lists of two or more strings, those of words and tokens first. @param {Step[]} steps @returns {WordList[]} */
function wordLists(steps) {
  let lists = wordListsOfTrace.get(steps);
  if (!lists) {
    lists = [];
    for (const [index, step] of steps.entries()) {
      // What a loop builds up is a result, and a vocabulary is in an order of its own: neither names an axis.
      if (step.loops.length > 0) continue;
      for (const { name, kind, text } of step.names) {
        const strings = kind === "value" && !/vocab/i.test(name) ? stringsFromText(text) : null;
        if (strings !== null && strings.length > 1) lists.push({ strings, name, index });
      }
    }
    const isOther = (/** @type {WordList} */ { name }) => Number(!/word|token/i.test(name));
    lists.sort((a, b) => isOther(a) - isOther(b));
    wordListsOfTrace.set(steps, lists);
  }
  return lists;
}

/** The string that `repr` wrote; null for anything else. @param {string | undefined} text */
export function stringFromText(text) {
  const strings = text && /^['"]/.test(text) ? stringsFromText(`[${text}]`) : null;
  return strings?.length === 1 ? strings[0] : null;
}

/** The strings of a Python list of strings as `repr` writes it; null for anything else. @param {string} text @returns {string[] | null} */
export function stringsFromText(text) {
  if (!/^[[(]\s*['"]/.test(text) || text.length > 20_000) return null;
  const inner = text.slice(1, -1);
  const item = /\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")\s*(,|$)/y;
  const strings = [];
  while (item.lastIndex < inner.length) {
    const match = item.exec(inner);
    if (!match) return null;
    strings.push((match[1] ?? match[2]).replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character)));
  }
  return strings;
}

/** The line itself, then the next line below that ran, then the last one above. @param {Step[]} steps @param {number} line */
function nearbyLines(steps, line) {
  const lines = [...new Set(steps.filter(isOwn).map((step) => step.line))].sort((a, b) => a - b);
  const below = lines.find((other) => other >= line);
  const above = lines.findLast((other) => other < line);
  return [below, above].filter((other) => other !== undefined);
}

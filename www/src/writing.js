/** What a program that lets a model write says of its text: the tokens, and what could have come instead. Pure functions over a trace. */

import { endOfWriting, turnsOf } from "./layers.js";
import { stringFromText, stringsFromText } from "./trace.js";

/** @typedef {import("./state.js").Step} Step */
/** @typedef {import("./state.js").Name} Name */

/**
 * @typedef {object} Prediction what was expected after a token
 * @property {string[]} candidates the likeliest tokens
 * @property {Name | null} likeliest their numbers
 * @property {Name | null} chances their probabilities
 * @property {Name | null} probabilities those of all tokens
 * @property {string | null} token the one that was drawn
 * @property {Name | null} drawn its number
 */

/**
 * @typedef {object} Writing
 * @property {string[]} tokens those of the prompt and those that were written, as far as the trace goes
 * @property {(number | null)[]} chances how likely each of them was when it was written; null for the prompt's
 * @property {number} prompt how many of them the prompt has
 * @property {(Prediction & { earlyTokens: string[], earlyChances: Name | null })[]} next of each pass
 * @property {string} scaled which parts of the model are scaled, as the program says it
 * @property {(Prediction | null)[]} whole of each pass, what the model as it was expects there; null where nothing is scaled, and where the trace had no room
 */

/** @type {WeakMap<Step[], Writing | null>} */
const known = new WeakMap();

/** What is written in the passes of a run; null where the program does not name its tokens. @param {{ steps: Step[] }} run @returns {Writing | null} */
export function writingOf({ steps }) {
  let writing = known.get(steps);
  if (writing === undefined) known.set(steps, (writing = findWriting(steps)));
  return writing;
}

/** A token as a reader sees it: vocabularies write spaces and line ends with letters of their own. @param {string} token */
export function shownToken(token) {
  return token.replaceAll(/[Ġ▁ ]/g, "·").replaceAll(/[Ċ\n]/g, "⏎");
}

/** @param {Step[]} steps @returns {Writing | null} */
function findWriting(steps) {
  const turns = turnsOf({ steps });
  if (turns.length === 0) return null;
  const end = endOfWriting(steps);
  const before = ownNames(steps, 0, turns[0].from);
  const prompt = stringsFromText(before.get("tokens")?.text ?? "");
  if (!prompt) return null;
  const tokens = [...prompt];
  /** @type {Writing["chances"]} */
  const chances = prompt.map(() => null);
  const next = turns.map(({ to }, at) => {
    const names = ownNames(steps, to, turns[at + 1]?.from ?? end);
    const prediction = predictionOf(names, "");
    if (prediction.token !== null) {
      tokens.push(prediction.token);
      const chance = Number.parseFloat(names.get("chance")?.text ?? "");
      chances.push(Number.isNaN(chance) ? null : chance);
    }
    return { ...prediction, earlyTokens: stringsFromText(names.get("early_tokens")?.text ?? "") ?? [], earlyChances: names.get("early_chances") ?? null };
  });
  return { tokens, chances, prompt: prompt.length, next, scaled: (stringFromText(before.get("scaled")?.text) ?? "").trim(), whole: wholeOf(steps, end, turns.length) };
}

/** @param {Step[]} steps @param {number} from @param {number} count of passes */
function wholeOf(steps, from, count) {
  const starts = steps.flatMap(({ depth, names }, at) => (at >= from && depth === 0 && names.some(({ name }) => name === "probabilities_whole") ? [at] : []));
  return Array.from({ length: count }, (_, turn) => {
    if (starts[turn] === undefined) return null;
    const prediction = predictionOf(ownNames(steps, starts[turn], starts[turn + 1] ?? steps.length), "_whole");
    return prediction.candidates.length > 0 ? prediction : null;
  });
}

/** @param {Map<string, Name>} names @param {string} suffix @returns {Prediction} */
function predictionOf(names, suffix) {
  const get = (/** @type {string} */ name) => names.get(name + suffix) ?? null;
  return {
    candidates: stringsFromText(get("candidates")?.text ?? "") ?? [],
    likeliest: get("likeliest"),
    chances: get("chances"),
    probabilities: get("probabilities"),
    token: stringFromText(get("token")?.text),
    drawn: get("new"),
  };
}

/** What the program itself bound in some steps, the last of each name. @param {Step[]} steps @param {number} from @param {number} to @returns {Map<string, Name>} */
function ownNames(steps, from, to) {
  return new Map(steps.slice(from, to).flatMap(({ depth, names }) => (depth > 0 ? [] : names.map((name) => /** @type {const} */ ([name.name, name])))));
}

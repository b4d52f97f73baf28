/** What happens to a cache, in sentences. Pure functions. */
import { rangesText } from "./mask.js";
import { texts } from "./texts-later.js";

/** @typedef {import("./decode.js").Part} Part */

/** What happened to the cache at a position, in sentences. @param {Part[]} parts @param {string} token how the position is called @param {(position: number) => string} nameOf how another position is called */
export function cacheSentences(parts, token, nameOf) {
  const t = texts.cacheSentences;
  const entered = parts.filter((part) => part.entered.length > 0);
  const left = parts.filter((part) => part.left.length > 0);
  const states = parts.filter(({ kind, changed }) => kind === "state" && changed);
  // Entries of one item that leave while fewer of another enter, as they seldom do, have become those.
  const made = entered.filter((part) => !part.isSteady && left.some((other) => other.name !== part.name && other.left.length > part.entered.length));
  const used = left.filter((part) => made.some((other) => other !== part && part.left.length > other.entered.length));
  const plain = entered.filter((part) => !made.includes(part));
  const sentences = [];
  const isOne = plain.every((part) => part.entered.length === 1);
  if (plain.length > 0) sentences.push(isOne ? t.enters(token, listed(namesText(plain))) : t.entersAs(token, countedText(plain, "entered")));
  if (made.length > 0) sentences.push(t.become(countedText(used, "left"), countedText(made, "entered")));
  const gone = left.filter((part) => !used.includes(part));
  // What leaves together is named together.
  for (const positions of new Set(gone.map((part) => part.left.join()))) {
    const some = gone.filter((part) => part.left.join() === positions);
    sentences.push(t.leave(listed(some[0].left.map(nameOf)), some[0].left.length, listed(namesText(some))));
  }
  if (states.length > 0) sentences.push(t.takeIn(listed(namesText(states)), states.length, plain.length > 0 ? t.it : token));
  if (sentences.length === 0) sentences.push(t.nothing);
  return sentences.map((sentence) => sentence[0].toUpperCase() + sentence.slice(1));
}

/** The names of items, those of one stem together: "keys 0–2". @param {Part[]} parts */
export function namesText(parts) {
  /** @type {Map<string, number[]>} */
  const stems = new Map();
  for (const { name } of parts) {
    const [, stem, number] = /^(.*?)\s*(\d*)$/.exec(name) ?? ["", name, ""];
    stems.set(stem, [...(stems.get(stem) ?? []), ...(number ? [Number(number)] : [])]);
  }
  return [...stems].map(([stem, numbers]) => (numbers.length > 0 ? `${stem} ${rangesText(numbers)}` : stem));
}

/** "4 entries each of values and gates" @param {Part[]} parts @param {"entered" | "left"} what */
function countedText(parts, what) {
  return listed(
    [...new Set(parts.map((part) => part[what].length))].map((count) => {
      const some = parts.filter((part) => part[what].length === count);
      return texts.cacheSentences.entries(count, some.length > 1, listed(namesText(some)));
    }),
  );
}

/** "a, b and c" @param {string[]} items */
function listed(items) {
  return items.length < 2 ? items.join("") : texts.cacheSentences.and(items.slice(0, -1).join(", "), items[items.length - 1]);
}

/** The tensors of a run under names that are each another's: what one file of all of them calls them. */
import { hasValues } from "../shape.js";

/** @typedef {{ key: string, name: import("../state.js").Name, step: number }} Named */

/**
 * Those with values that steps bound, in their order. A name that is bound again and again stands for its last tensor, and
 * what it was before is `NAME@STEP`, counted from 0 as addresses do.
 * @param {import("../state.js").Step[]} steps @param {number} [from] @param {number} [to]
 * @returns {Named[]}
 */
export function namedTensors(steps, from = 0, to = steps.length) {
  /** @type {Map<string, { name: import("../state.js").Name, step: number }[]>} */
  const bound = new Map();
  for (let step = from; step < to; step += 1) {
    for (const name of steps[step].names) {
      if (!hasValues(name)) continue;
      const list = bound.get(name.name) ?? [];
      // A tensor may be bound to its name twice, as by a function that is called and returns.
      if (!list.some((other) => other.name.id === name.id)) list.push({ name, step });
      bound.set(name.name, list);
    }
  }
  return [...bound].flatMap(([key, list]) => list.map(({ name, step }, at) => ({ key: at === list.length - 1 ? key : `${key}@${step}`, name, step })));
}

/**
 * What was found of GPUs, by the adapter's name, for this page and where there is storage for a day: they are compared
 * with the CPU once, and not with every page.
 */

const KEY = "attention-playground:gpu";
const DAY_MS = 86_400_000;

/** "lost": the engine was lost while it asked, and asks no more. @typedef {"right" | "wrong" | "lost"} Verdict */

/** @type {Map<string, Verdict>} */
const inThisPage = new Map();

/** @param {string} adapter @returns {Verdict | undefined} */
export function recall(adapter) {
  return inThisPage.get(adapter) ?? stored(adapter);
}

/** @param {string} adapter @param {Verdict} verdict */
export function remember(adapter, verdict) {
  inThisPage.set(adapter, verdict);
  if (verdict === "lost") return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ adapter, verdict, until: Date.now() + DAY_MS }));
  } catch {
    // Storage is refused, or full: the next page asks the GPU again.
  }
}

/** @param {string} adapter */
export function forget(adapter) {
  inThisPage.delete(adapter);
}

/** @param {string} adapter @returns {Verdict | undefined} */
function stored(adapter) {
  try {
    const { adapter: known, verdict, until } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return known === adapter && Date.now() < until && ["right", "wrong"].includes(verdict) ? verdict : undefined;
  } catch {
    return undefined;
  }
}

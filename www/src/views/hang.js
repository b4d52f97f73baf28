/** How far the wrapped part of a line of code stands from the left. */

/** How much further than its line a wrapped part stands, in characters. */
const HANG = 4;
/** Deeper indentation would leave no room on a narrow screen. */
const MAX_INDENT = 16;

/** In characters. @param {string} line */
export function hang(line) {
  return Math.min(line.length - line.trimStart().length, MAX_INDENT) + HANG;
}

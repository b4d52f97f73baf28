/** The style sheet's colours for drawings on canvas, read anew when the system's settings change. */

/** @type {import("./tensor-paint.js").Look | null} */
let current = null;
/** @type {(() => void)[]} */
const listeners = [];

/** @returns {import("./tensor-paint.js").Look} */
export function look() {
  if (!current) {
    const style = getComputedStyle(document.documentElement);
    const read = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    current = {
      theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
      forced: matchMedia("(forced-colors: active)").matches,
      ink: read("--ink"),
      muted: read("--muted"),
      paper: read("--paper"),
      line: read("--cell-line"),
      lit: read("--lit"),
      font: read("--sans"),
    };
  }
  return current;
}

/** @param {() => void} listener called when drawings must be made again */
export function onLookChange(listener) {
  listeners.push(listener);
}

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
  matchMedia(query).addEventListener("change", () => {
    current = null;
    for (const listener of listeners) listener();
  });
}

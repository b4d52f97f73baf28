/** The style sheet's colours for drawings on canvas, read anew when the system's settings change. */

/** By the element that has the style: the page's, or that of a shadow root. @type {WeakMap<Element, import("./tensor-paint.js").Look>} */
let looks = new WeakMap();
/** What listens, by what it draws: a drawing that is gone listens no more. @type {WeakMap<Element, () => void>} */
const listeners = new WeakMap();
/** @type {Set<WeakRef<Element>>} */
const drawings = new Set();

/** @param {Node} [drawing] where it stands; on the page, if it stands nowhere yet @returns {import("./tensor-paint.js").Look} */
export function look(drawing = document) {
  const root = drawing.getRootNode();
  const styled = root instanceof ShadowRoot ? root.host : document.documentElement;
  let current = looks.get(styled);
  if (!current) {
    const style = getComputedStyle(styled);
    const read = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    current = {
      theme: read("--theme") === "dark" ? "dark" : "light",
      forced: matchMedia("(forced-colors: active)").matches,
      ink: read("--ink"),
      muted: read("--muted"),
      paper: read("--paper"),
      line: read("--cell-line"),
      lit: read("--lit"),
      font: read("--sans"),
    };
    looks.set(styled, current);
  }
  return current;
}

/** @param {Element} drawing @param {() => void} listener called when it must be made again */
export function onLookChange(drawing, listener) {
  listeners.set(drawing, listener);
  drawings.add(new WeakRef(drawing));
}

/** What the style sheet says has changed. */
export function lookAnew() {
  looks = new WeakMap();
  for (const reference of drawings) {
    const drawing = reference.deref();
    if (drawing) listeners.get(drawing)?.();
    else drawings.delete(reference);
  }
}

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", lookAnew);

/** What takes things away from the page: tensors, figures, the program, code to embed it. Loaded when a reader asks for one. */
import style from "../../exports.css";
import { openSave as save } from "./save.js";
import { openShare as share } from "./share.js";

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** @type {typeof save} */
export function openSave(button, source) {
  dress(button);
  save(button, source);
}

/** @type {typeof share} */
export function openShare(store, session) {
  dress(document);
  share(store, session);
}

/** Gives what surrounds a node the style of what is opened here. @param {Node} node */
function dress(node) {
  const root = /** @type {Document | ShadowRoot} */ (node.getRootNode());
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** What the keys do, and what the drawings mean. */
import { h } from "../dom.js";
import { SHORTCUTS } from "../shortcuts.js";
import { texts } from "../texts-later.js";

/** @param {HTMLElement} offline what is stored of the page */
export function createHelp(offline) {
  const t = texts.help;
  const close = h("button", { type: "button", class: "quiet", onclick: () => element.close() }, t.close);
  const element = h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title" },
    h("header", null, h("h2", { id: "help-title" }, t.help), close),
    h("p", null, t.code),
    h("h3", null, t.anywhere),
    keys(SHORTCUTS.map(([key, action]) => [key === "Escape" ? t.escape : key, t.does[action]])),
    h("h3", null, t.inCode),
    keys(t.keysInCode),
    h("h3", null, t.inTensor),
    keys(t.keysInTensor),
    h("h3", null, t.inMask),
    keys(t.keysInMask),
    h("h3", null, t.colours),
    h("p", null, t.coloursMean),
    h("p", null, t.weightsMean),
    offline,
  );
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  return { element, open: () => element.showModal() };
}

/** @param {readonly (readonly string[])[]} list */
function keys(list) {
  return h("dl", { class: "keys" }, ...list.flatMap(([key, text]) => [h("dt", null, h("kbd", null, key)), h("dd", null, text)]));
}

/** The views of the program at the right: each a tab, shown where the program has what it is about. */
import { decodingOf } from "../decode.js";
import { h } from "../dom.js";
import { turnsOf } from "../layers.js";
import { hasVisibleKeys } from "../program.js";
import { texts } from "../texts.js";

/** @typedef {import("../state.js").State["view"]} View */

/** The views and the keys that open them; `help.js` tells of the same list. */
export const VIEWS = /** @type {const} */ ([
  ["tensors", "1"],
  ["keys", "2"],
  ["tokens", "3"],
  ["layers", "4"],
]);

/** @param {import("../state.js").Store} store @param {import("../session.js").Session} session */
export function createTabs(store, session) {
  /** What each view consists of; some are loaded later. @type {Map<View, HTMLElement[]>} */
  const panels = new Map();
  const tabs = new Map(
    VIEWS.map(([view, key]) => [
      view,
      h("button", { type: "button", role: "tab", id: `tab-${view}`, title: `${texts.tabs[view]} (${key})`, "data-testid": `tab-${view}`, onclick: () => session.setView(view) }, texts.tabs[view]),
    ]),
  );
  const element = h("div", { class: "tabs", role: "tablist", "aria-label": texts.tabs.views }, ...tabs.values());
  element.addEventListener("keydown", (event) => {
    const shown = VIEWS.map(([view]) => view).filter((view) => !tabs.get(view)?.hidden);
    const at = shown.indexOf(store.state.view);
    const next = { ArrowRight: shown[(at + 1) % shown.length], ArrowLeft: shown[(at + shown.length - 1) % shown.length], Home: shown[0], End: shown[shown.length - 1] }[event.key];
    if (!next) return;
    event.preventDefault();
    session.setView(next);
    tabs.get(next)?.focus();
  });
  store.on(["run", "view"], ({ run, view }) => {
    // Until a program has run, what it has is not known: nothing is taken away before.
    const has = { tensors: true, keys: run !== null && hasVisibleKeys(run.code), tokens: run !== null && decodingOf(run) !== null, layers: run !== null && turnsOf(run).length > 0 };
    if (run !== null && !has[view]) return store.set({ view: "tensors" });
    for (const [name, tab] of tabs) {
      tab.hidden = !has[name] && name !== view;
      tab.setAttribute("aria-selected", String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
    }
    element.hidden = !has.keys && !has.tokens && !has.layers && view === "tensors";
    showPanels(view);
  });
  return {
    element,
    /** Gives a view what it shows; a panel may be part of several. @param {View} view @param {HTMLElement[]} list */
    fill(view, list) {
      panels.set(view, list);
      for (const panel of list) panel.setAttribute("aria-labelledby", `tab-${view}`);
      showPanels(store.state.view);
    },
  };

  /** @param {View} view */
  function showPanels(view) {
    for (const panel of new Set([...panels.values()].flat())) panel.hidden = !panels.get(view)?.includes(panel);
  }
}

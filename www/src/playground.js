/**
 * A program's code and controls with its tensors beside them, around one store: the page has one, and an article as many
 * as it has elements.
 */
import { h } from "./dom.js";
import { isDrawn } from "./frame.js";
import { SHORTCUTS } from "./shortcuts.js";
import { createControls } from "./views/controls.js";
import { createCosts } from "./views/costs.js";
import { createEditor } from "./views/editor.js";
import { createModuleSource } from "./views/module-source.js";
import { createOutput } from "./views/output.js";
import { createProvenance } from "./views/provenance.js";
import { createSteps } from "./views/steps.js";
import { createTabs } from "./views/tabs.js";
import { createTransport } from "./views/transport.js";

/** @typedef {ReturnType<typeof createPlayground>} Playground */

/** @param {import("./state.js").Store} store @param {import("./session.js").Session} session @param {{ isReadOnly?: boolean, isInArticle?: boolean, coloured?: (code: string) => (Node | string)[][] }} [options] */
export function createPlayground(store, session, { isReadOnly = false, isInArticle = false, coloured } = {}) {
  const editor = createEditor(store, session, { leave: () => transport.element.querySelector("button")?.focus(), isReadOnly, coloured });
  const moduleSource = createModuleSource(store, session, editor.element);
  const steps = createSteps(store, session);
  const transport = createTransport(store, session, editor);
  const controls = createControls(store, editor);
  // An article, or a small screen, has no room for costs until they are asked for.
  const costs = createCosts(store, !isInArticle && matchMedia("(min-width: 1100px) and (min-height: 700px)").matches);
  const output = createOutput(store, session.goToLine);
  const provenance = createProvenance(store, session, steps);
  const tabs = createTabs(store, session);
  tabs.fill("tensors", [steps.element, provenance.element]);
  const element = h("main", null, h("div", { class: "left", part: "program" }, h("div", { class: "turn", part: "controls" }, controls.element, costs.element), editor.element, moduleSource.element, output.element), h("div", { class: "right", part: "tensors" }, transport.element, tabs.element, steps.element, provenance.element));
  store.on(["view"], ({ view }) => (element.dataset.view = view));
  holdUnseen(store, session, element);

  return {
    element,
    editor,
    turn: controls.write,
    /** What keys do here; the names are those of `SHORTCUTS`. */
    actions: {
      forward: () => session.stepBy(1),
      back: () => session.stepBy(-1),
      play: () => (store.state.playing ? session.pause() : session.play()),
      run: () => editor.runNow(),
      cursor: () => session.runToCursor(editor.cursorLine()),
      stop: () => session.stop(),
      code: () => editor.focus(),
      tensor: () => steps.focusCurrent(),
      tensors: () => session.setView("tensors"),
      keys: () => session.setView("keys"),
      tokens: () => session.setView("tokens"),
      layers: () => session.setView("layers"),
    },
    /** Puts the other views of a program into their places. @param {Record<"keys" | "tokens" | "layers", HTMLElement>} views */
    addViews({ keys, tokens, layers }) {
      steps.element.after(keys, tokens, layers);
      tabs.fill("keys", [keys]);
      tabs.fill("tokens", [tokens, provenance.element]);
      tabs.fill("layers", [layers]);
    },
    /** Resolves when no program runs and everything in view is drawn. @param {ParentNode} [around] what else has to be drawn */
    async whenDrawn(around = element) {
      do {
        await session.whenIdle();
        // Two frames: in the first, what came into view is noticed, in the second it is read.
        for (let frame = 0; frame < 2; frame += 1) await new Promise((resolve) => setTimeout(resolve, 20));
      } while (store.state.engine !== "idle" || !isDrawn() || around.querySelector('[data-state="reading"]') !== null);
    },
  };
}

/**
 * Acts on the keys that are not for what has the focus.
 * @param {EventTarget} around
 * @param {Partial<Record<import("./shortcuts.js").Action, () => unknown>>} actions
 * @param {(action: import("./shortcuts.js").Action) => boolean} [isFor] whether an action is to be had where the reader is
 */
export function listenToKeys(around, actions, isFor = () => true) {
  around.addEventListener("keydown", (/** @type {any} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const name = SHORTCUTS.find(([key]) => key === event.key)?.[1];
    const action = name && actions[name];
    if (!action || !isFor(name)) return;
    // Escape leads back from the search field as well, once nothing is left to clear there.
    const isLeaving = name === "program" && !target.closest("dialog") && !(target instanceof HTMLInputElement && target.type === "search" && target.value !== "");
    if (!isLeaving && target.closest(".cm-editor, input:not([type=range], [type=checkbox]), select, textarea, dialog")) return;
    event.preventDefault();
    action();
  });
}

/**
 * Lets what plays wait while nobody sees it: in a tab behind another, where browsers slow its clock down anyway, or out
 * of the view of an article. It goes on from there.
 * @param {import("./state.js").Store} store @param {import("./session.js").Session} session @param {HTMLElement} element
 */
function holdUnseen(store, session, element) {
  let isInView = true;
  const look = () => session.hold(document.hidden || !isInView);
  const watch = new IntersectionObserver((entries) => {
    isInView = entries[entries.length - 1].isIntersecting;
    look();
  });
  store.on(["playing"], ({ playing }) => {
    isInView = true;
    if (playing) watch.observe(element);
    else watch.disconnect();
    document[playing ? "addEventListener" : "removeEventListener"]("visibilitychange", look);
    look();
  });
}

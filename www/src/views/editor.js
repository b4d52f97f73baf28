/**
 * The code: text to read (`plain-code.js`) until the first tensors are drawn, so that nobody waits for an editor before
 * there is something to see; then CodeMirror (`code-mirror.js`), or sooner for a reader who reaches for the code.
 */
import { h } from "../dom.js";
import { texts } from "../texts.js";
import { createPlainCode } from "./plain-code.js";

/** After the last key; short enough to feel live, long enough not to run half a word. */
const RERUN_AFTER_MILLISECONDS = 400;
/** After a control moved: each of its values is whole, so only a drag's burst is gathered. */
const RERUN_AFTER_CONTROL_MILLISECONDS = 50;

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {{ leave: () => void, isReadOnly: boolean, coloured?: Parameters<typeof createPlainCode>[2] }} options `leave` takes the focus when Escape is pressed; code that is only read still follows its controls
 */
export function createEditor(store, session, { leave, isReadOnly, coloured }) {
  const plain = createPlainCode(store, session, coloured);
  const element = h("div", { class: "editor", lang: "en", "data-testid": "editor" }, plain.element);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rerun;
  /** @type {ReturnType<typeof import("./code-mirror.js").createCodeMirror> | undefined} */
  let codeMirror;
  /** @type {Promise<void> | undefined} */
  let loading;

  if (!isReadOnly) {
    plain.element.addEventListener("pointerdown", load);
    plain.element.addEventListener("focus", focus);
  }

  /** Puts CodeMirror in its place. */
  function load() {
    loading ??= import("./code-mirror.js").then(
      ({ createCodeMirror }) => {
        const top = plain.topLine();
        plain.end();
        codeMirror = createCodeMirror(store, session, { parent: element, runNow, edited, leave });
        if (top > 0) codeMirror.scrollTo(top);
      },
      () => {
        loading = undefined;
        store.set({ missing: { text: texts.editor.failed, again: load } });
      },
    );
    return loading;
  }

  async function focus() {
    if (isReadOnly) return plain.element.focus();
    await load();
    codeMirror?.focus();
  }

  function runNow() {
    clearTimeout(rerun);
    rerun = undefined;
    return session.run();
  }

  /** @param {"typing" | "control"} by */
  function edited(by) {
    clearTimeout(rerun);
    rerun = setTimeout(runNow, by === "typing" ? RERUN_AFTER_MILLISECONDS : RERUN_AFTER_CONTROL_MILLISECONDS);
  }

  return {
    element,
    load,
    focus,
    cursorLine: () => codeMirror?.cursorLine() ?? 1,
    /** Whether an edit waits to be run. */
    isWaiting: () => rerun !== undefined,
    runNow,
    /** Writes a control's value into the code, as an edit that can be undone. @param {number} from @param {number} to @param {string} insert */
    replace(from, to, insert) {
      if (codeMirror) return codeMirror.replace(from, to, insert);
      const { code } = store.state;
      session.edited(`${code.slice(0, from)}${insert}${code.slice(to)}`, (line) => line);
      edited("control");
    },
  };
}

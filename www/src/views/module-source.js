/**
 * A module that the program imports, shown in place of the program while the current
 * step is a line of it: it is read, not edited.
 */
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { h, setText } from "../dom.js";
import { isOwn, sourceText } from "../trace.js";
import { listing, markLine, revealLine } from "./code-view.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {HTMLElement} editor the program's own listing, hidden meanwhile
 */
export function createModuleSource(store, session, editor) {
  const name = h("strong");
  const back = h("button", { type: "button", class: "quiet", "data-testid": "to-caller", title: "To the line of the program that is running meanwhile", onclick: session.leaveModule }, "Back to the program");
  const code = h("div", { class: "editor" });
  const element = h("section", { class: "module", "aria-label": "Imported module", "data-testid": "module", hidden: true }, h("header", null, name, h("span", { class: "hint" }, "imported, and run as it stands here"), back), code);
  /** @type {EditorView | null} */
  let view = null;
  let shown = "";

  store.on(["run", "step"], ({ run, step }) => {
    const current = run?.steps[step];
    const isModule = run !== null && current !== undefined && !isOwn(current);
    element.hidden = !isModule;
    editor.hidden = isModule;
    if (!isModule) return;
    const text = sourceText(run, current.file);
    const key = `${current.file}\n${text}`;
    view ??= new EditorView({ parent: code });
    if (key !== shown) {
      setText(name, current.file);
      const attributes = EditorView.contentAttributes.of({ "aria-label": `${current.file}, to be read`, "data-testid": "module-code", tabindex: "0" });
      view.setState(EditorState.create({ doc: text, extensions: [listing, EditorState.readOnly.of(true), EditorView.editable.of(false), attributes] }));
      shown = key;
    }
    markLine(view, current.line);
    revealLine(view, current.line);
    // A listing that was just shown has guessed its heights so far.
    requestAnimationFrame(() => view && store.state.step === step && revealLine(view, current.line));
  });
  return { element };
}

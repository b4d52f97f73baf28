/**
 * A module that the program imports, shown in place of the program while the current
 * step is a line of it: it is read, not edited.
 */
import { h, setText } from "../dom.js";
import { texts } from "../texts.js";
import { isOwn, sourceText } from "../trace.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {HTMLElement} editor the program's own listing, hidden meanwhile
 */
export function createModuleSource(store, session, editor) {
  const name = h("strong");
  const back = h("button", { type: "button", class: "quiet", "data-testid": "to-caller", title: texts.moduleSource.backTitle, onclick: session.leaveModule }, texts.moduleSource.back);
  const code = h("div", { class: "editor", lang: "en" });
  const element = h("section", { class: "module", "aria-label": texts.moduleSource.module, "data-testid": "module", hidden: true }, h("header", null, name, h("span", { class: "hint" }, texts.moduleSource.imported), back), code);
  /** @type {Promise<ReturnType<typeof import("./code-mirror.js").createReader>> | undefined} */
  let loading;
  let shown = "";

  store.on(["run", "step"], async ({ run, step }) => {
    const current = run?.steps[step];
    const isModule = run !== null && current !== undefined && !isOwn(current);
    element.hidden = !isModule;
    editor.hidden = isModule;
    if (!isModule) return;
    loading ??= import("./code-mirror.js").then(({ createReader }) => createReader(code));
    const reader = await loading;
    // Another step may be the current one by now, and has been shown.
    if (store.state.run !== run || store.state.step !== step) return;
    const text = sourceText(run, current.file);
    const key = `${current.file}\n${text}`;
    if (key !== shown) {
      setText(name, current.file);
      reader.show(text, texts.moduleSource.toBeRead(current.file));
      shown = key;
    }
    reader.mark(current.line);
    // What was just shown has guessed its heights so far.
    requestAnimationFrame(() => store.state.step === step && reader.mark(current.line));
  });
  return { element };
}

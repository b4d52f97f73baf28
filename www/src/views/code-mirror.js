/**
 * The code, in CodeMirror: the program's markdown cells are shown as prose until the
 * cursor enters them, the current line is marked, an error underlines its place.
 * This file is loaded once the first tensors are drawn.
 */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Transaction } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLineGutter, keymap } from "@codemirror/view";
import { texts } from "../texts.js";
import { isOwn } from "../trace.js";
import { listing, markLine, revealLine } from "./code-view.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {{ parent: HTMLElement, runNow: () => unknown, edited: (by: "typing" | "control") => void, leave: () => void }} options
 *   `edited` hears of every edit, `leave` takes the focus when Escape is pressed
 */
export function createCodeMirror(store, session, { parent, runNow, edited, leave }) {
  /** @type {import("../state.js").Run | null} */
  let shownRun = null;

  /** @type {EditorView} */
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: store.state.code,
      extensions: [
        listing,
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        bracketMatching(),
        highlightSelectionMatches(),
        search({ top: true }),
        lintGutter(),
        EditorView.contentAttributes.of({ "aria-label": texts.editor.programLeave, "data-testid": "code" }),
        keymap.of([
          { key: "Mod-Enter", run: () => (runNow(), true) },
          { key: "Mod-Shift-Enter", run: () => (session.runToCursor(cursorLine()), true) },
          { key: "Alt-n", run: () => (session.stepBy(1), true) },
          { key: "Alt-p", run: () => (session.stepBy(-1), true) },
          ...searchKeymap,
          { key: "Escape", run: () => (leave(), true) },
          ...historyKeymap,
          indentWithTab,
          ...defaultKeymap,
        ]),
        EditorView.updateListener.of(whenUpdated),
      ],
    }),
  });

  store.on(["run", "step"], ({ run, step }) => {
    const line = run?.steps[step] ? session.lineInCode(run.steps[step]) : 0;
    markLine(view, line);
    // A new run leaves the code where the reader has it; a step brings its line into view.
    if (line > 0 && run === shownRun && !view.hasFocus) revealLine(view, line);
    shownRun = run;
  });
  store.on(["error"], ({ error }) => view.dispatch(setDiagnostics(view.state, error?.line && isOwn(error) ? [diagnostic(error)] : [])));
  store.on(["code"], ({ code }) => {
    // Only for code that did not come from this editor: another program, a link, a control.
    if (code !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code }, selection: { anchor: 0 }, annotations: Transaction.addToHistory.of(false) });
  });

  function cursorLine() {
    return view.state.doc.lineAt(view.state.selection.main.head).number;
  }

  /** @param {import("@codemirror/view").ViewUpdate} update */
  function whenUpdated(update) {
    if (update.docChanged) {
      const code = update.state.doc.toString();
      if (code === store.state.code) return;
      const { startState, state, changes } = update;
      session.edited(code, (line) => (line <= startState.doc.lines ? state.doc.lineAt(changes.mapPos(startState.doc.line(line).from, 1)).number : line));
      edited(update.transactions.every((transaction) => transaction.isUserEvent("input.control")) ? "control" : "typing");
    } else if (update.transactions.some((transaction) => transaction.isUserEvent("select.pointer")) && update.state.selection.main.empty) {
      session.goToLine(cursorLine());
    }
  }

  /** @param {import("../state.js").ProgramError} error @returns {import("@codemirror/lint").Diagnostic} */
  function diagnostic(error) {
    const firstLine = error.line ?? 1;
    const from = offset(firstLine, error.column ?? 1);
    let to = offset(error.endLine ?? firstLine, error.endColumn ?? 1);
    const line = view.state.doc.lineAt(from);
    // Where the engine knows only the line, or a place past its end, the whole line is marked.
    if (to <= from) to = line.to;
    const start = to <= from ? line.from + (/^\s*/.exec(line.text)?.[0].length ?? 0) : from;
    return { from: start, to, severity: "error", source: error.type, message: `${error.type}: ${error.message}` };
  }

  /** @param {number} line @param {number} column both 1-based */
  function offset(line, column) {
    const { doc } = view.state;
    const { from, to } = doc.line(Math.max(1, Math.min(line, doc.lines)));
    return Math.min(to, from + Math.max(0, column - 1));
  }

  return {
    cursorLine,
    focus: () => view.focus(),
    /** Puts a line at the top; where it is in pixels is not known before prose is laid out. @param {number} line */
    scrollTo: (line) => view.dispatch({ effects: EditorView.scrollIntoView(view.state.doc.line(line).from, { y: "start" }) }),
    /** Writes a control's value into the code, as an edit that can be undone. @param {number} from @param {number} to @param {string} insert */
    replace: (from, to, insert) => view.dispatch({ changes: { from, to, insert }, userEvent: "input.control" }),
  };
}

/** Code that is read, not edited. @param {HTMLElement} parent */
export function createReader(parent) {
  const view = new EditorView({ parent });
  return {
    /** @param {string} text @param {string} label */
    show(text, label) {
      const attributes = EditorView.contentAttributes.of({ "aria-label": label, "data-testid": "module-code", tabindex: "0" });
      view.setState(EditorState.create({ doc: text, extensions: [listing, EditorState.readOnly.of(true), EditorView.editable.of(false), attributes] }));
    },
    /** Marks the current line and brings it into view. @param {number} line */
    mark(line) {
      markLine(view, line);
      revealLine(view, line);
    },
  };
}

/**
 * The code, in CodeMirror: the program's markdown cells are shown as prose until the
 * cursor enters them, the current line is marked, an error underlines its place.
 */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { h } from "../dom.js";
import { proseCells } from "./prose.js";
import { hangingIndent } from "./wrapping.js";

/** After the last key; short enough to feel live, long enough not to run half a word. */
const RERUN_AFTER_MILLISECONDS = 400;
/** After a control moved: each of its values is whole, so only a drag's burst is gathered. */
const RERUN_AFTER_CONTROL_MILLISECONDS = 50;

/** @type {import("@codemirror/state").StateEffectType<number>} */
const setCurrentLine = StateEffect.define();
const currentLine = Decoration.line({ class: "cm-current", attributes: { "aria-current": "step" } });

/** Where the current line starts, −1 for none; it moves with its text when the code is edited. @type {StateField<number>} */
const currentLineField = StateField.define({
  create: () => -1,
  update(start, { changes, effects, state }) {
    const { doc } = state;
    const asked = effects.findLast((effect) => effect.is(setCurrentLine))?.value;
    if (asked !== undefined) return asked >= 1 && asked <= doc.lines ? doc.line(asked).from : -1;
    return start < 0 ? start : doc.lineAt(changes.mapPos(start, 1)).from;
  },
  provide: (field) => EditorView.decorations.from(field, (start) => (start < 0 ? Decoration.none : Decoration.set([currentLine.range(start)]))),
});

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {{ leave: () => void }} options `leave` takes the focus when Escape is pressed
 */
export function createEditor(store, session, { leave }) {
  const element = h("div", { class: "editor", "data-testid": "editor" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rerun;
  /** @type {import("../state.js").Run | null} */
  let shownRun = null;

  /** @type {EditorView} */
  const view = new EditorView({
    parent: element,
    state: EditorState.create({
      doc: store.state.code,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        bracketMatching(),
        highlightSelectionMatches(),
        search({ top: true }),
        python(),
        syntaxHighlighting(classHighlighter),
        lintGutter(),
        currentLineField,
        proseCells,
        EditorView.lineWrapping,
        hangingIndent,
        EditorView.contentAttributes.of({ "aria-label": "Program in Python. Escape leaves the editor.", "data-testid": "code" }),
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
    const line = run?.steps[step] ? session.lineInCode(run.steps[step].line) : 0;
    view.dispatch({ effects: setCurrentLine.of(line) });
    // A new run leaves the code where the reader has it; a step brings its line into view.
    if (line > 0 && run === shownRun && !view.hasFocus) revealLine(line);
    shownRun = run;
  });
  store.on(["error"], ({ error }) => view.dispatch(setDiagnostics(view.state, error?.line ? [diagnostic(error)] : [])));
  store.on(["code"], ({ code }) => {
    // Only for code that did not come from this editor: another program, a link, a control.
    if (code !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code }, selection: { anchor: 0 }, annotations: Transaction.addToHistory.of(false) });
  });

  function runNow() {
    clearTimeout(rerun);
    rerun = undefined;
    return session.run();
  }

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
      clearTimeout(rerun);
      const isTyped = update.transactions.some((transaction) => !transaction.isUserEvent("input.control"));
      rerun = setTimeout(runNow, isTyped ? RERUN_AFTER_MILLISECONDS : RERUN_AFTER_CONTROL_MILLISECONDS);
    } else if (update.transactions.some((transaction) => transaction.isUserEvent("select.pointer")) && update.state.selection.main.empty) {
      session.goToLine(cursorLine());
    }
  }

  /** Scrolls the editor, never the page around it. @param {number} line */
  function revealLine(line) {
    const block = view.lineBlockAt(view.state.doc.line(Math.min(line, view.state.doc.lines)).from);
    const { scrollTop, clientHeight } = view.scrollDOM;
    if (block.top < scrollTop + 24 || block.bottom > scrollTop + clientHeight - 24) {
      view.scrollDOM.scrollTop = Math.max(0, block.top - clientHeight / 3);
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
    element,
    cursorLine,
    focus: () => view.focus(),
    /** Whether an edit waits to be run. */
    isWaiting: () => rerun !== undefined,
    runNow,
    /** Writes a control's value into the code, as an edit that can be undone. @param {number} from @param {number} to @param {string} insert */
    replace: (from, to, insert) => view.dispatch({ changes: { from, to, insert }, userEvent: "input.control" }),
  };
}

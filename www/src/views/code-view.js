/** What every listing of code has, the one that is edited and those that are read: numbers, colours, prose, the current line. */
import { python } from "@codemirror/lang-python";
import { syntaxHighlighting } from "@codemirror/language";
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { proseCells } from "./prose.js";
import { hangingIndent } from "./wrapping.js";

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

/** @type {import("@codemirror/state").Extension} */
export const listing = [lineNumbers(), python(), syntaxHighlighting(classHighlighter), currentLineField, proseCells, EditorView.lineWrapping, hangingIndent];

/** Marks a line as the current one; 0 for none. @param {EditorView} view @param {number} line */
export function markLine(view, line) {
  view.dispatch({ effects: setCurrentLine.of(line) });
}

/** Scrolls the listing, never the page around it. @param {EditorView} view @param {number} line */
export function revealLine(view, line) {
  const block = view.lineBlockAt(view.state.doc.line(Math.min(line, view.state.doc.lines)).from);
  const { scrollTop, clientHeight } = view.scrollDOM;
  if (block.top < scrollTop + 24 || block.bottom > scrollTop + clientHeight - 24) {
    view.scrollDOM.scrollTop = Math.max(0, block.top - clientHeight / 3);
  }
}

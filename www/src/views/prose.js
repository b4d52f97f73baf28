/**
 * Markdown cells inside the editor: each is replaced by its rendered prose until the
 * cursor stands in it, so an explanation reads as one and is still edited as text.
 */
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { renderMarkdown } from "../markdown.js";
import { cells } from "../program.js";

/** @type {import("@codemirror/state").StateEffectType<boolean>} */
const focusChanged = StateEffect.define();

class Prose extends WidgetType {
  /** @param {string} text */
  constructor(text) {
    super();
    this.text = text;
  }

  /** @param {Prose} other */
  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const element = document.createElement("div");
    element.className = "prose";
    element.append(renderMarkdown(this.text));
    return element;
  }

  /** A link is followed; anything else puts the cursor into the text. @param {Event} event */
  ignoreEvent(event) {
    return event.target instanceof Element && event.target.closest("a") !== null;
  }
}

/** The `# %%` line of a code cell says nothing that the prose around it does not. */
class Gap extends WidgetType {
  eq() {
    return true;
  }
  toDOM() {
    const element = document.createElement("div");
    element.className = "cell-gap";
    return element;
  }
}

/** Longer programs are shown as plain text: their cells would be cut anew at every key. */
const MAX_CHARACTERS = 200_000;
const MAX_CELLS = 400;

/** @param {import("@codemirror/state").EditorState} state @param {boolean} hasFocus */
function decorations(state, hasFocus) {
  const { doc, selection } = state;
  if (doc.length > MAX_CHARACTERS) return Decoration.none;
  const ranges = [];
  const list = cells(doc.toString());
  for (const cell of list.slice(0, MAX_CELLS)) {
    const isMarkdown = cell.kind === "markdown";
    if (!isMarkdown && !/^#\s*%%\s*$/.test(doc.line(cell.line).text)) continue;
    const from = doc.line(cell.line).from;
    const to = doc.line(isMarkdown ? cell.endLine : cell.line).to;
    const isEdited = hasFocus && selection.ranges.some((range) => range.from <= to && range.to >= from);
    if (!isEdited) ranges.push(Decoration.replace({ widget: isMarkdown ? new Prose(cell.text) : new Gap(), block: true }).range(from, to));
  }
  return Decoration.set(ranges);
}

/** @typedef {{ hasFocus: boolean, marks: import("@codemirror/view").DecorationSet }} ProseState */

/** @type {StateField<ProseState>} */
const field = StateField.define({
  create: (state) => /** @type {ProseState} */ ({ hasFocus: false, marks: decorations(state, false) }),
  update(value, transaction) {
    const focus = transaction.effects.find((effect) => effect.is(focusChanged));
    const hasFocus = focus ? focus.value : value.hasFocus;
    if (!focus && !transaction.docChanged && !transaction.selection) return value;
    return { hasFocus, marks: decorations(transaction.state, hasFocus) };
  },
  provide: (self) => EditorView.decorations.from(self, (value) => value.marks),
});

const watchFocus = EditorView.focusChangeEffect.of((_, hasFocus) => focusChanged.of(hasFocus));

export const proseCells = [field, watchFocus];

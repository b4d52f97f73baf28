/** Long lines wrap under their own indentation, so that a wrapped line still reads as one. */
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";

/** How much further than its line a wrapped part stands, in characters. */
const HANG = 4;
/** Deeper indentation would leave no room on a narrow screen. */
const MAX_INDENT = 16;

/** @type {Map<number, Decoration>} */
const decorations = new Map();

/** @param {number} characters */
function hanging(characters) {
  let decoration = decorations.get(characters);
  if (!decoration) {
    decoration = Decoration.line({ attributes: { style: `--hang: ${characters}ch` }, class: "cm-hanging" });
    decorations.set(characters, decoration);
  }
  return decoration;
}

/** @param {import("@codemirror/view").EditorView} view */
function hangingLines(view) {
  /** @type {RangeSetBuilder<Decoration>} */
  const builder = new RangeSetBuilder();
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      const indent = line.text.length - line.text.trimStart().length;
      builder.add(line.from, line.from, hanging(Math.min(indent, MAX_INDENT) + HANG));
      at = line.to + 1;
    }
  }
  return builder.finish();
}

export const hangingIndent = ViewPlugin.fromClass(
  class {
    /** @param {import("@codemirror/view").EditorView} view */
    constructor(view) {
      this.decorations = hangingLines(view);
    }

    /** @param {import("@codemirror/view").ViewUpdate} update */
    update(update) {
      if (update.docChanged || update.viewportChanged) this.decorations = hangingLines(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** Long lines wrap under their own indentation, so that a wrapped line still reads as one. */
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { hang } from "./hang.js";

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
      builder.add(line.from, line.from, hanging(hang(line.text)));
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

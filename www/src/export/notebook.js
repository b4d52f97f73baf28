/** A program as a notebook (nbformat 4.5): its cells in the percent format become the notebook's. `sourceFromNotebook` is the way back. */
import { cells, sourceFromNotebook } from "../program.js";

/** @param {string} source @returns {string} the text of an `.ipynb` file */
export function notebookFromSource(source) {
  const list = cells(source)
    .map(({ kind, text }) => ({ kind, text: text.replace(/^(?:[ \t]*\n)+|\s+$/g, "") }))
    .filter(({ text }) => text !== "")
    .map(({ kind, text }, index) => ({
      cell_type: kind,
      id: `cell-${index + 1}`,
      metadata: {},
      ...(kind === "code" ? { execution_count: null, outputs: [] } : {}),
      source: text.split(/(?<=\n)/),
    }));
  /** @type {Record<string, unknown>} */
  const metadata = { kernelspec: { display_name: "Python 3", language: "python", name: "python3" }, language_info: { name: "python" } };
  const write = () => `${JSON.stringify({ cells: list, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
  // Blank lines, or the words after a marker, have no place in a notebook's cells: where there are any, the text goes along.
  if (list.length > 0 && sourceFromNotebook(write()) !== source) metadata.attention_playground = { source };
  return write();
}

/** The code as text to read, laid out as CodeMirror will lay it out, so that nothing moves when it takes over. */
import { h } from "../dom.js";
import { renderMarkdown } from "../markdown.js";
import { cells } from "../program.js";
import { texts } from "../texts.js";
import { hang } from "./hang.js";

/** Longer programs are cut: the editor, which lays out only what is in view, has all of them a moment later. */
const MAX_LINES = 2000;

/**
 * @param {import("../state.js").Store} store
 * @param {Pick<import("../session.js").Session, "lineInCode">} session
 * @param {(code: string) => (Node | string)[][]} [coloured] the lines of a program in colours, where no editor follows that colours them
 */
export function createPlainCode(store, session, coloured) {
  const element = h("div", { class: "plain-code", tabindex: "0", "aria-label": texts.editor.program });
  /** The line of code that each element shows, by number. @type {Map<number, HTMLElement>} */
  let shown = new Map();
  let isEnded = false;
  /** @type {import("../state.js").Run | null} */
  let shownRun = null;

  store.on(["code"], ({ code }) => {
    if (isEnded) return;
    shown = new Map();
    const text = code.split("\n").slice(0, MAX_LINES);
    const parts = [];
    const list = cells(code);
    const lines = coloured?.(code);
    for (let line = 1; line <= text.length; line += 1) {
      const cell = list.find((other) => other.line === line);
      if (cell?.kind === "markdown") {
        parts.push(h("div", { class: "prose" }, renderMarkdown(cell.text)));
        line = cell.endLine;
      } else if (/^#\s*%%\s*$/.test(text[line - 1])) parts.push(h("div", { class: "cell-gap" }));
      else {
        const row = h("div", { class: "plain-line", style: `--hang: ${hang(text[line - 1])}ch`, "data-line": line }, ...(lines?.[line - 1] ?? [text[line - 1]]));
        shown.set(line, row);
        parts.push(row);
      }
    }
    element.style.setProperty("--digits", String(String(text.length).length));
    element.replaceChildren(...parts);
  });
  store.on(["run", "step"], ({ run, step }) => {
    if (isEnded) return;
    const line = run?.steps[step] ? session.lineInCode(run.steps[step]) : 0;
    element.querySelector(".cm-current")?.classList.remove("cm-current");
    const row = shown.get(line);
    row?.classList.add("cm-current");
    // As in the editor: a step brings its line into view.
    const { scrollTop, clientHeight } = element;
    if (row && run === shownRun && (row.offsetTop < scrollTop || row.offsetTop + row.offsetHeight > scrollTop + clientHeight)) element.scrollTop = row.offsetTop - clientHeight / 3;
    shownRun = run;
  });
  return {
    element,
    /** The first line of code in view; 0 where that is the program's first. */
    topLine() {
      const { scrollTop } = element;
      return scrollTop === 0 ? 0 : ([...shown].find(([, row]) => row.offsetTop >= scrollTop)?.[0] ?? 0);
    },
    /** Leaves its place to the editor. */
    end() {
      isEnded = true;
      element.remove();
    },
  };
}

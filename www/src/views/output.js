/** What the program printed, how it failed if it did, and one sentence on what happened last. */
import { h, setText } from "../dom.js";
import { errorText } from "../session.js";
import { texts } from "../texts.js";
import { isOwn } from "../trace.js";

/** Text drawn at once; the end of a longer output is what a reader looks for. */
const MAX_CHARACTERS = 100_000;

/** @param {import("../state.js").Store} store @param {(line: number) => void} goToLine */
export function createOutput(store, goToLine) {
  const copy = h("button", { type: "button", class: "quiet", "data-testid": "copy-output", onclick: copyOutput }, texts.output.copy);
  const before = h("span");
  const after = h("span", { class: "later" });
  const text = h("pre", { class: "stdout", lang: "en", tabindex: "0", "aria-label": texts.output.printed, "data-testid": "output" }, before, after);
  const error = h("div", { class: "error", role: "alert", "data-testid": "error" });
  const notice = h("p", { class: "notice", role: "status", "data-testid": "notice" });
  const element = h("section", { class: "output", "aria-label": texts.output.output }, h("header", null, h("h2", null, texts.output.output), notice, copy), error, text);

  store.on(["notice"], (state) => setText(notice, state.notice));

  store.on(["output", "step", "run", "stale"], ({ output, step, run, stale }) => {
    const shown = output.length > MAX_CHARACTERS ? `…\n${output.slice(-MAX_CHARACTERS)}` : output;
    // Until the current step it has been printed; what comes later is there, but steps back.
    const end = !stale && run && run.stdout === output && shown === output ? (run.steps[step]?.output ?? output.length) : shown.length;
    setText(before, shown.slice(0, end));
    setText(after, shown.slice(end));
    copy.disabled = output === "";
    text.classList.toggle("nothing", output === "");
  });
  store.on(["error", "stale"], ({ error: problem, stale }) => {
    element.classList.toggle("failed", problem !== null);
    if (!problem) return error.replaceChildren();
    const frames = problem.traceback.filter(({ line }) => line > 0);
    error.replaceChildren(
      h("p", { class: "message", lang: "en" }, errorText(problem)),
      ...(frames.length > 1
        ? [h("ol", { class: "traceback", "aria-label": texts.output.traceback }, ...frames.map(frameOf))]
        : []),
      ...(stale ? [h("p", { class: "hint" }, texts.output.ofLastRun)] : []),
    );
  });

  /** @param {import("../state.js").ProgramError["traceback"][number]} frame */
  function frameOf(frame) {
    const [line, place] = texts.output.frame(frame.line, isOwn(frame) ? "" : frame.file, frame.function);
    return h("li", null, h("button", { type: "button", class: "quiet", disabled: !isOwn(frame), onclick: () => goToLine(frame.line) }, line), place);
  }

  async function copyOutput() {
    const { output, error: problem } = store.state;
    const isCopied = await copyText(problem ? `${output}${errorText(problem)}\n` : output);
    store.set({ notice: isCopied ? texts.output.copied : texts.output.refused });
  }
  return { element };
}

/** Whether the text is on the clipboard now: a frame, or a reader, may refuse that. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Frames without the clipboard permission still have the old way.
    const area = h("textarea", { class: "off-screen" });
    area.value = text;
    // What is outside an open dialog cannot be selected.
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

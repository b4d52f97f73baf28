/** The text that a model reads and writes, token by token: the likelier one was when it was written, the darker. */
import { h } from "../dom.js";
import { texts } from "../texts-later.js";
import { shownToken } from "../writing.js";
import { percent } from "./candidates.js";

/**
 * @param {import("../writing.js").Writing | null} writing
 * @param {{ count: number, at: number }} passes how many there are, and which one is looked at
 * @param {(pass: number) => void} goTo
 */
export function tokenButtons(writing, { count, at }, goTo) {
  const t = texts.tokenStrip;
  const prompt = writing?.prompt ?? 1;
  return Array.from({ length: writing?.tokens.length ?? count }, (_, index) => {
    // A token is read in the pass that follows it; those of the prompt are read together.
    const pass = Math.max(0, index - prompt + 1);
    const chance = writing?.chances[index] ?? null;
    const token = writing?.tokens[index];
    const instead = writing?.whole[index - prompt]?.token ?? null;
    const differs = index >= prompt && instead !== null && instead !== token;
    const [name, ...rest] = [t.token(index), ...(chance === null ? [] : [t.likely(percent(chance))]), ...(differs ? [t.instead(shownToken(instead))] : [])];
    const said = rest.length > 0 ? `${name}: ${rest.join("; ")}` : name;
    return h(
      "li",
      { class: [index < prompt ? "prompt" : "written", ...(differs ? ["differs"] : [])].join(" "), style: chance === null ? null : `--part: ${chance}` },
      h("button", { type: "button", disabled: pass >= count, "aria-current": index === prompt - 1 + at ? "true" : null, title: said, "data-key": `token ${index}`, onclick: () => goTo(pass) }, token === undefined ? String(index) : shownToken(token)),
    );
  });
}

/** What could come after a token; where parts of the model are scaled, beside what the model as it was expects there. */
import { h } from "../dom.js";
import { decimal } from "../language.js";
import { texts } from "../texts-later.js";
import { shownToken } from "../writing.js";

/** @typedef {{ token: string, chance: number }} Candidate a token as the vocabulary has it */
/** @typedef {{ token: string, scaled: number, whole: number }} Compared */

/** @param {Candidate[]} list the likeliest first @param {string | undefined} written the token that was drawn */
export function candidateList(list, written) {
  return h(
    "ol",
    { class: "candidates", "aria-label": texts.candidates.label, "data-testid": "candidates" },
    ...list.map(({ token, chance }, index) => {
      const isWritten = token === written && !list.slice(0, index).some((other) => other.token === token);
      return h("li", { class: isWritten ? "chosen" : null, style: `--part: ${chance}` }, h("span", { class: "token" }, shownToken(token)), h("span", { class: "chance" }, percent(chance)));
    }),
  );
}

/** @param {Compared[]} list @param {{ scaled: string | null, whole: string | null }} drawn what was written, and what the same seed draws of the whole model */
export function comparedTable(list, drawn) {
  const cell = (/** @type {number} */ chance, /** @type {boolean} */ isDrawn) => h("td", { class: isDrawn ? "chosen" : null, style: `--part: ${chance}` }, percent(chance), isDrawn ? h("span", { class: "drawn" }, texts.candidates.drawn) : null);
  const ordered = list.toSorted((a, b) => Math.max(b.scaled, b.whole) - Math.max(a.scaled, a.whole));
  const rows = ordered.map(({ token, scaled, whole }) => {
    const change = scaled - whole;
    return h("tr", null, h("th", { scope: "row", class: "token" }, shownToken(token)), cell(whole, token === drawn.whole), cell(scaled, token === drawn.scaled), h("td", { class: change < 0 ? "less" : "more" }, `${change < 0 ? "−" : "+"} ${percent(Math.abs(change))}`));
  });
  const head = [texts.candidates.next, texts.candidates.asItWas, texts.candidates.scaled, texts.candidates.change].map((name) => h("th", { scope: "col" }, name));
  return h("table", { class: "candidates compared", "aria-label": texts.candidates.labelCompared, "data-testid": "candidates" }, h("thead", null, h("tr", null, ...head)), h("tbody", null, ...rows));
}

/** @param {number} part */
export function percent(part) {
  return `${decimal((100 * part).toFixed(part < 0.1 ? 1 : 0))} %`;
}

/** One program of the catalogue: its picture, which the program computes when the card comes into view, and what it says of itself. */
import { h } from "../dom.js";
import { differenceText, measuredDifference, measuringProgram } from "../identity.js";
import { inlineNodes } from "../markdown.js";
import { maskFromValues, maskName, maskProgram } from "../mask.js";
import { sourceOf } from "../navigation.js";
import { rgbFromValue } from "../color.js";
import { look } from "./look.js";
import { paintMask, prepareCanvas } from "./mask-paint.js";

/** @typedef {import("../state.js").ProgramEntry} ProgramEntry */
/** @typedef {ReturnType<typeof createCard>} Card */
/** @typedef {{ kind: "mask", mask: import("../mask.js").Mask } | { kind: "weights", rows: number, columns: number, values: number[] } | { kind: "identity", difference: number | null }} Picture */

/** Tokens of the pictured text, and the side of the picture. */
const TOKENS = 16;
const SIDE = 112;
/** What the cards say of a mechanism, in this order. */
const SAID = /** @type {const} */ (["Keeps", "Gives up", "Cache", "Used by"]);

/**
 * @param {ProgramEntry} entry
 * @param {[ProgramEntry, ProgramEntry] | null} pair the two mechanisms of an identity
 * @param {import("../navigation.js").Navigation} navigation
 * @param {import("../side-engine.js").SideEngine} side
 */
export function createCard(entry, pair, navigation, side) {
  const { path, title, sentence, labels } = entry;
  const isIdentity = path.startsWith("identities/");
  const canvas = h("canvas", { role: "img", "aria-label": `${entry.hasMask ? "Which keys a query sees" : "Attention weights"}: ${title}` });
  const picture = h("div", { class: "picture", "data-state": "waiting" }, isIdentity ? null : canvas);
  const said = SAID.flatMap((label) => (labels[label] ? [h("dt", null, label), h("dd", null, ...inlineNodes(labels[label]))] : []));
  const link = h("a", { class: "card-title", href: `#${path}`, onclick: (/** @type {MouseEvent} */ event) => open(event, path) }, title);
  const isPair = pair !== null && pair[0] !== pair[1];
  const compare = isPair
    ? h("button", { type: "button", class: "quiet", onclick: () => navigation.toComparison({ a: pair[0].path, b: pair[1].path }) }, "Compare the two")
    : isIdentity
      ? null
      : h("button", { type: "button", class: "quiet", "aria-label": `Compare ${title}`, title: "Beside the program on the page", onclick: () => navigation.compareWith(path) }, "Compare");
  const element = h(
    "article",
    { class: isIdentity ? "card identity" : "card", "data-testid": "card", "data-path": path },
    picture,
    h(
      "div",
      { class: "card-text" },
      h("h4", null, link),
      labels["Also called"] ? h("p", { class: "aliases" }, ...inlineNodes(labels["Also called"])) : null,
      h("p", null, ...inlineNodes(sentence)),
      said.length > 0 ? h("dl", { class: "said" }, ...said) : null,
      pair ? h("p", { class: "pair" }, isPair ? `${pair[0].title} = ${pair[1].title}` : `Two forms of ${pair[0].title}`) : null,
      compare,
    ),
  );
  // The card is a large target for its link; text in it can still be selected, and its buttons are their own.
  element.addEventListener("click", (event) => {
    if (event.target instanceof Element && !event.target.closest("a, button") && !getSelection()?.toString()) open(event, path);
  });
  /** @type {Picture | null} */
  let drawn = null;
  /** @type {AbortController | null} */
  let asking = null;

  return {
    element,
    paint,
    /** @param {boolean} isCurrent */
    mark(isCurrent) {
      element.classList.toggle("current", isCurrent);
      if (isCurrent) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    },
    /** Computes the picture, once. */
    async draw() {
      if (drawn || asking) return;
      const mine = new AbortController();
      asking = mine;
      picture.dataset.state = "reading";
      try {
        drawn = await pictureOf(entry, side, mine.signal);
        picture.dataset.state = "drawn";
        paint();
      } catch (error) {
        picture.dataset.state = mine.signal.aborted ? "waiting" : "failed";
        if (!mine.signal.aborted) picture.title = error instanceof Error ? error.message : String(error);
      } finally {
        asking = null;
      }
    },
    cancel: () => asking?.abort(),
  };

  function paint() {
    if (!drawn) return;
    if (drawn.kind === "identity") {
      picture.replaceChildren(h("span", { class: "proven" }, "proven"), h("span", { class: "measured" }, drawn.difference === null ? "" : differenceText(drawn.difference)));
      return;
    }
    const context = prepareCanvas(canvas, SIDE + 2, SIDE + 2);
    if (!context) return;
    const colors = look();
    if (drawn.kind === "mask") {
      paintMask(context, drawn.mask, { left: 1, top: 1, cell: SIDE / drawn.mask.columns }, colors);
      return;
    }
    const { rows, columns, values } = drawn;
    const cell = SIDE / Math.max(rows, columns);
    const largest = Math.max(...values.map(Math.abs), 0);
    values.forEach((value, at) => {
      context.fillStyle = `rgb(${rgbFromValue(value, { min: 0, max: largest, scale: largest }, colors.theme).join()})`;
      context.fillRect(1 + (at % columns) * cell, 1 + Math.floor(at / columns) * cell, cell - 0.5, cell - 0.5);
    });
  }

  /** @param {MouseEvent} event @param {string} to */
  function open(event, to) {
    // A new tab is the browser's to open.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void navigation.openProgram(to);
  }
}

/** What the program computes for its picture. @param {ProgramEntry} entry @param {import("../side-engine.js").SideEngine} side @param {AbortSignal} signal @returns {Promise<Picture>} */
async function pictureOf(entry, side, signal) {
  const source = await sourceOf(entry.path);
  return await side.use(async (run, read) => {
    if (entry.path.startsWith("identities/")) {
      const measured = await run(measuringProgram(source));
      if (measured.error) throw new Error(measured.error.message);
      return { kind: /** @type {const} */ ("identity"), difference: measuredDifference(measured) };
    }
    if (entry.hasMask) return { kind: /** @type {const} */ ("mask"), mask: maskFromValues(await read(maskName(await run(maskProgram(source, TOKENS))).id)) };
    // A program without a mask shows its weights: the last matrix of that name.
    const { steps } = await run(source);
    const name = steps.flatMap(({ names }) => names).findLast(({ kind, name: called, shape }) => kind === "tensor" && /weights$|^causal$/.test(called) && shape.length >= 2);
    if (!name) throw new Error("This program has no picture.");
    const { data, shape } = await read(name.id);
    const [rows, columns] = shape.slice(-2);
    return { kind: /** @type {const} */ ("weights"), rows, columns, values: Array.from(data.subarray(0, rows * columns), Number) };
  }, signal);
}

/** One program of the catalogue: its picture, which the program computes when the card comes into view, and what it says of itself. */
import { h } from "../dom.js";
import { differenceText, measuredDifference } from "../identity.js";
import { inlineNodes } from "../markdown.js";
import { maskFromValues, maskName, maskProgram, rowSentence, sharesOf } from "../mask.js";
import { sourceOf } from "../navigation.js";
import { texts } from "../texts-later.js";
import { look } from "./look.js";
import { paintMask, prepareCanvas } from "./mask-paint.js";

/** @typedef {import("../state.js").ProgramEntry} ProgramEntry */
/** @typedef {ReturnType<typeof createCard>} Card */
/** @typedef {{ kind: "mask", mask: import("../mask.js").Mask, shares: Float32Array | null } | { kind: "identity", difference: number | null }} Picture */

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
  const canvas = h("canvas", { role: "img", "aria-label": texts.catalogueCard.keysSeen(title) });
  const picture = h("div", { class: "picture", "data-state": "waiting" }, isIdentity ? null : canvas);
  const said = SAID.flatMap((label) => (labels[label] ? [h("dt", null, texts.catalogueCard.said[label]), h("dd", { lang: "en" }, ...inlineNodes(labels[label]))] : []));
  const link = h("a", { class: "card-title", lang: "en", href: `#${path}`, onclick: (/** @type {MouseEvent} */ event) => open(event, path) }, title);
  const isPair = pair !== null && pair[0] !== pair[1];
  const compare = isPair
    ? h("button", { type: "button", class: "quiet", onclick: () => navigation.toComparison({ a: pair[0].path, b: pair[1].path }) }, texts.catalogueCard.compareTwo)
    : isIdentity
      ? null
      : h("button", { type: "button", class: "quiet", "aria-label": texts.catalogueCard.compareTo(title), title: texts.catalogueCard.beside, onclick: () => navigation.compareWith(path) }, texts.catalogueCard.compare);
  const element = h(
    "article",
    { class: isIdentity ? "card identity" : "card", "data-testid": "card", "data-path": path },
    picture,
    h(
      "div",
      { class: "card-text" },
      h("h4", null, link),
      labels["Also called"] ? h("p", { class: "aliases", lang: "en" }, ...inlineNodes(labels["Also called"])) : null,
      h("p", { lang: "en" }, ...inlineNodes(sentence)),
      said.length > 0 ? h("dl", { class: "said" }, ...said) : null,
      pair ? h("p", { class: "pair" }, isPair ? `${pair[0].title} = ${pair[1].title}` : texts.catalogueCard.forms(pair[0].title)) : null,
      compare,
    ),
  );
  // The card is a large target for its link; text in it can still be selected, and its buttons are their own.
  element.addEventListener("click", (event) => {
    if (event.target instanceof Element && !event.target.closest("a, button") && !getSelection()?.toString()) open(event, path);
  });
  /** @type {Picture | null} */
  let drawn = null;
  let isWhole = false;
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
      if (isWhole || asking) return;
      const mine = new AbortController();
      asking = mine;
      picture.dataset.state = "reading";
      try {
        const source = await sourceOf(path);
        if (isIdentity) drawn = await identityPicture(source, side, mine.signal);
        else if (entry.hasMask) {
          const { mask } = (drawn = await maskPicture(source, side, mine.signal));
          paint();
          // How much is read of what is seen takes the whole program, and comes after the masks of the other cards.
          drawn = { ...drawn, shares: await sharesOfRun(source, mask, side, mine.signal) };
        }
        isWhole = true;
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
      picture.replaceChildren(h("span", { class: "proven" }, texts.catalogueCard.proven), h("span", { class: "measured" }, drawn.difference === null ? "" : differenceText(drawn.difference)));
      return;
    }
    const { mask, shares } = drawn;
    const cell = SIDE / Math.max(mask.columns, mask.rows);
    const context = prepareCanvas(canvas, SIDE + 2, SIDE + 2);
    if (context) paintMask(context, mask, { left: 1, top: 1, cell }, look(picture), shares);
    canvas.setAttribute("aria-label", `${texts.catalogueCard.keysSeen(title)}. ${rowSentence(mask, mask.rows - 1, null)}`);
  }

  /** @param {MouseEvent} event @param {string} to */
  function open(event, to) {
    // A new tab is the browser's to open.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void navigation.openProgram(to);
  }
}

/** @typedef {import("../side-engine.js").SideEngine} SideEngine */

/** @param {string} source @param {SideEngine} side @param {AbortSignal} signal */
function maskPicture(source, side, signal) {
  return side.use(async (run, read) => ({ kind: /** @type {const} */ ("mask"), mask: maskFromValues(await read(maskName(await run(maskProgram(source, TOKENS))).id)), shares: null }), signal);
}

/** The newest weights of the program's own text that fit the mask, if it has any. @param {string} source @param {import("../mask.js").Mask} mask @param {SideEngine} side @param {AbortSignal} signal */
function sharesOfRun(source, mask, side, signal) {
  return side.use(async (run, read) => {
    const { steps } = await run(source);
    const names = steps.flatMap(({ names }) => names).filter(({ kind, name, shape }) => kind === "tensor" && name === "weights" && shape.at(-1) === mask.columns && shape.at(-2) === mask.rows);
    for (const { id } of names.reverse()) {
      const shares = sharesOf(mask, await read(id));
      if (shares) return shares;
    }
    return null;
  }, signal);
}

/** @param {string} source @param {SideEngine} side @param {AbortSignal} signal */
function identityPicture(source, side, signal) {
  return side.use(async (run) => {
    const measured = await run(source);
    if (measured.error) throw new Error(measured.error.message);
    return { kind: /** @type {const} */ ("identity"), difference: measuredDifference(measured) };
  }, signal);
}

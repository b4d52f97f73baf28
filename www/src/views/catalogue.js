/** The catalogue: the programs as the story tells them, with what each keeps, gives up and costs. */
import { found, identityPair, kindOf } from "../catalogue.js";
import { h, setText } from "../dom.js";
import { texts } from "../texts-later.js";
import { createCard } from "./catalogue-card.js";
import { onLookChange } from "./look.js";

/** How far outside the view a card's picture is already computed. */
const MARGIN = "200px 0px";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../navigation.js").Navigation} navigation
 * @param {import("../side-engine.js").SideEngine} side
 */
export function createCatalogue(store, navigation, side) {
  const search = h("input", {
    type: "search",
    id: "catalogue-search",
    placeholder: texts.catalogue.searchExample,
    "data-testid": "search",
    oninput: () => store.set({ query: search.value }),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && search.value.trim() !== "") firstLink()?.click();
      if (event.key === "ArrowDown") firstLink()?.focus();
    },
  });
  const count = h("p", { class: "count", role: "status", "data-testid": "found" });
  const list = h("div", { class: "chapters", "data-testid": "chapters" });
  const element = h(
    "section",
    { class: "catalogue", "aria-label": texts.catalogue.catalogue, "data-testid": "catalogue" },
    h(
      "header",
      null,
      h("h2", null, texts.catalogue.title),
      h("p", null, texts.catalogue.intro),
      h("div", { class: "search" }, h("label", { for: "catalogue-search" }, texts.catalogue.search), search, count, h("button", { type: "button", class: "quiet", onclick: navigation.toProgram }, texts.catalogue.back)),
    ),
    list,
  );
  /** Cards are made once: searching only chooses among them. @type {Map<string, import("./catalogue-card.js").Card>} */
  const cards = new Map();
  /** @type {Map<Element, import("./catalogue-card.js").Card>} */
  const cardOf = new Map();
  const inView = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting && store.state.page === "catalogue") cardOf.get(target)?.draw();
        else cardOf.get(target)?.cancel();
      }
    },
    // On a small screen the page scrolls, else the catalogue itself does: both margins, each where it counts.
    /** @type {IntersectionObserverInit} */ ({ rootMargin: MARGIN, scrollMargin: MARGIN }),
  );

  store.on(["programs", "chapters", "query", "page", "program"], (state) => {
    const { programs, chapters, query, page, program } = state;
    if (page !== "catalogue") return close();
    if (search.value !== query) search.value = query;
    const shown = found(chapters, programs, query);
    const total = programs.filter((entry) => kindOf(entry) !== "model").length;
    const matches = shown.reduce((sum, chapter) => sum + chapter.programs.length, 0);
    setText(count, query.trim() === "" ? texts.catalogue.programs(total) : texts.catalogue.matches(matches, total));
    const sections = shown.map(({ title, summary, programs: some }) =>
      h("section", { class: "chapter" }, h("h3", { lang: "en" }, title), summary ? h("p", { class: "chapter-summary", lang: "en" }, summary) : null, h("div", { class: "cards" }, ...some.map((entry) => cardFor(entry).element))),
    );
    list.replaceChildren(...(sections.length > 0 ? sections : [h("p", { class: "empty" }, texts.catalogue.nothingFound)]));
    for (const [path, card] of cards) card.mark(path === program);
    inView.disconnect();
    for (const node of list.querySelectorAll(".card")) inView.observe(node);
  });
  onLookChange(element, () => cards.forEach((card) => card.paint()));
  return {
    element,
    focus: () => (matchMedia("(pointer: fine)").matches ? search.focus({ preventScroll: true }) : undefined),
  };

  /** What is still being computed for pictures is given up. */
  function close() {
    inView.disconnect();
    for (const card of cards.values()) card.cancel();
  }

  /** @param {import("../state.js").ProgramEntry} entry */
  function cardFor(entry) {
    let card = cards.get(entry.path);
    if (!card) {
      card = createCard(entry, kindOf(entry) === "identity" ? identityPair(entry, store.state.programs) : null, navigation, side);
      cards.set(entry.path, card);
      cardOf.set(card.element, card);
    }
    return card;
  }

  /** @returns {HTMLAnchorElement | null} */
  function firstLink() {
    return list.querySelector("a.card-title");
  }
}

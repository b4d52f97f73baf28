/** The models of the trade in a table that sorts by any column: what cards say, what was counted, what was measured here. */
import { inkOn, rgbFromValue } from "../color.js";
import { h } from "../dom.js";
import { decimal, inWords } from "../language.js";
import { bytesText } from "../number.js";
import { texts } from "../texts-later.js";
import { CONTEXTS, bytesAt, growthOf, isSameCache, isSameLoss, isSameRecall, numberText, percent, recallAt } from "../trade.js";
import { look } from "./look.js";

const PERCENT = { min: 0, max: 1, scale: 1 };
/** The farthest text on which recall is measured: how far back is told apart there. */
const LONGEST = CONTEXTS[CONTEXTS.length - 1];

/** @typedef {import("../trade.js").Row} Row */
/** @typedef {import("../trade.js").Figures} Figures */
/** @typedef {{ row: Row, figures: Figures, recallFigures: Figures, kept: import("../trade.js").Kept | undefined, card: import("../trade.js").CardLosses, role: string, mechanism: import("../state.js").ProgramEntry | undefined }} Line a mechanism with all that is known of it */
/** @typedef {{ task: string, context: number, sort: string, address: (path: string) => string, openModel: (path: string) => void, openProgram: (path: string) => void, sortBy: (sort: string) => void }} Choices */
/** @typedef {{ id: string, head: string, title: string, value: (line: Line) => number | null, cell: (line: Line) => Node | string | (Node | string)[] }} Column */

/** @param {Line[]} lines in the order of the story @param {Choices} choices */
export function tradeTable(lines, choices) {
  const columns = columnsOf(choices);
  const wanted = choices.sort.replace(/^-/, "");
  const column = columns.find(({ id }) => id === wanted);
  const isDown = choices.sort.startsWith("-");
  const sorted = column ? sortedBy(lines, column.value, isDown) : lines;
  const heads = [{ id: "", head: texts.tradeTable.model, title: texts.tradeTable.modelTitle }, ...columns].map(({ id, head, title }) => {
    const isSorted = id === (column?.id ?? "");
    const next = id === "" ? "" : isSorted && !isDown ? `-${id}` : id;
    const mark = isSorted && id !== "" ? (isDown ? " ↓" : " ↑") : "";
    return h("th", { scope: "col", "aria-sort": isSorted && id !== "" ? (isDown ? "descending" : "ascending") : null, "data-column": id || "model" }, h("button", { type: "button", class: "sort", title, "aria-label": `${head}: ${title}`, onclick: () => choices.sortBy(next) }, `${head}${mark}`));
  });
  return h(
    "table",
    null,
    h("caption", null, texts.tradeTable.caption(texts.trade.qualities[choices.task === "induction" ? "induction" : "associative"].title)),
    h("thead", null, h("tr", null, ...heads)),
    h("tbody", null, ...sorted.map((line) => h("tr", { "data-path": line.row.id, class: line.role }, nameCell(line, choices), ...columns.map(({ id, cell }) => h("td", { "data-column": id }, ...[cell(line)].flat()))))),
  );
}

/** By a number, those without one last. @param {Line[]} lines @param {(line: Line) => number | null} value @param {boolean} isDown */
export function sortedBy(lines, value, isDown) {
  return [...lines].sort((a, b) => {
    const [one, other] = [value(a), value(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return isDown ? other - one : one - other;
  });
}

/** @param {Line} line @param {Choices} choices */
function nameCell({ row, mechanism }, { address, openModel, openProgram }) {
  const follow = (/** @type {() => void} */ go) => (/** @type {Event} */ event) => (event.preventDefault(), go());
  return h(
    "th",
    { scope: "row" },
    h("a", { href: address(row.id), "data-testid": "trade-open", onclick: follow(() => openModel(row.id)) }, row.title),
    mechanism ? h("a", { class: "mechanism", href: `#${mechanism.path}`, onclick: follow(() => openProgram(mechanism.path)) }, mechanism.title) : null,
  );
}

/** @param {Choices} choices @returns {Column[]} */
function columnsOf({ task, context }) {
  const recalls = CONTEXTS.map((length) => ({
    id: `recall-${length}`,
    head: length === CONTEXTS[0] ? texts.tradeTable.recall(length) : String(length),
    title: texts.tradeTable.recallTitle(length),
    value: (/** @type {Line} */ { row }) => recallAt(row, task, length)?.recall ?? null,
    cell: (/** @type {Line} */ line) => recallCell(line, task, length),
  }));
  return [
    { id: "loss", head: texts.tradeTable.loss, title: texts.tradeTable.lossTitle, value: ({ row }) => row.language.loss_per_character ?? null, cell: lossCell },
    ...recalls,
    { id: "distance", head: texts.tradeTable.byDistance, title: texts.tradeTable.byDistanceTitle(LONGEST), value: ({ row }) => recallAt(row, task, LONGEST)?.by_distance.at(-1)?.[1] ?? null, cell: ({ row }) => distanceCell(row, task) },
    { id: "per-token", head: texts.tradeTable.perToken, title: texts.tradeTable.perTokenTitle, value: ({ kept }) => (kept ? growthOf(kept).perToken : null), cell: ({ kept }) => (kept ? number(numberText(growthOf(kept).perToken)) : waiting()) },
    { id: "fixed", head: texts.tradeTable.fixed, title: texts.tradeTable.fixedTitle, value: ({ kept }) => (kept ? growthOf(kept).fixed : null), cell: ({ kept }) => (kept ? number(inWords(growthOf(kept).fixed)) : waiting()) },
    { id: "kept", head: texts.tradeTable.kept(context), title: texts.tradeTable.keptTitle(context), value: ({ kept }) => bytesAt(kept, context), cell: (line) => keptCell(line, context) },
    { id: "speed", head: texts.tradeTable.speed, title: texts.tradeTable.speedTitle, value: ({ figures }) => (figures.speed ? figures.speed.tokens / figures.speed.seconds : null), cell: speedCell },
    { id: "parameters", head: texts.tradeTable.parameters, title: texts.tradeTable.parametersTitle, value: ({ row }) => row.language.parameters, cell: ({ row }) => number(inWords(row.language.parameters)) },
  ];
}

/** @param {Line} line */
function lossCell({ row, figures: { loss: measured }, card }) {
  const value = row.language.loss_per_character;
  const shown = value === undefined ? h("span", { class: "reason" }, texts.tradeTable.notMeasured) : number(decimal(value.toFixed(3)));
  if (!measured) return shown;
  // Windows differ in how hard they are: what was measured is compared with the card's figure for as many.
  const expected = card?.find(({ windows }) => windows === measured.windows);
  if (!expected) return [shown, h("span", { class: "check" }, texts.tradeTable.lossHere(decimal(measured.loss.toFixed(3))))];
  const characters = expected.loss_per_character / expected.loss;
  const same = isSameLoss(measured.loss, expected.loss);
  const here = decimal((measured.loss * characters).toFixed(3));
  const onCard = decimal(expected.loss_per_character.toFixed(3));
  const isWhole = expected.loss_per_character === value;
  return [shown, check(same, isWhole ? texts.tradeTable.here(here) : texts.tradeTable.windows(measured.windows, here, onCard), texts.tradeTable.windowsTitle(measured.windows, decimal(measured.loss.toFixed(5)), decimal(expected.loss.toFixed(5)), onCard))];
}

/** @param {Line} line @param {string} task @param {number} length */
function recallCell({ row, recallFigures }, task, length) {
  const part = recallAt(row, task, length);
  if (!part) return h("span", { class: "reason" }, length === CONTEXTS[0] ? texts.tradeTable.notMeasured : "");
  const measured = recallFigures.recall?.find((one) => one.task === task && one.length === length);
  const same = measured && isSameRecall([measured], [part]);
  return [number(percent(part.recall)), ...(measured ? [check(same === true, texts.tradeTable.here(percent(measured.recall)), texts.tradeTable.questions(measured.questions, decimal(String(measured.recall)), decimal(String(part.recall))))] : [])];
}

/** @param {Row} row @param {string} task */
function distanceCell(row, task) {
  const part = recallAt(row, task, LONGEST);
  if (!part) return "";
  const { theme } = look();
  let before = 0;
  const cells = part.by_distance.map(([upto, recall]) => {
    const rgb = rgbFromValue(recall, PERCENT, theme);
    const said = texts.tradeTable.distance(before + 1, upto, percent(recall));
    before = upto;
    return h("li", { title: said, style: `background: rgb(${rgb.join()}); color: ${inkOn(rgb)}` }, h("span", { class: "upto", "aria-hidden": "true" }, `≤${upto}`), h("span", { "aria-label": said }, percent(recall).replace("\u00a0%", "")));
  });
  return h("ol", { class: "heat", "aria-label": texts.tradeTable.distanceLabel }, ...cells);
}

/** @param {Line} line @param {number} context */
function keptCell({ kept, figures: { cache, shapes } }, context) {
  const bytes = bytesAt(kept, context);
  if (bytes === null) return waiting();
  const counted = number(bytesText(bytes), inWords(bytes));
  if (!cache || !shapes) return counted;
  return [counted, check(isSameCache(cache, shapes), texts.tradeTable.allocated, texts.tradeTable.allocatedTitle)];
}

/** @param {Line} line */
function speedCell({ figures }) {
  if (!figures.speed) return h("span", { class: "reason" }, texts.tradeTable.notMeasured);
  const { tokens, seconds } = figures.speed;
  return number(decimal((tokens / seconds).toFixed(tokens / seconds < 10 ? 1 : 0)));
}

/** What was measured here, and whether it is what was said before. @param {boolean} isSame @param {string} text @param {string} how */
function check(isSame, text, how) {
  return h("span", { class: isSame ? "check" : "check error-line", title: how, "data-testid": "trade-check" }, `${text} ${isSame ? "✓" : "✗"}`);
}

/** @param {string} text @param {string} [exact] */
function number(text, exact) {
  return h("span", { class: "number", title: exact ?? null }, text);
}

function waiting() {
  return h("span", { class: "reason" }, "…");
}

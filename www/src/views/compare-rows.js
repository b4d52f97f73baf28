/** The tensors of two programs, step against step: both, and their difference. What agrees is folded. */
import { indexFromOffset } from "../align.js";
import { domainFromValues, joinDomains } from "../color.js";
import { agrees, firstParting } from "../comparison.js";
import { h, setText } from "../dom.js";
import { shortNumber } from "../number.js";
import { offsetFromIndex } from "../shape.js";
import { texts } from "../texts-later.js";
import { onLookChange } from "./look.js";
import { createTensor } from "./tensor.js";

/** How far outside the view a tensor is already drawn. */
const MARGIN = "300px 0px";
/** Up to this width the three stand below each other. */
const NARROW = 760;

/** @typedef {import("../comparison.js").Row} Row */
/** @typedef {import("../comparison.js").Side} Side */

export function createCompareRows() {
  const reading = h("p", { class: "reading", role: "status" });
  const list = h("div", { class: "compare-list" });
  const element = h("div", { class: "compare-rows", "data-testid": "compare-rows" }, list, reading);
  /** @type {Map<Element, import("./tensor.js").TensorView>} */
  let tensors = new Map();
  /** Rows that the reader opened or closed, by their names. @type {Map<string, boolean>} */
  const chosen = new Map();
  /** @type {(() => void) | null} */
  let again = null;
  let width = 0;

  const inView = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        inView.unobserve(target);
        void tensors.get(target)?.load();
      }
    },
    /** @type {IntersectionObserverInit} */ ({ rootMargin: MARGIN, scrollMargin: MARGIN }),
  );
  onLookChange(element, () => tensors.forEach((tensor) => tensor.paint()));
  new ResizeObserver(() => {
    if (Math.abs(element.clientWidth - width) > 8 && element.clientWidth > 0) again?.();
  }).observe(element);

  return {
    element,
    /** Shows the rows. @param {Row[]} rows @param {[Side, Side]} sides @param {string[]} names @returns {string} what they come to, in a sentence or two */
    show(rows, sides, names) {
      again = () => fill(rows, sides, names);
      again();
      return verdictText(rows, names);
    },
  };

  /** @param {Row[]} rows @param {[Side, Side]} sides @param {string[]} names */
  function fill(rows, sides, names) {
    width = element.clientWidth;
    const previous = new Map([...tensors.values()].map((tensor) => [/** @type {HTMLElement} */ (tensor.element).dataset.place ?? "", tensor]));
    tensors = new Map();
    inView.disconnect();
    const parting = firstParting(rows);
    list.replaceChildren(
      h("div", { class: "compare-head", "aria-hidden": "true" }, ...[...names, texts.compareRows.difference].map((name) => h("span", null, name))),
      ...runsOf(rows).map(([start, end]) => {
        const elements = rows.slice(start, end).map((row, at) => rowOf(row, start + at, start + at === parting, sides, names, previous));
        return end - start > 1 ? groupOf(rows.slice(start, end), elements, names) : elements[0];
      }),
    );
    setText(reading, "");
  }

  /** What only one program has, folded into one line: there can be many. @param {Row[]} some @param {HTMLElement[]} elements @param {string[]} names */
  function groupOf(some, elements, names) {
    const named = [...new Set(some.map(({ a, b }) => (a ?? b)?.name.name ?? ""))];
    const list = `${named.slice(0, 6).join(", ")}${named.length > 6 ? " …" : ""}`;
    return h("details", { class: "compare-row alone" }, h("summary", null, h("code", { class: "name" }, list), h("span", { class: "outcome" }, texts.compareRows.onlyIn(texts.compareRows.tensors(some.length), some[0].a ? names[0] : names[1]))), h("div", { class: "group" }, ...elements));
  }

  /** @param {Row} row @param {number} index @param {boolean} isParting @param {[Side, Side]} sides @param {string[]} names @param {Map<string, import("./tensor.js").TensorView>} previous */
  function rowOf(row, index, isParting, sides, names, previous) {
    const { a, b, difference } = row;
    const name = /** @type {import("../align.js").Binding} */ (a ?? b).name;
    const key = `${name.name} ${index}`;
    const body = h("div", { class: "triple" });
    // Weights are given and not computed: what they lead to is of more interest.
    const isFolded = a === null || b === null || agrees(row) || /^W_/.test(name.name);
    const details = h(
      "details",
      { class: `compare-row ${a && b ? (agrees(row) ? "equal" : "differs") : "alone"}${isParting ? " parting" : ""}`, "data-testid": "compare-row", "data-name": name.name },
      h("summary", null, h("code", { class: "name" }, name.name), h("span", { class: "outcome" }, outcome(row, names)), isParting ? h("strong", null, texts.compareRows.part) : null),
      body,
    );
    details.open = chosen.get(key) ?? !isFolded;
    const build = () => {
      if (body.childElementCount > 0) return;
      const room = width <= NARROW ? width - 24 : Math.floor((width - 96) / 3);
      const third = difference && a ? { name: { ...a.name, name: texts.compareRows.difference, id: -1, dtype: "float32", device: texts.compareRows.firstMinusSecond, gradFn: "" }, step: a.step } : null;
      const both = [a && sides[0].values.get(a.name.id), b && sides[1].values.get(b.name.id)].flatMap((values) => (values ? [domainFromValues(values.data)] : []));
      const shared = both.length === 2 ? Promise.all(both).then(([one, other]) => joinDomains(one, other)) : undefined;
      /** @type {(import("./tensor.js").TensorView | null)[]} */
      const three = [
        a && figure(a, sides[0], 0, room, shared),
        b && figure(b, sides[1], 1, room, shared),
        third && figure(third, { ...sides[0], values: new Map([[-1, { data: /** @type {any} */ (difference).data, shape: third.name.shape, dtype: "float32", device: "" }]]) }, 2, room),
      ];
      body.replaceChildren(...three.map((tensor, column) => (tensor ? tensor.element : h("p", { class: "absent" }, column === 2 ? (a && b ? texts.compareRows.noCell : "") : "–"))));

      /** @param {import("../align.js").Binding} binding @param {Side} side @param {number} column @param {number} roomFor @param {Promise<import("../color.js").Domain>} [domain] */
      function figure(binding, side, column, roomFor, domain) {
        const place = `${key} ${column}`;
        const tensor = createTensor(/** @type {any} */ (facade(side, (cell) => point(cell && offsetFromIndex(binding.name.shape, cell.index)))), { name: binding.name, step: binding.step, steps: side.run.steps, room: roomFor, previous: previous.get(place), domain });
        tensor.element.dataset.place = place;
        tensors.set(tensor.element, tensor);
        inView.observe(tensor.element);
        return tensor;
      }

      /** The cell that is pointed at, wherever it stands. @param {number | null} offset */
      function point(offset) {
        for (const tensor of three) tensor?.light(null, offset !== null && (difference || tensor.element.matches(":hover")) ? indexFromOffset(tensor.name.shape, offset) : null);
        setText(reading, offset === null || !difference ? "" : cellText(row, sides, offset, names));
      }
    };
    details.addEventListener("toggle", () => {
      if (details.open !== !isFolded || chosen.has(key)) chosen.set(key, details.open);
      if (details.open) build();
    });
    if (details.open) build();
    return details;
  }
}

/** What a figure asks of a session, answered from values that are already read. @param {Side} side @param {(cell: any) => void} point */
function facade(side, point) {
  return {
    /** @param {number} id */
    read: async (id) => {
      const values = side.values.get(id);
      if (!values) throw new Error(texts.compareRows.tooMany);
      return values;
    },
    // What a figure that is saved says of itself; the page's address has the pair.
    state: { run: side.run, code: side.run.code, program: "", fragment: async () => location.hash },
    // Both run in engines that are not timed.
    time: async () => null,
    point,
    pin: point,
    goTo: () => undefined,
  };
}

/** Rows in runs of one line each, and what only one of the programs has in one run. @param {Row[]} rows @returns {[number, number][]} from, and to but not included */
function runsOf(rows) {
  /** @type {[number, number][]} */
  const runs = [];
  const sideOf = (/** @type {number} */ at) => (rows[at].a && rows[at].b ? "both" : rows[at].a ? "a" : "b");
  for (let at = 0; at < rows.length; at += 1) {
    const last = runs[runs.length - 1];
    if (last && last[1] === at && sideOf(at) !== "both" && sideOf(at) === sideOf(last[0])) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

/** @param {Row} row @param {string[]} names */
function outcome({ a, b, difference }, names) {
  const t = texts.compareRows;
  const shape = (/** @type {import("../align.js").Binding} */ { name }) => `[${name.shape.join(", ")}]`;
  if (a && b && difference) {
    const shapes = shape(a) === shape(b) ? shape(a) : t.as(shape(a), shape(b));
    if (difference.largest === 0) return t.equal(shapes);
    if (difference.isRounding) return t.rounding(shapes, exponent(difference.largest));
    const cells = t.cells(difference.cells, difference.data.length);
    if (a.name.dtype.endsWith("bool")) return t.differ(shapes, cells);
    // Where one side is masked and the other is not, a number for how far apart they are says nothing.
    return difference.largest === Infinity ? t.infinity(shapes, cells) : t.differBy(shapes, shortNumber(difference.largest));
  }
  if (a && b) return t.against(shape(a), shape(b));
  return a ? t.onlyIn(shape(a), names[0]) : b ? t.onlyIn(shape(b), names[1]) : "";
}

/** @param {Row[]} rows @param {string[]} names */
function verdictText(rows, names) {
  const t = texts.compareRows;
  const shared = rows.filter(({ a, b }) => a && b);
  const same = shared.filter(agrees);
  const parting = firstParting(rows);
  if (shared.length === 0) return texts.compareRows.noShared;
  const largest = Math.max(0, ...same.map(({ difference }) => difference?.largest ?? 0));
  if (parting < 0) return t.equalAll(shared.length, largest > 0 ? exponent(largest) : "");
  const row = rows[parting];
  const where = row.difference && row.difference.largest < Infinity ? t.at(indexFromOffset(row.a?.name.shape ?? [], row.difference.at).join(", ")) : "";
  return t.parting(same.length, shared.length, row.a?.name.name ?? "", `${outcome(row, names)}${where}`);
}

/** @param {Row} row @param {[Side, Side]} sides @param {number} offset @param {string[]} names */
function cellText({ a, b, difference }, sides, offset, names) {
  const place = (/** @type {import("../align.js").Binding | null} */ binding) => `${binding?.name.name}[${indexFromOffset(binding?.name.shape ?? [], offset).join(", ")}]`;
  const values = [a, b].map((binding, which) => shortNumber(Number(sides[which].values.get(binding?.name.id ?? -1)?.data[offset] ?? NaN)));
  return texts.compareRows.cell(place(a), values[0], names[0], values[1], names[1], shortNumber(difference?.data[offset] ?? NaN));
}

/** @param {number} value */
function exponent(value) {
  return value.toExponential(1).replace("-", "−");
}

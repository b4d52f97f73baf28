/** What switches heads and parts of a model's layers off, or scales them, by the control `scaled` of the program that lets it write. */
import { h, setText } from "../dom.js";
import { headCount } from "../layers.js";
import { controls } from "../program.js";
import { CONTROL, factorText, factorsFromText, partText, textWithFactor } from "../scaled.js";
import { texts } from "../texts-later.js";

const RANGE = { min: -1, max: 2, step: 0.25 };

/** @param {import("../state.js").Store} store @param {(name: string, value: string) => void} turn writes a control's value into the code */
export function createSwitches(store, turn) {
  const shownFactor = h("output", { for: "scale-to" });
  const slider = h("input", { type: "range", id: "scale-to", ...RANGE, value: 0, "data-testid": "scale-to", oninput: () => setText(shownFactor, factorText(Number(slider.value))) });
  const scaled = h("span", { role: "status", "data-testid": "scaled" });
  const allOn = h("button", { type: "button", "data-testid": "all-on", hidden: true, onclick: () => (turn(CONTROL, ""), slider.focus()) }, texts.switches.allOn);
  const element = h("p", { class: "switching" }, h("label", { for: "scale-to" }, texts.switches.click), slider, shownFactor, allOn, scaled);
  setText(shownFactor, factorText(0));
  /** Those of the rows that are shown. @type {HTMLButtonElement[]} */
  let buttons = [];

  store.on(["code"], update);
  return {
    element,
    /** The switches of the rows that are about to be shown are new. */
    begin: () => void (buttons = []),
    /** @param {import("../layers.js").Layer} layer @returns {HTMLElement | null} null where the program has no such control */
    of(layer) {
      if (!controls(store.state.code).some(({ name }) => name === CONTROL)) return null;
      const heads = Array.from({ length: headCount(layer) }, (_, head) => switchOf(`${layer.layer}.${head}`, head === 0 ? texts.switches.head(0) : String(head)));
      const parts = [...(layer.mixer ? ["attention"] : []), ...(layer.feedsForward ? ["feed_forward"] : [])].map((part) => switchOf(`${layer.layer}.${part}`, part === "attention" ? texts.scaled.attention : texts.scaled.feedForward));
      const list = [...heads, ...parts, switchOf(String(layer.layer), texts.switches.layer)];
      list.forEach((button, index) => (button.tabIndex = index === 0 ? 0 : -1));
      return h("span", { class: "switches", role: "toolbar", "aria-label": texts.switches.parts(layer.layer), onkeydown: (/** @type {KeyboardEvent} */ event) => moveFocus(list, event) }, ...list);
    },
    update,
  };

  /** @param {string} part @param {string} name */
  function switchOf(part, name) {
    const button = h("button", { type: "button", role: "switch", "data-part": part, "data-key": `switch ${part}`, onclick: () => toggle(part) }, name);
    buttons.push(button);
    return button;
  }

  /** @param {string} part */
  function toggle(part) {
    const text = textNow();
    turn(CONTROL, textWithFactor(text, part, factorsFromText(text).has(part) ? 1 : Number(slider.value)));
  }

  function textNow() {
    return String(controls(store.state.code).find(({ name }) => name === CONTROL)?.value ?? "");
  }

  function update() {
    const factors = factorsFromText(textNow());
    for (const button of buttons) {
      const part = button.dataset.part ?? "";
      const factor = factors.get(part) ?? 1;
      button.setAttribute("aria-checked", String(factor === 1));
      const says = partText(part);
      button.setAttribute("aria-label", factor === 1 || factor === 0 ? says : `${says}, ${factorText(factor)}`);
      button.title = factor === 1 ? texts.switches.scale(says) : texts.switches.undo(says, factorText(factor));
      button.dataset.factor = factor === 1 || factor === 0 ? "" : factorText(factor);
    }
    allOn.hidden = textNow() === "";
    element.hidden = !controls(store.state.code).some(({ name }) => name === CONTROL);
    setText(scaled, [...factors].map(([part, factor]) => `${partText(part)} ${factorText(factor)}`).join(", "));
  }
}

/** The switches of a layer are one stop for Tab; the arrow keys lead from one to the next. @param {HTMLButtonElement[]} list @param {KeyboardEvent} event */
function moveFocus(list, event) {
  const at = list.indexOf(/** @type {HTMLButtonElement} */ (event.target));
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: list.length - 1 }[event.key];
  if (to === undefined || at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const next = list[(to + list.length) % list.length];
  for (const button of list) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}

/** By how much a head is scaled in all: itself, the attention of its layer, the layer. @param {Map<string, number>} factors @param {number} layer @param {number} head */
export function factorOfHead(factors, layer, head) {
  return ["", ".attention", `.${head}`].reduce((product, part) => product * (factors.get(`${layer}${part}`) ?? 1), 1);
}

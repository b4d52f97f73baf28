/** One control as a field: a slider, a number, a text, a choice or a box. */
import { h } from "../dom.js";

/** A name of more characters takes the room of two fields. */
const LONG_NAME = 17;

/** @typedef {import("../program.js").Control} Control */
/** @typedef {{ wrapper: HTMLElement, set: (value: Control["value"]) => void }} Field */

/**
 * @param {Control} control
 * @param {string} prefix of the ids, so that two sets of fields may stand on one page
 * @param {(value: Control["value"]) => void} write called when the reader turns it
 * @returns {Field}
 */
export function controlField({ name, kind, min, max, step, choices }, prefix, write) {
  const id = `${prefix}-${name}`;
  const label = h("label", { for: id, lang: "en" }, name.replaceAll("_", " "));
  const wrapper = h("div", { class: `control ${kind}${name.length > LONG_NAME ? " wide" : ""}`, "data-control": name });
  /** @type {Field["set"]} */
  let set;
  if (kind === "choice") {
    const select = h("select", { id, onchange: () => write((choices ?? [])[select.selectedIndex]) }, ...(choices ?? []).map((choice) => h("option", null, String(choice))));
    set = (value) => (select.selectedIndex = (choices ?? []).indexOf(value));
    wrapper.append(label, select);
  } else if (kind === "boolean") {
    const box = h("input", { id, type: "checkbox", onchange: () => write(box.checked) });
    set = (value) => (box.checked = value === true);
    wrapper.append(box, label);
  } else if (kind === "string") {
    const text = h("input", { id, type: "text", onchange: () => write(text.value) });
    set = (value) => (text.value = String(value));
    wrapper.append(label, text);
  } else {
    const input = h("input", { id, type: kind === "slider" ? "range" : "number", min, max, step: step ?? (kind === "integer" ? 1 : "any"), oninput: () => input.value !== "" && write(Number(input.value)) });
    const shownValue = h("output", { for: id });
    set = (value) => {
      if (input.value === "" || Number(input.value) !== value) input.value = String(value);
      shownValue.textContent = String(value);
    };
    wrapper.append(label, input, ...(kind === "slider" ? [shownValue] : []));
  }
  return { wrapper, set };
}

/** What a control looks like, its value aside: while this stays, its field stays, and with it the focus. @param {Control} control */
export function fieldKey({ name, kind, min, max, step, choices }) {
  return JSON.stringify([name, kind, min, max, step, choices]);
}

/** Form comments as controls. A control edits its literal in the code, so code and control never disagree. */
import { h } from "../dom.js";
import { controls, literalFromValue } from "../program.js";

/** @typedef {import("../program.js").Control} Control */

/** @param {import("../state.js").Store} store @param {{ replace: (from: number, to: number, insert: string) => void }} editor */
export function createControls(store, editor) {
  const element = h("form", { class: "controls", "data-testid": "controls", "aria-label": "What this program lets you turn", onsubmit: (/** @type {Event} */ event) => event.preventDefault() });
  /** What the fields were built for: while only values change, the fields stay, and with them the focus. */
  let built = "";
  /** @type {{ wrapper: HTMLElement, set: (value: Control["value"]) => void }[]} */
  let fields = [];

  store.on(["code"], ({ code }) => {
    const list = controls(code);
    const shape = JSON.stringify(list.map(({ name, kind, min, max, step, choices }) => [name, kind, min, max, step, choices]));
    if (shape !== built) {
      built = shape;
      fields = list.map(fieldOf);
      element.replaceChildren(...fields.map(({ wrapper }) => wrapper));
      element.hidden = list.length === 0;
    }
    list.forEach((control, index) => fields[index].set(control.value));
  });

  /** Writes a value where the control's literal is now. @param {string} name @param {Control["value"]} value */
  function write(name, value) {
    const control = controls(store.state.code).find((other) => other.name === name);
    if (control && control.value !== value) editor.replace(control.from, control.to, literalFromValue(control, value));
  }

  /** @param {Control} control */
  function fieldOf({ name, kind, min, max, step, choices }) {
    const id = `control-${name}`;
    const label = h("label", { for: id }, name.replaceAll("_", " "));
    const wrapper = h("div", { class: `control ${kind}`, "data-control": name });
    /** @type {(value: Control["value"]) => void} */
    let set;
    if (kind === "choice") {
      const select = h("select", { id, onchange: () => write(name, (choices ?? [])[select.selectedIndex]) }, ...(choices ?? []).map((choice) => h("option", null, String(choice))));
      set = (value) => (select.selectedIndex = (choices ?? []).indexOf(value));
      wrapper.append(label, select);
    } else if (kind === "boolean") {
      const box = h("input", { id, type: "checkbox", onchange: () => write(name, box.checked) });
      set = (value) => (box.checked = value === true);
      wrapper.append(box, label);
    } else if (kind === "string") {
      const text = h("input", { id, type: "text", onchange: () => write(name, text.value) });
      set = (value) => (text.value = String(value));
      wrapper.append(label, text);
    } else {
      const input = h("input", { id, type: kind === "slider" ? "range" : "number", min, max, step: step ?? (kind === "integer" ? 1 : "any"), oninput: () => input.value !== "" && write(name, Number(input.value)) });
      const shownValue = h("output", { for: id });
      set = (value) => {
        if (Number(input.value) !== value) input.value = String(value);
        shownValue.textContent = String(value);
      };
      wrapper.append(label, input, ...(kind === "slider" ? [shownValue] : []));
    }
    return { wrapper, set };
  }

  return { element };
}

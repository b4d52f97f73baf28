/** Form comments as controls. A control edits its literal in the code, so code and control never disagree. */
import { h } from "../dom.js";
import { controls, literalFromValue } from "../program.js";
import { texts } from "../texts.js";
import { controlField, fieldKey } from "./control-field.js";

/** @param {import("../state.js").Store} store @param {{ replace: (from: number, to: number, insert: string) => void }} editor */
export function createControls(store, editor) {
  const element = h("form", { class: "controls", "data-testid": "controls", "aria-label": texts.controls.turn, onsubmit: (/** @type {Event} */ event) => event.preventDefault() });
  /** @type {string | null} */
  let built = null;
  /** @type {import("./control-field.js").Field[]} */
  let fields = [];

  store.on(["code"], ({ code }) => {
    const list = controls(code);
    const key = list.map(fieldKey).join();
    if (key !== built) {
      built = key;
      fields = list.map((control) => controlField(control, "control", (value) => write(control.name, value)));
      element.replaceChildren(...fields.map(({ wrapper }) => wrapper));
      element.hidden = list.length === 0;
    }
    list.forEach((control, index) => fields[index].set(control.value));
  });

  /** Writes a value where the control's literal is now. @param {string} name @param {import("../program.js").Control["value"]} value */
  function write(name, value) {
    const control = controls(store.state.code).find((other) => other.name === name);
    if (control && control.value !== value) editor.replace(control.from, control.to, literalFromValue(control, value));
  }

  return { element, write };
}

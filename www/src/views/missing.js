/** What did not come from its host, and what asks for it again: above the page, or above the program of an element. */
import { h, setText } from "../dom.js";
import { texts } from "../texts.js";

/** @param {import("../state.js").Store} store */
export function createMissing(store) {
  const text = h("span", null);
  const again = () => {
    const { missing } = store.state;
    store.set({ missing: null });
    void missing?.again();
  };
  const element = h("p", { class: "comparison", role: "alert", "data-testid": "missing" }, text, " ", h("button", { type: "button", "data-testid": "again", onclick: again }, texts.missing.again));
  store.on(["missing"], ({ missing }) => {
    setText(text, missing?.text ?? "");
    element.hidden = missing === null;
  });
  return element;
}

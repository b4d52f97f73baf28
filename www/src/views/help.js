/** What the keys do, and what the drawings mean. */
import { h } from "../dom.js";

/** The page's own shortcuts; `main.js` acts on the same list. */
export const SHORTCUTS = /** @type {const} */ ([
  ["n", "Step forward", "forward"],
  ["p", "Step back", "back"],
  ["k", "Play or pause", "play"],
  ["r", "Run", "run"],
  ["c", "Run to the cursor", "cursor"],
  ["s", "Stop", "stop"],
  ["e", "Go to the code", "code"],
  ["t", "Go to the current line's tensor", "tensor"],
  ["1", "Tensors of every line", "tensors"],
  ["2", "Keys seen: which keys a query sees", "keys"],
  ["3", "Token by token", "tokens"],
  ["4", "Layers of a model", "layers"],
  ["[", "Previous program of the story", "previous"],
  ["]", "Next program of the story", "next"],
  ["g", "Catalogue", "catalogue"],
  ["m", "Models", "models"],
  ["q", "The trade: quality against memory", "trade"],
  ["d", "Compare with another program", "compare"],
  ["Escape", "Back to the code", "program"],
  ["l", "Copy a link", "link"],
  ["o", "Open a file", "open"],
  ["?", "This help", "help"],
]);

const IN_CODE = [
  ["Ctrl+Enter", "Run"],
  ["Ctrl+Shift+Enter", "Run to the cursor"],
  ["Alt+n, Alt+p", "Step forward, back"],
  ["Escape", "Leave the code"],
];

const IN_TENSOR = [
  ["Arrow keys", "Next cell"],
  ["Home, End", "First and last of the row; with Ctrl, of the matrix"],
  ["Page Up, Page Down", "Previous and next head or batch"],
  ["Enter", "Keep the cell selected, or open a tile"],
  ["Escape", "Let go"],
];

const IN_MASK = [
  ["Arrow keys", "Next query"],
  ["Page Up, Page Down", "Sixteen queries on"],
  ["Home, End", "First and last query"],
];

export function createHelp() {
  const close = h("button", { type: "button", class: "quiet", onclick: () => element.close() }, "Close");
  const element = h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title" },
    h("header", null, h("h2", { id: "help-title" }, "Help"), close),
    h("p", null, "The code on the left is the code that runs: PyTorch's language and numbers, in this page. Each line's tensors stand beside it. Change anything and it runs again."),
    h("h3", null, "Anywhere"),
    keys(SHORTCUTS.map(([key, text]) => [key, text])),
    h("h3", null, "In the code"),
    keys(IN_CODE),
    h("h3", null, "In a tensor"),
    keys(IN_TENSOR),
    h("h3", null, "Which keys a query sees"),
    keys(IN_MASK),
    h("h3", null, "Colours"),
    h("p", null, "Zero is paper; positive numbers go to blue, negative ones to orange, each tensor to its own largest magnitude. Masked cells (−inf) are hatched one way, +inf the other, nan both ways. A cell's sources are outlined when you point at it, and the rest steps back."),
    h("p", null, "Attention weights say what was mixed into what. They are not by themselves an explanation of what a model does."),
  );
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  return { element, open: () => element.showModal() };
}

/** @param {readonly (readonly string[])[]} list */
function keys(list) {
  return h("dl", { class: "keys" }, ...list.flatMap(([key, text]) => [h("dt", null, h("kbd", null, key)), h("dd", null, text)]));
}

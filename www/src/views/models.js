/** Whole models: those that come with the page, and the ways to open one's own. */
import { h, setText } from "../dom.js";
import { bytesText } from "../number.js";
import { texts } from "../texts-later.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../navigation.js").Navigation} navigation
 */
export function createModels(store, navigation) {
  const chosen = (/** @type {HTMLInputElement} */ input) => {
    navigation.openFiles([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    input.value = "";
  };
  const folder = h("input", { type: "file", webkitdirectory: true, hidden: true, "data-testid": "model-folder", onchange: () => chosen(folder) });
  const files = h("input", { type: "file", multiple: true, accept: ".json,.safetensors,.gguf", hidden: true, "data-testid": "model-files", onchange: () => chosen(files) });
  const address = h("input", { type: "text", id: "model-address", placeholder: "../my-models/llama/", spellcheck: "false", "data-testid": "model-address" });
  const own = h(
    "form",
    { class: "own-model", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), address.value.trim() && navigation.openModel(address.value.trim())) },
    h("h3", null, "Your own"),
    h("p", null, "A folder as it is published: config.json, tokenizer.json and .safetensors files, or one .gguf file. Drop it on the page, or choose it. Nothing of it leaves the page."),
    h("p", { class: "ways" }, h("button", { type: "button", onclick: () => folder.click() }, "Choose a folder"), h("button", { type: "button", onclick: () => files.click() }, "Choose files"), folder, files, h("label", { for: "model-address" }, "or a folder of this site"), address, h("button", { type: "submit" }, "Open")),
  );
  const bar = h("progress", { "aria-label": "Loading the model" });
  const how = h("span", { role: "status" });
  const loading = h("p", { class: "loading", hidden: true, "data-testid": "model-loading" }, bar, how, h("button", { type: "button", class: "quiet", onclick: navigation.stopLoading }, "Stop"));
  const notice = h("p", { class: "error-line", role: "alert", "data-testid": "model-notice" });
  const list = h("div", { class: "cards models", "data-testid": "models" });
  const elsewhere = h("p", { class: "hint" });
  const element = h(
    "section",
    { class: "catalogue", "aria-label": "Models", tabindex: "-1" },
    h("header", null, h("h2", null, "Models that write in this page"), h("p", null, "Each is trained on the same text with the same budget, and differs in its attention; GPT-2 in positions, norms and gates as well, and Qwen3 is there with multi-head attention for that. An architecture is a program: watch it write, step into any layer, read its tensors."), h("p", null, h("button", { type: "button", "data-testid": "to-costs", onclick: navigation.toCosts }, "What models cost"), " ", h("button", { type: "button", onclick: navigation.toTrade }, "The trade: what each keeps, and loses"))),
    loading,
    notice,
    list,
    elsewhere,
    own,
  );

  store.on(["models", "programs", "checkpoint"], ({ models, programs, checkpoint }) => {
    const cards = models.filter(({ task, weights }) => task === "language" && weights !== false).map((model) => createCard(model, programs.find(({ path }) => path === `attention/${model.mechanism}.py`), navigation, checkpoint?.address === model.path));
    const away = models.filter(({ weights }) => weights === false).length;
    elsewhere.hidden = away === 0;
    setText(elsewhere, texts.offline.weightsElsewhere(away));
    list.replaceChildren(...(cards.length > 0 ? cards : [h("p", { class: "empty" }, "This copy of the page comes without models.")]));
  });
  store.on(["loading", "page"], ({ loading: progress, page }) => {
    loading.hidden = progress === null || page !== "models";
    if (!progress) return;
    bar.max = Math.max(1, progress.total);
    if (progress.loaded > 0) bar.value = progress.loaded;
    else bar.removeAttribute("value");
    setText(how, progress.loaded > 0 ? `${bytesText(progress.loaded)} of ${bytesText(progress.total)}` : "Loading …");
  });
  store.on(["notice", "page"], ({ notice: text, page }) => setText(notice, page === "models" ? text : ""));
  return { element, focus: () => element.focus({ preventScroll: true }) };
}

/**
 * @param {import("../state.js").ModelEntry} model
 * @param {import("../state.js").ProgramEntry | undefined} mechanism
 * @param {import("../navigation.js").Navigation} navigation
 * @param {boolean} isOpen
 */
function createCard({ path, title, parameters, bytes, loss_per_character: loss, note }, mechanism, navigation, isOpen) {
  const facts = [`${(parameters / 1e6).toFixed(2)} M parameters`, bytesText(bytes), ...(loss === undefined ? [] : [`${loss.toFixed(3)} nats a character on unseen text`])];
  const open = (/** @type {Event} */ event) => (event.preventDefault(), navigation.openModel(path));
  return h(
    "article",
    { class: isOpen ? "card current" : "card", "data-testid": "model-card", "data-path": path },
    h(
      "div",
      { class: "card-text" },
      h("h3", null, h("a", { class: "card-title", href: `#models/generate.py?model=${encodeURIComponent(path)}`, onclick: open }, title)),
      mechanism ? h("p", { class: "aliases" }, mechanism.title) : null,
      note ? h("p", null, note) : null,
      h("p", { class: "hint" }, facts.join(" · ")),
      mechanism ? h("button", { type: "button", class: "quiet", onclick: () => navigation.openProgram(mechanism.path) }, "Its mechanism alone") : null,
    ),
  );
}

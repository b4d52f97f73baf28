/** Whole models: those that come with the page, and the ways to open one's own. */
import { h, setText } from "../dom.js";
import { decimal } from "../language.js";
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
    h("h3", null, texts.models.own),
    h("p", null, texts.models.ownIntro),
    h("p", { class: "ways" }, h("button", { type: "button", onclick: () => folder.click() }, texts.models.chooseFolder), h("button", { type: "button", onclick: () => files.click() }, texts.models.chooseFiles), folder, files, h("label", { for: "model-address" }, texts.models.orFolder), address, h("button", { type: "submit" }, texts.models.open)),
  );
  const bar = h("progress", { "aria-label": texts.models.loading });
  const how = h("span", { role: "status" });
  const loading = h("p", { class: "loading", hidden: true, "data-testid": "model-loading" }, bar, h("button", { type: "button", class: "quiet", onclick: navigation.stopLoading }, texts.models.stop), how);
  const notice = h("p", { class: "error-line", role: "alert", "data-testid": "model-notice" });
  const list = h("div", { class: "cards models", "data-testid": "models" });
  const elsewhere = h("p", { class: "hint" });
  const element = h(
    "section",
    { class: "catalogue", "aria-label": texts.models.models, tabindex: "-1" },
    h("header", null, h("h2", null, texts.models.title), h("p", null, texts.models.intro), h("p", null, h("button", { type: "button", "data-testid": "to-costs", onclick: navigation.toCosts }, texts.models.costs), " ", h("button", { type: "button", onclick: navigation.toTrade }, texts.models.trade))),
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
    list.replaceChildren(...(cards.length > 0 ? cards : [h("p", { class: "empty" }, texts.models.none)]));
  });
  store.on(["loading", "page"], ({ loading: progress, page }) => {
    loading.hidden = progress === null || page !== "models";
    if (!progress) return;
    bar.max = Math.max(1, progress.total);
    if (progress.loaded > 0) bar.value = progress.loaded;
    else bar.removeAttribute("value");
    setText(how, progress.loaded > 0 ? texts.models.ofBytes(bytesText(progress.loaded), bytesText(progress.total)) : texts.models.isLoading);
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
  const facts = [texts.models.parameters(decimal((parameters / 1e6).toFixed(2))), bytesText(bytes), ...(loss === undefined ? [] : [texts.models.loss(decimal(loss.toFixed(3)))])];
  const open = (/** @type {Event} */ event) => (event.preventDefault(), navigation.openModel(path));
  return h(
    "article",
    { class: isOpen ? "card current" : "card", "data-testid": "model-card", "data-path": path },
    h(
      "div",
      { class: "card-text" },
      h("h3", null, h("a", { class: "card-title", href: `#models/generate.py?model=${encodeURIComponent(path)}`, onclick: open }, title)),
      mechanism ? h("p", { class: "aliases", lang: "en" }, mechanism.title) : null,
      note ? h("p", { lang: "en" }, note) : null,
      h("p", { class: "hint" }, facts.join(" · ")),
      mechanism ? h("button", { type: "button", class: "quiet", onclick: () => navigation.openProgram(mechanism.path) }, texts.models.alone) : null,
    ),
  );
}

/** The dialog that takes all of this away: a link, code for an article, the program and its tensors as files. */
import { assetUrl } from "../assets.js";
import { h, setText } from "../dom.js";
import { tensorFigure } from "../export/figure.js";
import { notebookFromSource } from "../export/notebook.js";
import { pictureOf } from "../export/picture.js";
import { pngFromSvg } from "../export/png.js";
import { namedTensors } from "../export/run-tensors.js";
import { safetensorsFrom } from "../export/safetensors.js";
import { elementSnippet, frameSnippet, imageSnippet, linkOf } from "../export/snippets.js";
import { bytesText } from "../number.js";
import { cellCount, hasValues } from "../shape.js";
import { texts } from "../texts-later.js";
import { axisLabels, headCounts } from "../trace.js";
import { look } from "./look.js";
import { copyText } from "./output.js";
import { addressOf, download, figureOf, fileName, svgFile, titleOf } from "./save.js";
import { FIRST_PANELS, planTensor } from "./tensor-plan.js";

/** What is read for one file; more would not fit into a page beside the run itself. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Room for the image of an article, in CSS pixels. */
const IMAGE_WIDTH = 680;
/** An image that stands in an article's text is no longer than this. */
const MOST_IMAGE_CHARACTERS = 400_000;
/** Where a page on a disk would be on a host. */
const SOME_SITE = "https://your.site/playground/";

/** What stands for a view, or a page, in a picture of it. */
const VIEWS = { keys: ".keys-seen", tokens: '[data-testid="tokens"]', layers: '[data-testid="layers"]', costs: '[data-testid="costs-plot"]', trade: '[data-testid="trade-plot"]' };

/** @typedef {"link" | "element" | "frame" | "image"} Form */

/** @param {import("../state.js").Store} store @param {import("../session.js").Session} session */
export function openShare(store, session) {
  const t = texts.share;
  const { state } = store;
  // Who presses twice while it is loaded gets one.
  if (document.querySelector("dialog.share")) return;
  const isOnDisk = !/^https?:$/.test(location.protocol);
  const isProgram = state.page === "program" && state.code !== "";
  /** Weights do not travel in an address, and an article that shows a model frames the page whole. */
  const isModel = state.checkpoint !== null;
  const before = /** @type {HTMLElement | null} */ (document.activeElement);

  const select = (/** @type {string} */ name, /** @type {string} */ label, /** @type {readonly (readonly [string, string])[]} */ choices, /** @type {string} */ value) => {
    const field = h("select", { "data-testid": `share-${name}`, onchange: showAgain }, ...choices.map(([choice, text]) => h("option", { value: choice, selected: choice === value }, text)));
    return { field, element: h("label", null, h("span", null, label), field) };
  };
  const view = select("view", t.view, Object.entries(t.views).filter(([name]) => name === "tensors" || !document.getElementById(`tab-${name}`)?.hidden), state.view);
  const theme = select("theme", t.theme, [["auto", t.auto], ["light", t.light], ["dark", t.dark]], "auto");
  const controls = select("controls", t.shown, [["all", t.everything], ["min", t.sliders], ["none", t.codeAndTensors]], "min");
  const height = h("input", { type: "number", min: 200, max: 4000, step: 20, value: 560, "data-testid": "share-height", oninput: showAgain });
  const readonly = h("input", { type: "checkbox", "data-testid": "share-readonly", onchange: showAgain });
  const text = h("textarea", { readonly: true, rows: 5, "aria-label": t.copiedText, "data-testid": "share-text", spellcheck: "false" });
  const status = h("p", { class: "hint", role: "status", "data-testid": "share-status" });
  const stop = h("button", { type: "button", hidden: true, onclick: () => reading?.abort() }, t.stop);
  /** What the text is. @type {Form} */
  let form = "link";
  let shows = 0;
  /** @type {AbortController | undefined} */
  let reading;

  const copy = (/** @type {Form} */ which, /** @type {boolean} */ isThere) => h("button", { type: "button", class: which === "link" ? "primary" : null, disabled: !isThere, "data-testid": `share-${which}`, onclick: () => copyForm(which) }, t.forms[which]);
  const file = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => Promise<string | void> | string | void} */ action, isThere = true) => h("button", { type: "button", disabled: !isThere, "data-testid": `share-${name}`, onclick: () => act(action) }, label);
  const isRun = isProgram && state.run !== null;
  const dialog = h(
    "dialog",
    { class: "share", "aria-labelledby": "share-title", "data-testid": "share-dialog" },
    h("header", null, h("h2", { id: "share-title" }, t.title), h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, t.close)),
    h("div", { class: "save-row", role: "group", "aria-label": t.copy }, h("span", null, t.copy), copy("link", true), copy("element", isProgram && !isModel), copy("frame", isProgram && !isModel), copy("image", isRun)),
    isProgram && !isModel ? h("fieldset", null, h("legend", null, t.looks), view.element, theme.element, controls.element, h("label", null, h("span", null, t.height), height), h("label", null, readonly, h("span", null, t.readonly))) : h("p", { class: "hint" }, isModel ? t.noModels : t.noProgram),
    text,
    isOnDisk ? h("p", { class: "hint" }, t.onDisk(SOME_SITE)) : null,
    isProgram
      ? h(
          "div",
          { class: "save-row", role: "group", "aria-label": t.program },
          h("span", null, t.program),
          file("py", ".py", () => download(state.code, fileName(stem(), "py"))),
          file("ipynb", ".ipynb", () => download(notebookFromSource(state.code), fileName(stem(), "ipynb"))),
        )
      : null,
    isRun
      ? h(
          "div",
          { class: "save-row", role: "group", "aria-label": t.tensors },
          h("span", null, t.tensors),
          file("step", t.ofStep, () => saveTensors(state.step, state.step + 1)),
          file("all", t.all, () => saveTensors(0)),
          stop,
        )
      : null,
    shownView()
      ? h("div", { class: "save-row", role: "group", "aria-label": t.picture }, h("span", null, t.picture), file("svg", "SVG", () => savePicture("svg")), file("png", "PNG", () => savePicture("png")))
      : null,
    Object.keys(state.given.modules).length > 0 && isProgram ? h("p", { class: "hint" }, t.imports(Object.keys(state.given.modules).map((name) => `${name}.py`).join(", "))) : null,
    status,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => {
    reading?.abort();
    dialog.remove();
    before?.focus?.({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  void show("link");

  /** @returns {Promise<import("../export/snippets.js").Shared>} */
  async function shared() {
    const fragment = await state.fragment();
    const site = isOnDisk ? SOME_SITE : new URL(".", assetUrl("index.html")).href;
    const isListed = state.program !== "" && !/^#\d+\./.test(fragment);
    return { site, fragment, program: isListed ? state.program : "", code: state.code, title: isProgram ? titleOf(state) : "", step: state.step };
  }

  /** @param {Form} which */
  async function textOf(which) {
    const all = await shared();
    const looks = { view: view.field.value, theme: theme.field.value, controls: controls.field.value, height: height.valueAsNumber || 0, isReadOnly: readonly.checked };
    if (which === "element") return elementSnippet(all, looks);
    if (which === "frame") return frameSnippet(all, looks);
    return which === "image" ? await image(all) : linkOf(all);
  }

  /** The first tensor of the current line, as an image. @param {import("../export/snippets.js").Shared} all */
  async function image(all) {
    const { run, step } = state;
    const steps = run?.steps ?? [];
    const name = steps[step]?.names.find(hasValues);
    if (!name) throw new Error(t.noTensor);
    const axes = axisLabels(steps, step, name);
    const labels = { rows: name.shape.length >= 2 ? axes[name.shape.length - 2] : null, columns: axes[name.shape.length - 1] ?? null };
    const plan = planTensor(name.shape, IMAGE_WIDTH, labels);
    const panels = /** @type {any} */ (Array.from({ length: Math.min(plan.panels, FIRST_PANELS) }));
    const figure = await figureOf({ session, steps, across: Math.max(1, Math.floor((IMAGE_WIDTH + 20) / (plan.width + 20))), figure: /** @type {any} */ ({ name, step, labels, plan, panels, heads: headCounts(steps), values: null }) });
    const svg = tensorFigure(figure, theme.field.value === "auto" ? look().theme : /** @type {"light" | "dark"} */ (theme.field.value));
    const [width, tall] = ["width", "height"].map((attribute) => svg.getAttribute(attribute) ?? "");
    const snippet = imageSnippet(all, { svg: await svgFile(svg).text(), name: name.name, width, height: tall });
    if (snippet.length > MOST_IMAGE_CHARACTERS) throw new Error(t.largeImage(bytesText(snippet.length)));
    return snippet;
  }

  /** @param {Form} which */
  async function show(which) {
    form = which;
    const mine = ++shows;
    try {
      const said = await textOf(which);
      if (mine !== shows) return false;
      text.value = said;
      return true;
    } catch (error) {
      if (mine === shows) {
        text.value = "";
        setText(status, error instanceof Error ? error.message : String(error));
      }
      return false;
    }
  }

  function showAgain() {
    void show(form);
  }

  /** Shows what it copies. @param {Form} which */
  async function copyForm(which) {
    setText(status, "");
    if (!(await show(which))) return;
    if (await copyText(text.value)) return setText(status, t.copied[which]);
    text.focus();
    text.select();
    setText(status, texts.save.refused);
  }

  /** @param {() => Promise<string | void> | string | void} action */
  async function act(action) {
    setText(status, texts.save.working);
    try {
      setText(status, (await action()) || (window.parent === window ? texts.save.saved : texts.save.savedInFrame));
    } catch (error) {
      setText(status, error instanceof Error ? error.message : String(error));
    }
  }

  /** What is drawn beside tensors, which have figures of their own. */
  function shownView() {
    const name = state.page === "program" ? state.view : state.page;
    return /** @type {HTMLElement | null} */ (name in VIEWS ? document.querySelector(VIEWS[/** @type {keyof typeof VIEWS} */ (name)]) : null);
  }

  /** @param {"svg" | "png"} kind */
  async function savePicture(kind) {
    const element = shownView();
    if (!element) return;
    const address = await addressOf(state);
    const title = isProgram ? titleOf(state) : t.title;
    const where = isProgram ? `${t.views[state.view]}, ${state.runningOn}, Attention Playground` : "Attention Playground";
    const drawn = pictureOf(element, { title: isProgram ? title : t.pages[/** @type {"costs" | "trade"} */ (state.page)], lines: [where], address });
    const name = fileName(`${isProgram ? `${stem()}-${state.view}` : state.page}`, kind);
    if (kind === "svg") return download(svgFile(drawn), name);
    download(await pngFromSvg(drawn, { Title: title, Source: address, Software: "Attention Playground" }), name);
  }

  function stem() {
    return (state.program.split("/").pop() ?? "").replace(/\.py$/, "") || titleOf(state);
  }

  /** @param {number} from @param {number} [to] */
  async function saveTensors(from, to) {
    const steps = state.run?.steps ?? [];
    const list = namedTensors(steps, from, to);
    if (list.length === 0) throw new Error(t.noTensor);
    const bytes = list.reduce((sum, { name }) => sum + cellCount(name.shape) * 4, 0);
    if (bytes > MOST_BYTES) throw new Error(t.tooMany(list.length, bytesText(bytes), bytesText(MOST_BYTES)));
    reading = new AbortController();
    stop.hidden = list.length < 20;
    let lost = 0;
    const tensors = [];
    try {
      for (const [at, { key, name }] of list.entries()) {
        if (at % 10 === 0) setText(status, t.reading(at, list.length));
        if (reading.signal.aborted) return t.stopped;
        const values = await session.read(name.id).catch(() => null);
        if (values) tensors.push({ name: key, shape: name.shape, dtype: name.dtype, data: values.data });
        else lost += 1;
      }
    } finally {
      stop.hidden = true;
    }
    download(safetensorsFrom(tensors, { source: titleOf(state) }), fileName(to === undefined ? stem() : `${stem()}-step-${from}`, "safetensors"));
    return t.savedTensors(tensors.length, lost);
  }
}

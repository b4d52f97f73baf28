/** What a tensor can be taken away as: a file of its values, code that makes it again, a figure. */
import { outline } from "../program.js";
import { csvFromTensor } from "../export/csv.js";
import { tensorFigure } from "../export/figure.js";
import { isWidened, npyFromTensor } from "../export/npy.js";
import { pngFromSvg } from "../export/png.js";
import { safetensorsFrom } from "../export/safetensors.js";
import { torchFromTensor } from "../export/torch-text.js";
import { domainFromValues } from "../color.js";
import { h, setText } from "../dom.js";
import { texts } from "../texts-later.js";
import { PROGRAM, sourceText } from "../trace.js";
import { look } from "./look.js";
import { copyText } from "./output.js";
import { panelTitle } from "./tensor-plan.js";

/**
 * @typedef {object} Source of what is saved
 * @property {import("../session.js").Session} session
 * @property {import("./tensor-panel.js").Figure} figure
 * @property {import("../state.js").Step[]} steps
 * @property {number} across how many matrices stand beside each other
 */

/** @param {HTMLElement} button that was pressed @param {Source} source */
export function openSave(button, source) {
  // Who presses twice while it is loaded gets one.
  if (button.getAttribute("aria-expanded") === "true") return;
  const t = texts.save;
  const { name } = source.figure;
  const status = h("p", { class: "hint", role: "status", "data-testid": "save-status" });
  const code = h("textarea", { readonly: true, hidden: true, rows: 6, "aria-label": t.byHand });
  const leaving = new AbortController();
  const other = look(button).theme === "dark" ? "light" : "dark";
  const picture = (/** @type {"svg" | "png"} */ kind, /** @type {import("../color.js").Theme} */ theme) => act(() => saveFigure(source, kind, theme));
  const group = (/** @type {string} */ label, /** @type {[string, () => void][]} */ ...buttons) => h("div", { class: "save-row", role: "group", "aria-label": label }, h("span", null, label), ...buttons.map(([text, act]) => h("button", { type: "button", onclick: act }, text)));
  const dialog = h(
    "dialog",
    { class: "save", "aria-label": t.title(name.name), "data-testid": "save" },
    h("header", null, h("code", { class: "name" }, name.name), h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, t.close)),
    group(t.values, [".npy", () => act(async () => download(npyFromTensor(await read(source)), fileName(name.name, "npy")))], [".safetensors", () => act(() => saveTensors(source))], [".csv", () => act(async () => download(await csvFromTensor(await read(source), source.figure.labels, leaving.signal), fileName(name.name, "csv")))], [t.python, () => act(copyPython)]),
    group(t.figure, ["SVG", () => picture("svg", look(button).theme)], ["PNG", () => picture("png", look(button).theme)]),
    group(other === "dark" ? t.darkFigure : t.lightFigure, ["SVG", () => picture("svg", other)], ["PNG", () => picture("png", other)]),
    isWidened(name.dtype) ? h("p", { class: "hint" }, t.widened) : null,
    code,
    status,
  );
  button.after(dialog);
  button.setAttribute("aria-expanded", "true");
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const buttons = [...dialog.querySelectorAll("button")];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (dialog.querySelector(":focus")));
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    // The page's own keys are not for who chooses here.
    event.stopPropagation();
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  });
  dialog.addEventListener("close", () => {
    leaving.abort();
    dialog.remove();
    button.setAttribute("aria-expanded", "false");
  });
  dialog.showModal();
  standBy(dialog, button);

  /** Says what came of it. @param {() => Promise<string | void>} action */
  async function act(action) {
    setText(status, t.working);
    try {
      setText(status, (await action()) || (window.parent === window ? t.saved : t.savedInFrame));
    } catch (error) {
      setText(status, error instanceof Error ? error.message : String(error));
    }
  }

  async function copyPython() {
    code.value = torchFromTensor(await read(source));
    if (await copyText(code.value)) return t.copied;
    code.hidden = false;
    code.select();
    return t.refused;
  }
}

/** @param {Source} source @returns {Promise<import("../export/bytes.js").Tensor>} */
async function read({ session, figure: { name } }) {
  const { data } = await session.read(name.id);
  return { name: name.name, shape: name.shape, dtype: name.dtype, data };
}

/** @param {Source} source */
async function saveTensors(source) {
  const tensor = await read(source);
  download(safetensorsFrom([tensor], { source: await placeOf(source) }), fileName(tensor.name, "safetensors"));
}

/** The figure of a tensor as it is on display. @param {Source} source @returns {Promise<import("../export/figure.js").Figure>} */
export async function figureOf(source) {
  const { session, figure, steps, across } = source;
  const { name, labels, plan, heads, panels } = figure;
  const { data } = await session.read(name.id);
  const step = steps[figure.step];
  const { run } = session.state ?? {};
  const code = run && step ? (sourceText(run, step.file).split("\n")[step.line - 1] ?? "").replace(/\s+#.*$/, "").trim() : "";
  return {
    ...{ name: name.name, shape: name.shape, dtype: name.dtype, device: name.device, code, labels, plan, across },
    titles: panels.map((_, number) => panelTitle(name.shape, number, heads)),
    values: { data, domain: figure.values?.domain ?? (await domainFromValues(data)) },
    where: await placeOf(source),
    address: await addressOf(session.state),
  };
}

/** @param {Source} source @param {"svg" | "png"} kind @param {import("../color.js").Theme} theme */
async function saveFigure(source, kind, theme) {
  const figure = await figureOf(source);
  const drawn = tensorFigure(figure, theme);
  const file = fileName(figure.name, kind);
  if (kind === "svg") return download(svgFile(drawn), file);
  download(await pngFromSvg(drawn, { Title: figure.name, Source: figure.address, Software: "Attention Playground" }), file);
}

/** The program and the line that a tensor is of. @param {Source} source */
async function placeOf({ session, figure, steps }) {
  const t = texts.save;
  const step = steps[figure.step];
  if (!step) return t.noProgram;
  const program = session.state ? titleOf(session.state) : "";
  return [program, step.file === PROGRAM ? "" : step.file, t.place(step.line, figure.step + 1, steps.length)].filter(Boolean).join(", ");
}

/** @param {Readonly<import("../state.js").State>} state */
export function titleOf({ code, program }) {
  return outline(code).title || program || texts.save.noProgram;
}

/** The address that shows all of this again, without what a host's own address may carry; "" for a page on a disk. @param {Readonly<import("../state.js").State> | undefined} state */
export async function addressOf(state) {
  if (!/^https?:$/.test(location.protocol)) return "";
  return `${location.origin}${location.pathname}${(await state?.fragment()) ?? ""}`;
}

/** @param {SVGElement} svg */
export function svgFile(svg) {
  return new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`], { type: "image/svg+xml" });
}

/** @param {Blob | Uint8Array | string} content @param {string} name */
export function download(content, name) {
  const href = URL.createObjectURL(content instanceof Blob ? content : new Blob([/** @type {BlobPart} */ (content)], { type: "application/octet-stream" }));
  h("a", { href, download: name }).click();
  // A browser reads it as it saves it, which may take a while.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** @param {string} name @param {string} ending */
export function fileName(name, ending) {
  return `${name.replace(/[^\p{L}\p{N}_.-]+/gu, "_").replace(/^[_.]+|_+$/g, "").slice(0, 80) || "tensor"}.${ending}`;
}

/** Puts a dialog beside what opened it, inside the window. @param {HTMLDialogElement} dialog @param {HTMLElement} button */
function standBy(dialog, button) {
  const at = button.getBoundingClientRect();
  const { width, height } = dialog.getBoundingClientRect();
  const below = at.bottom + 4 + height <= innerHeight ? at.bottom + 4 : Math.max(8, at.top - 4 - height);
  dialog.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  dialog.style.top = `${below}px`;
}

/** The way to the catalogue and to a comparison, the program picker, opening and dropping files, the link, the device and the help. */
import { kindOf, neighbour } from "../catalogue.js";
import { h, icon, setText } from "../dom.js";
import { LANGUAGES, language } from "../language.js";
import { outline } from "../program.js";
import { texts } from "../texts.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {import("../navigation.js").Navigation} navigation
 * @param {{ share: () => void, openHelp: () => void }} actions
 */
export function createHeader(store, session, navigation, { share, openHelp }) {
  const t = texts.header;
  const { openProgram, openFiles } = navigation;
  const picker = h("select", { lang: "en", "aria-label": t.program, "data-testid": "picker", onchange: () => openProgram(picker.value) });
  const file = h("input", {
    type: "file",
    accept: ".py,.ipynb,text/x-python,application/x-ipynb+json",
    hidden: true,
    "data-testid": "file",
    onchange: () => {
      openFiles([...(file.files ?? [])].map((one) => ({ path: one.name, file: one })));
      file.value = "";
    },
  });
  const device = h("select", { "aria-label": t.device, "data-testid": "device", onchange: () => session.setDevice(/** @type {any} */ (device.value)) }, h("option", { value: "auto" }, t.auto), h("option", { value: "webgpu" }, "WebGPU"), h("option", { value: "cpu" }, "CPU"));
  const status = h("span", { class: "device-status", "data-testid": "device-status" });
  const compare = h("button", { type: "button", class: "quiet", "data-testid": "compare", title: t.checkTitle, onclick: () => session.compareDevices() }, t.check);
  const catalogue = h("button", { type: "button", class: "quiet", "data-testid": "to-catalogue", title: t.catalogueTitle, onclick: navigation.toCatalogue }, t.catalogue);
  const models = h("button", { type: "button", class: "quiet", "data-testid": "to-models", title: t.modelsTitle, onclick: navigation.toModels }, t.models);
  const trade = h("button", { type: "button", class: "quiet", "data-testid": "to-trade", title: t.tradeTitle, onclick: navigation.toTrade }, t.trade);
  const comparison = h("button", { type: "button", class: "quiet", "data-testid": "to-compare", title: t.compareTitle, onclick: () => navigation.compareWith("") }, t.compare);
  const others = /** @type {import("../language.js").Language[]} */ (Object.keys(LANGUAGES)).filter((other) => other !== language());
  const turn = (/** @type {-1 | 1} */ direction, /** @type {string} */ path) => h("button", { type: "button", class: "icon-only", "data-testid": direction < 0 ? "previous" : "next", onclick: () => navigation.turnPage(direction) }, icon(path));
  const previous = turn(-1, "M10.5 3 5.5 8l5 5V3z");
  const next = turn(1, "M5.5 3l5 5-5 5V3z");
  const element = h(
    "header",
    { class: "top" },
    h("h1", null, h("a", { href: "#catalogue", title: t.catalogueTitle, onclick: (/** @type {Event} */ event) => (event.preventDefault(), navigation.toCatalogue()) }, "Attention Playground")),
    h("div", { class: "group" }, catalogue, h("div", { class: "turning" }, previous, picker, next), comparison, models, trade, h("button", { type: "button", class: "quiet", title: t.openTitle, onclick: () => file.click() }, t.open), file),
    h("div", { class: "group end" }, h("span", { class: "device" }, device, status, compare), h("button", { type: "button", class: "quiet", "data-testid": "share", "aria-haspopup": "dialog", title: texts.exports.shareTitle, onclick: share }, texts.exports.share), ...others.map((other) => h("button", { type: "button", class: "quiet", lang: other, "data-testid": `in-${other}`, onclick: () => navigation.speak(other) }, LANGUAGES[other])), h("button", { type: "button", class: "quiet", "data-testid": "help", title: t.helpTitle, onclick: openHelp }, t.help)),
  );

  store.on(["programs", "program"], ({ programs, program }) => {
    for (const [button, direction, title] of /** @type {const} */ ([[previous, -1, t.previous], [next, 1, t.next]])) {
      const entry = neighbour(programs, program, direction);
      button.disabled = entry === null;
      button.title = title(entry?.title ?? "");
      button.setAttribute("aria-label", button.title);
    }
  });
  store.on(["page"], ({ page }) => {
    for (const [button, name] of /** @type {const} */ ([[catalogue, "catalogue"], [comparison, "compare"], [models, "models"], [trade, "trade"]])) button.setAttribute("aria-pressed", String(page === name || (page === "costs" && name === "models")));
  });
  store.on(["programs", "program", "code"], ({ programs, program, code }) => {
    const groups = new Map();
    // Models need a checkpoint: they are opened with one, not here.
    const listed = programs.filter((entry) => kindOf(entry) !== "model");
    for (const entry of listed) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
    const key = JSON.stringify([programs, program, program === "" && (code === "" ? "none" : outline(code).title)]);
    if (picker.dataset.key === key) return;
    picker.dataset.key = key;
    const own = program === "" || !listed.some(({ path }) => path === program) ? [h("option", { value: "", selected: true }, code === "" ? t.choose : outline(code).title || t.yourOwn)] : [];
    picker.replaceChildren(
      ...own,
      ...[...groups].map(([group, entries]) =>
        h("optgroup", { label: group }, ...entries.map((/** @type {{ path: string, title: string }} */ { path, title }) => h("option", { value: path, selected: path === program }, title))),
      ),
    );
  });
  store.on(["device", "runningOn", "deviceReason", "adapter", "threads", "engine"], ({ device: wanted, runningOn, deviceReason, adapter, threads, engine }) => {
    device.value = wanted;
    device.disabled = engine === "starting";
    compare.disabled = engine === "starting";
    // A device that was chosen counts before the first run on it.
    const used = wanted === "cpu" && runningOn !== "" ? "cpu" : runningOn;
    const said = (/** @type {number} */ threads) => {
      const name = used === "webgpu" ? t.onWebGpu(adapter) : used === "cpu" ? t.onCpu(threads) : "";
      return wanted === "cpu" || !deviceReason ? name : `${name}: ${deviceReason}`;
    };
    // There is no room for more than the device; who asks is told how many threads compute on it.
    setText(status, said(1));
    status.title = said(threads);
  });
  return { element, openPicker: () => file.click() };
}

/** The way to the catalogue and to a comparison, the program picker, opening and dropping files, the link, the device and the help. */
import { kindOf, neighbour } from "../catalogue.js";
import { h, icon, setText } from "../dom.js";
import { outline } from "../program.js";

const DEVICES = /** @type {const} */ ([
  ["auto", "Auto"],
  ["webgpu", "WebGPU"],
  ["cpu", "CPU"],
]);

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {import("../navigation.js").Navigation} navigation
 * @param {{ copyLink: () => void, help: () => void }} actions
 */
export function createHeader(store, session, navigation, { copyLink, help }) {
  const { openProgram, openFiles } = navigation;
  const picker = h("select", { "aria-label": "Program", "data-testid": "picker", onchange: () => openProgram(picker.value) });
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
  const device = h("select", { "aria-label": "Device", "data-testid": "device", onchange: () => session.setDevice(/** @type {any} */ (device.value)) }, ...DEVICES.map(([value, text]) => h("option", { value }, text)));
  const status = h("span", { class: "device-status", "data-testid": "device-status" });
  const compare = h("button", { type: "button", class: "quiet", "data-testid": "compare", title: "Run on the CPU and on WebGPU and show the largest difference", onclick: () => session.compareDevices() }, "check");
  const catalogue = h("button", { type: "button", class: "quiet", "data-testid": "to-catalogue", title: "Every mechanism, in the order of the story (g)", onclick: navigation.toCatalogue }, "Catalogue");
  const models = h("button", { type: "button", class: "quiet", "data-testid": "to-models", title: "Whole models, which write in this page (m)", onclick: navigation.toModels }, "Models");
  const trade = h("button", { type: "button", class: "quiet", "data-testid": "to-trade", title: "What models keep, and what they lose for that (q)", onclick: navigation.toTrade }, "The trade");
  const comparison = h("button", { type: "button", class: "quiet", "data-testid": "to-compare", title: "This program beside another (d)", onclick: () => navigation.compareWith("") }, "Compare");
  const turn = (/** @type {-1 | 1} */ direction, /** @type {string} */ path) => h("button", { type: "button", class: "icon-only", "data-testid": direction < 0 ? "previous" : "next", onclick: () => navigation.turnPage(direction) }, icon(path));
  const previous = turn(-1, "M10.5 3 5.5 8l5 5V3z");
  const next = turn(1, "M5.5 3l5 5-5 5V3z");
  const element = h(
    "header",
    { class: "top" },
    h("h1", null, h("a", { href: "#catalogue", title: "Every mechanism, in the order of the story (g)", onclick: (/** @type {Event} */ event) => (event.preventDefault(), navigation.toCatalogue()) }, "Attention Playground")),
    h("div", { class: "group" }, catalogue, h("div", { class: "turning" }, previous, picker, next), comparison, models, trade, h("button", { type: "button", class: "quiet", title: "Open a .py or .ipynb file (o); or drop one on the page", onclick: () => file.click() }, "Open …"), file),
    h("div", { class: "group end" }, h("span", { class: "device" }, device, status, compare), h("button", { type: "button", class: "quiet", "data-testid": "copy-link", title: "Copy a link to all of this (l)", onclick: copyLink }, "Copy link"), h("button", { type: "button", class: "quiet", "data-testid": "help", title: "Help (?)", onclick: help }, "Help")),
  );

  store.on(["programs", "program"], ({ programs, program }) => {
    for (const [button, direction, key] of /** @type {const} */ ([[previous, -1, "["], [next, 1, "]"]])) {
      const entry = neighbour(programs, program, direction);
      button.disabled = entry === null;
      button.title = `${direction < 0 ? "Previous" : "Next"} in the story${entry ? `: ${entry.title}` : ""} (${key})`;
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
    const own = program === "" || !listed.some(({ path }) => path === program) ? [h("option", { value: "", selected: true }, code === "" ? "Choose a program" : outline(code).title || "Your own program")] : [];
    picker.replaceChildren(
      ...own,
      ...[...groups].map(([group, entries]) =>
        h("optgroup", { label: group }, ...entries.map((/** @type {{ path: string, title: string }} */ { path, title }) => h("option", { value: path, selected: path === program }, title))),
      ),
    );
  });
  store.on(["device", "runningOn", "deviceReason", "adapter", "engine"], ({ device: wanted, runningOn, deviceReason, adapter, engine }) => {
    device.value = wanted;
    device.disabled = engine === "starting";
    compare.disabled = engine === "starting";
    // A device that was chosen counts before the first run on it.
    const used = wanted === "cpu" && runningOn !== "" ? "cpu" : runningOn;
    const name = used === "webgpu" ? `on WebGPU${adapter ? ` (${adapter})` : ""}` : used === "cpu" ? "on the CPU" : "";
    setText(status, wanted === "cpu" || !deviceReason ? name : `${name}: ${deviceReason}`);
    status.title = status.textContent ?? "";
  });
  return { element, openPicker: () => file.click() };
}

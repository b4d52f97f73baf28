/** The program picker, opening and dropping files, the link, the device and the help. */
import { h, setText } from "../dom.js";
import { outline } from "../program.js";

const DEVICES = /** @type {const} */ ([
  ["auto", "Auto"],
  ["webgpu", "WebGPU"],
  ["cpu", "CPU"],
]);

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {{ openProgram: (path: string) => void, openFile: (file: File) => void, copyLink: () => void, help: () => void }} actions
 */
export function createHeader(store, session, { openProgram, openFile, copyLink, help }) {
  const picker = h("select", { "aria-label": "Program", "data-testid": "picker", onchange: () => openProgram(picker.value) });
  const file = h("input", {
    type: "file",
    accept: ".py,.ipynb,text/x-python,application/x-ipynb+json",
    hidden: true,
    "data-testid": "file",
    onchange: () => {
      if (file.files?.[0]) openFile(file.files[0]);
      file.value = "";
    },
  });
  const device = h("select", { "aria-label": "Device", "data-testid": "device", onchange: () => session.setDevice(/** @type {any} */ (device.value)) }, ...DEVICES.map(([value, text]) => h("option", { value }, text)));
  const status = h("span", { class: "device-status", "data-testid": "device-status" });
  const compare = h("button", { type: "button", class: "quiet", "data-testid": "compare", title: "Run on the CPU and on WebGPU and show the largest difference", onclick: () => session.compareDevices() }, "compare");
  const element = h(
    "header",
    { class: "top" },
    h("h1", null, "Attention Playground"),
    h("div", { class: "group" }, picker, h("button", { type: "button", class: "quiet", title: "Open a .py or .ipynb file (o); or drop one on the page", onclick: () => file.click() }, "Open …"), file),
    h("div", { class: "group end" }, h("span", { class: "device" }, device, status, compare), h("button", { type: "button", class: "quiet", "data-testid": "copy-link", title: "Copy a link to all of this (l)", onclick: copyLink }, "Copy link"), h("button", { type: "button", class: "quiet", "data-testid": "help", title: "Help (?)", onclick: help }, "Help")),
  );

  store.on(["programs", "program", "code"], ({ programs, program, code }) => {
    const groups = new Map();
    for (const entry of programs) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
    const key = JSON.stringify([programs, program, program === "" && outline(code).title]);
    if (picker.dataset.key === key) return;
    picker.dataset.key = key;
    const own = program === "" || !programs.some(({ path }) => path === program) ? [h("option", { value: "", selected: true }, outline(code).title || "Your own program")] : [];
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
    const name = runningOn === "webgpu" ? `on WebGPU${adapter ? ` (${adapter})` : ""}` : runningOn === "cpu" ? "on the CPU" : "";
    setText(status, wanted === "cpu" || !deviceReason ? name : `${name}: ${deviceReason}`);
    status.title = status.textContent ?? "";
  });
  return { element, openPicker: () => file.click() };
}

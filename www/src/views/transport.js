/** Step, play, run, stop: the buttons over the code, the scrubber, and where the current step is. */
import { h, icon, setText } from "../dom.js";
import { bytesText } from "../number.js";
import { texts } from "../texts.js";
import { placeText } from "../trace.js";

const ICONS = {
  run: "M3 2.5v11l9-5.5z",
  back: "M11.5 3v10L5 8zM3 3h1.5v10H3z",
  forward: "M4.5 3v10L11 8zM11.5 3H13v10h-1.5z",
  play: "M2.5 3v10L8 8zM8 3v10l5.5-5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  cursor: "M2 7.25h7V4.5L13.5 8 9 11.5V8.75H2z",
  stop: "M3.5 3.5h9v9h-9z",
};
const SPEEDS = [0.5, 1, 2, 5, 10, 30];

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {{ cursorLine: () => number, runNow: () => unknown }} editor
 */
export function createTransport(store, session, editor) {
  const t = texts.transport;
  const run = button("run", t.run, t.runTitle, () => editor.runNow());
  const back = button("back", "", t.back, () => session.stepBy(-1));
  const play = button("play", "", t.play, () => (store.state.playing ? session.pause() : session.play()));
  const forward = button("forward", "", t.forward, () => session.stepBy(1));
  const cursor = button("cursor", "", t.cursor, () => session.runToCursor(editor.cursorLine()));
  const stop = button("stop", "", t.stop, () => session.stop());
  const speed = h(
    "select",
    { "aria-label": t.speed, title: t.speed, "data-testid": "speed", onchange: () => session.setSpeed(Number(speed.value)) },
    ...SPEEDS.map((value) => h("option", { value, selected: value === store.state.speed }, t.perSecond(value))),
  );
  const scrubber = h("input", {
    type: "range",
    class: "scrubber",
    min: 0,
    max: 0,
    step: 1,
    "aria-label": t.step,
    "data-testid": "scrubber",
    oninput: () => (session.pause(), session.goTo(Number(scrubber.value))),
  });
  const where = h("span", { class: "where", "data-testid": "where" });
  const element = h("div", { class: "transport", role: "toolbar", "aria-label": t.runAndStep }, h("div", { class: "buttons" }, run, stop, h("span", { class: "divider" }), back, play, forward, cursor, speed), h("div", { class: "timeline" }, scrubber, where));

  store.on(["engine", "playing"], ({ engine, playing }) => {
    const isRunning = engine === "running" || engine === "stopping";
    stop.disabled = !isRunning && !playing;
    run.disabled = engine === "starting";
    play.title = playing ? t.pause : t.play;
    play.setAttribute("aria-label", play.title);
    play.replaceChildren(icon(playing ? ICONS.pause : ICONS.play));
    element.classList.toggle("running", isRunning);
  });
  store.on(["stops"], ({ stops }) => {
    back.title = stops ? t.previousToken : t.back;
    forward.title = stops ? t.nextToken : t.forward;
    for (const button of [back, forward]) button.setAttribute("aria-label", button.title);
  });
  store.on(["run", "step", "engine", "stepsSoFar", "bytesRead", "stops"], (state) => {
    const { run, step } = state;
    const last = (run?.steps.length ?? 0) - 1;
    scrubber.max = String(Math.max(0, last));
    scrubber.value = String(step);
    scrubber.disabled = last <= 0;
    back.disabled = !session.canStep(-1);
    forward.disabled = !session.canStep(1);
    setText(where, textOf(state));
    scrubber.setAttribute("aria-valuetext", where.textContent ?? "");
  });
  return { element };
}

/** @param {Readonly<import("../state.js").State>} state */
function textOf({ run, step, engine, stepsSoFar, bytesRead, checkpoint }) {
  const t = texts.transport;
  if (engine === "starting") return t.starting;
  if (engine === "stopping") return t.stopping;
  if (engine === "running" && checkpoint && bytesRead > 0 && bytesRead < checkpoint.bytes) return t.reading(bytesText(bytesRead), bytesText(checkpoint.bytes));
  if (engine === "running" && stepsSoFar > 0) return t.runningStep(stepsSoFar);
  const current = run?.steps[step];
  if (!run || !current) return engine === "running" ? t.running : t.noSteps;
  return t.place(step + 1, run.steps.length, current.line, placeText(current));
}

/** @param {keyof typeof ICONS} name @param {string} text @param {string} title @param {() => void} action */
function button(name, text, title, action) {
  return h("button", { type: "button", title, "aria-label": title, "data-testid": name, class: text ? "primary" : "icon-only", onclick: action }, icon(ICONS[name]), text || null);
}

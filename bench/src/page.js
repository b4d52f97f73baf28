/**
 * The page `bench.html`: measures the rows one after the other and shows what came out.
 *
 * Its address may say `quick`, `row=NAME` (the beginning of a name, any number of times) and `start`, which presses the button.
 */
import { Connection } from "../../www/src/connection.js";
import { FIGURES } from "./figures.js";
import { measure } from "./measure.js";
import { ROWS } from "./rows.js";
import { figureLines, lines, rooflineLines } from "./table.js";

/** What a pair may take: the first that is spent ends it. */
const BUDGETS = { quick: { rounds: 31, seconds: 12 }, full: { rounds: 101, seconds: 30 } };

/** A text longer than this may be broken into lines. */
const SENTENCE = 32;

const byId = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const wanted = new URLSearchParams(location.search);
let isStopped = false;

byId("quick").checked = wanted.size === 0 || wanted.has("quick");
byId("start").addEventListener("click", start);
byId("stop").addEventListener("click", () => (isStopped = true));
if (wanted.has("start")) start();

async function start() {
  isStopped = false;
  byId("start").disabled = true;
  byId("stop").disabled = false;
  try {
    const result = await measured();
    tell(isStopped ? "Stopped." : "Done.");
    window.benchDone?.(result);
  } catch (error) {
    tell(`It ended early: ${error?.message ?? error}`);
    throw error;
  } finally {
    byId("start").disabled = false;
    byId("stop").disabled = true;
  }
}

/** All that is asked for; what is there is shown at once. */
async function measured() {
  const isQuick = byId("quick").checked;
  const isChosen = (/** @type {string} */ name) => !wanted.has("row") || wanted.getAll("row").some((row) => name.startsWith(row));
  const result = { date: new Date().toISOString(), isQuick, browser: navigator.userAgent, cores: navigator.hardwareConcurrency, isIsolated: crossOriginIsolated, rows: [], figures: [] };
  // The start of the page is measured from outside of it.
  const names = [...Object.keys(ROWS), ...Object.keys(FIGURES), "startup"];
  if (!names.some(isChosen)) throw new Error(`no row begins like that; there are ${names.join(", ")}`);
  tell("what this machine does at most");
  result.rooflines = await rooflines();
  window.benchRooflines?.(result.rooflines);
  table("limits", rooflineLines(result.rooflines));
  for (const name of Object.keys(ROWS).filter(isChosen)) {
    if (isStopped) break;
    const row = await measure(await ROWS[name](), { ...BUDGETS[isQuick ? "quick" : "full"], isStopped: () => isStopped }, tell);
    result.rows.push(row);
    window.benchRow?.(row);
    table("results", lines(result.rows, result.rooflines));
  }
  for (const name of Object.keys(FIGURES).filter(isChosen)) {
    if (isStopped) break;
    tell(name);
    const figure = await FIGURES[name]().catch((error) => ({ name, problem: String(error?.message ?? error) }));
    result.figures.push(figure);
    window.benchFigure?.(figure);
    table("figures", figureLines(result.figures));
  }
  return result;
}

function tell(sentence) {
  byId("progress").textContent = sentence;
  window.benchProgress?.(sentence);
}

/** The most that the processor and the GPU do. */
async function rooflines() {
  const worker = new Connection("./rooflines.js", "What measures the machine crashed.");
  try {
    return { cpu: await worker.call("cpu", []), gpu: await worker.call("gpu", []) };
  } finally {
    worker.end({ type: "Done", message: "The machine is measured." });
  }
}

/** A table, drawn anew. @param {"results" | "limits" | "figures"} id @param {string[][]} content the first line is the head */
function table(id, content) {
  const [head, ...body] = content;
  const row = (/** @type {string} */ tag, /** @type {string[]} */ texts) => {
    const line = document.createElement("tr");
    for (const text of texts) line.append(Object.assign(document.createElement(tag), { textContent: text, className: text.length > SENTENCE ? "sentence" : "" }));
    // A line of fewer cells ends in a sentence.
    /** @type {any} */ (line.lastChild).colSpan = head.length - texts.length + 1;
    return line;
  };
  byId(id).replaceChildren(row("th", head), ...body.map((texts) => row("td", texts)));
}

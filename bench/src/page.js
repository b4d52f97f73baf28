/**
 * The page `bench.html`: measures the rows one after the other and shows what came out.
 *
 * Its address may say `quick`, `row=NAME` (the beginning of a name, any number of times) and `start`, which presses the button.
 */
import { measure } from "./measure.js";
import { ROWS } from "./rows.js";
import { lines } from "./table.js";

/** What a pair may take: the first that is spent ends it. */
const BUDGETS = { quick: { rounds: 31, seconds: 6 }, full: { rounds: 101, seconds: 30 } };

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
  const isQuick = byId("quick").checked;
  const chosen = Object.keys(ROWS).filter((name) => !wanted.has("row") || wanted.getAll("row").some((row) => name.startsWith(row)));
  const result = { date: new Date().toISOString(), isQuick, browser: navigator.userAgent, cores: navigator.hardwareConcurrency, isIsolated: crossOriginIsolated, rows: [] };
  for (const name of chosen) {
    if (isStopped) break;
    const row = await measure(ROWS[name](), { ...BUDGETS[isQuick ? "quick" : "full"], isStopped: () => isStopped }, tell);
    result.rows.push(row);
    window.benchRow?.(row);
    show(result.rows);
  }
  byId("start").disabled = false;
  byId("stop").disabled = true;
  tell(isStopped ? "Stopped." : "Done.");
  window.benchDone?.(result);
}

function tell(sentence) {
  byId("progress").textContent = sentence;
  window.benchProgress?.(sentence);
}

/** The table, drawn anew. */
function show(rows) {
  const cells = (tag, texts) => {
    const line = document.createElement("tr");
    for (const text of texts) line.append(Object.assign(document.createElement(tag), { textContent: text }));
    return line;
  };
  const [head, ...body] = lines(rows);
  byId("results").replaceChildren(cells("th", head), ...body.map((texts) => cells("td", texts)));
}

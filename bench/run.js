/**
 * The command's side of `bench.html`: opens it in headless Chromium, prints what it measures, writes it as JSON.
 *
 *     node bench/run.js ADDRESS OUT.json [--quick] [--row NAME]…
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { launch } from "../tests/browser/browsers.js";
import { figureLines, lines, rooflineLines } from "./src/table.js";
import { startup } from "./startup.js";

const [address, out, ...options] = process.argv.slice(2);
const rows = options.flatMap((option, at) => (option === "--row" ? [options[at + 1]] : []));
const browser = await launch("chromium");
try {
  const result = await measured();
  if (rows.length === 0 || rows.some((row) => "startup".startsWith(row))) result.figures.push(await startup(browser, new URL("playground/", address).href));
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${result.chromium} on ${result.cores} cores of ${result.processor}, ${result.date}\n`);
  print(rooflineLines(result.rooflines));
  if (result.rows.length > 0) print(lines(result.rows, result.rooflines));
  if (result.figures.length > 0) print(figureLines(result.figures));
  console.log(`Written to ${out}.`);
  // That a rival cannot be measured is a finding; that we cannot is a failure.
  const areOursWhole = result.rows.every(({ problem, pairs }) => !problem && pairs.every(({ isOurs }) => !isOurs)) && result.figures.every(({ problem }) => !problem);
  process.exitCode = result.rows.length + result.figures.length > 0 && areOursWhole ? 0 : 1;
} catch (error) {
  console.error(`error: ${error?.message ?? error}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

/** What the page measures; each row is printed when it is there. */
async function measured() {
  const page = new URL("bench.html?start", address);
  if (options.includes("--quick")) page.searchParams.set("quick", "");
  for (const row of rows) page.searchParams.append("row", row);
  const tab = await browser.newPage();
  let limits;
  const ended = new Promise((resolve, reject) => {
    browser.on("disconnected", () => reject(new Error("Chromium ended before the benchmark did.")));
    tab.on("pageerror", reject);
    tab.exposeFunction("benchDone", resolve);
  });
  await tab.exposeFunction("benchProgress", (sentence) => console.error(`  ${sentence}`));
  await tab.exposeFunction("benchRooflines", (rooflines) => print(rooflineLines((limits = rooflines))));
  await tab.exposeFunction("benchRow", (row) => print(lines([row], limits).slice(1)));
  await tab.exposeFunction("benchFigure", (figure) => print(figureLines([figure]).slice(1)));
  await tab.goto(page.href);
  const result = await ended;
  await tab.close();
  return { ...result, chromium: await browser.version(), processor: cpus()[0]?.model ?? "" };
}

/** Cells in columns; a line of fewer cells ends in a sentence. @param {string[][]} table */
function print(table) {
  if (table.length === 0) return;
  const columns = Math.max(...table.map((line) => line.length));
  const widths = [];
  for (const cells of table.filter((line) => line.length === columns)) cells.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  for (const cells of table) console.log(cells.map((cell, at) => cell.padEnd(cells.length === columns ? widths[at] : 0)).join("  ").trimEnd());
}

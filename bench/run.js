/**
 * The command's side of `bench.html`: opens it in headless Chromium, prints what it measures, writes it as JSON.
 *
 *     node bench/run.js ADDRESS OUT.json [--quick] [--row NAME]…
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { launch } from "../tests/browser/browsers.js";
import { lines, rooflineLines } from "./src/table.js";

const [address, out, ...options] = process.argv.slice(2);
const page = new URL("bench.html?start", address);
if (options.includes("--quick")) page.searchParams.set("quick", "");
options.forEach((option, at) => option === "--row" && page.searchParams.append("row", options[at + 1]));

const browser = await launch("chromium");
try {
  const tab = await browser.newPage();
  const done = new Promise((resolve, reject) => {
    tab.exposeFunction("benchDone", resolve);
    tab.exposeFunction("benchProgress", (sentence) => console.error(`  ${sentence}`));
    let limits;
    tab.exposeFunction("benchRooflines", (rooflines) => print(rooflineLines((limits = rooflines))));
    tab.exposeFunction("benchRow", (row) => print(lines([row], limits).slice(1)));
    tab.on("pageerror", reject);
    tab.on("close", () => reject(new Error("the page was closed")));
    browser.on("disconnected", () => reject(new Error("Chromium ended")));
  });
  await tab.goto(page.href);
  const result = { ...(await done), chromium: await browser.version(), processor: cpus()[0]?.model ?? "" };
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${result.chromium} on ${result.cores} cores of ${result.processor}, ${result.date}`);
  print(rooflineLines(result.rooflines));
  print(lines(result.rows, result.rooflines));
  console.log(`Written to ${out}.`);
  // That a rival cannot be measured is a finding; that we cannot is a failure.
  const areOursWhole = result.rows.every(({ problem, pairs }) => !problem && pairs.every(({ isOurs }) => !isOurs));
  process.exitCode = result.rows.length > 0 && areOursWhole ? 0 : 1;
} finally {
  await browser.close();
}

/** Cells in columns. @param {string[][]} table */
function print(table) {
  const widths = [];
  for (const cells of table.filter((line) => line.length > 3)) cells.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  for (const cells of table) console.log(cells.map((cell, at) => cell.padEnd(cells.length > 3 ? widths[at] : 0)).join("  ").trimEnd());
}

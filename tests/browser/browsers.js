/**
 * The browsers that the tests drive, and what the tests share.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const OUTPUT = join(ROOT, "tests/output");
/** Where `cargo xtask test` serves the playground; by hand, what `cargo xtask serve` says. */
export const PLAYGROUND = process.env.PLAYGROUND ?? "http://localhost:8080/";

/** Two implementations of WebGPU: Chromium's on SwiftShader, Firefox's (which is wgpu) on Mesa's lavapipe. */
const BROWSERS = {
  chromium: {
    browser: "chrome",
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", // tests run as root in containers, where the sandbox cannot start
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
    ],
  },
  firefox: {
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    // Linux builds have WebGPU switched off, and know no software GPU that they would use by themselves. Without relaxed
    // SIMD, as before Firefox 145, the engine is its plain module: Chromium's is the other.
    extraPrefsFirefox: { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true, "javascript.options.wasm_relaxed_simd": false },
  },
};

export const NAMES = Object.keys(BROWSERS);

/** The engine's second part as each of them loads it. @type {Record<string, string>} */
export const REST = { chromium: "later/engine_relaxed.wasm", firefox: "later/engine.wasm" };

/** Every page and every view of a program, by the fragment that opens it. */
export const VIEWS = {
  "code and tensors": "#attention/causal-attention.py?device=cpu",
  "which keys a query sees": "#attention/causal-attention.py?device=cpu&view=keys",
  "token by token": "#attention/prefill-and-decode.py?device=cpu&view=tokens",
  "the catalogue": "#catalogue",
  "two programs compared": "#compare?a=attention/multi-head-attention.py&b=attention/grouped-query-attention.py",
  "the models": "#models",
  "what models cost": "#costs",
  "the trade": "#trade",
  "a model's layers": "#models/generate.py?model=gemma3_text-shakespeare&device=cpu",
};

/** @param {keyof BROWSERS} name @param {string[]} [more] arguments on its command line */
export function launch(name, more = []) {
  const { args = [], ...browser } = BROWSERS[name];
  return puppeteer.launch({ headless: true, protocolTimeout: 300_000, ...browser, args: [...args, ...more] });
}

/** A page of the playground's origin that runs nothing by itself, for tests of the engine alone. */
export async function blankPage(browser) {
  const page = await browser.newPage();
  await page.goto(new URL("icon.svg", PLAYGROUND).href);
  return page;
}

/** The choice of a reader who wants nothing kept for use without a network: it takes a second, and offline.test.js looks at it. */
export function keepNothing() {
  // A browser's own pages, between two others, have no storage.
  try {
    localStorage.setItem(`attention-playground ${new URL(".", location.href).pathname} offline`, "off");
  } catch {}
}

/** The playground itself, ready. @param {string} [fragment] */
export async function openPlayground(browser, fragment = "", viewport = { width: 1400, height: 900 }) {
  const page = await browser.newPage();
  await page.setViewport(viewport);
  await page.evaluateOnNewDocument(keepNothing);
  await page.goto(PLAYGROUND + fragment);
  await page.waitForFunction(() => window.playground !== undefined);
  await page.evaluate(() => window.playground.whenIdle());
  return page;
}

/** @param {string} id of `data-testid` */
export const byId = (id) => `[data-testid="${id}"]`;

/** What tests do and see on a page of the playground. */
export function reader(page) {
  return {
    /** Resolves when nothing runs and everything in view is drawn. */
    idle: () => page.evaluate(() => window.playground.whenIdle()),
    state: (key) => page.evaluate((key) => window.playground.state[key], key),
    text: (id) => page.$eval(byId(id), (element) => element.textContent),
    /** Turns a slider or types into a field as a reader would, in one event. */
    turn: (selector, value) => page.$eval(selector, (input, value) => ((input.value = value), input.dispatchEvent(new Event("input"))), String(value)),
    hash: () => page.evaluate(() => location.hash),
    /** Resolves when the address has followed the last change. */
    address: (part) => page.waitForFunction((part) => location.hash.includes(part), {}, part),
    scrollsSideways: () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
    /** How much of a canvas is not of its most frequent colour: 0 for one that is empty. */
    drawn: (selector) =>
      page.$eval(selector, (canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const counts = new Map();
        for (let at = 0; at < data.length; at += 4) {
          const color = data.slice(at, at + 4).join();
          counts.set(color, (counts.get(color) ?? 0) + 1);
        }
        return 1 - Math.max(...counts.values()) / (data.length / 4);
      }),
  };
}

/** Every program whose output was recorded: its name, its code, and the file with the output. */
export function programs() {
  const data = join(ROOT, "tests/programs");
  return readdirSync(data, { recursive: true })
    .filter((path) => path.endsWith(".out"))
    .sort()
    .map((path) => {
      const beside = join(data, path.replace(/\.out$/, ".py"));
      const file = existsSync(beside) ? beside : join(ROOT, "www/programs", relative(data, beside));
      return { name: path.replace(/\.out$/, ""), code: readFileSync(file, "utf8"), expected: join(data, path) };
    });
}

/**
 * What differs between the recorded output and what was printed, or "". The rule is tests/compare.rs.
 * @param {string} expected a file
 * @param {string} actual text, which is kept under tests/output
 */
export function difference(expected, actual, folder) {
  const directory = join(OUTPUT, folder, basename(dirname(expected)));
  mkdirSync(directory, { recursive: true });
  const file = join(directory, basename(expected));
  writeFileSync(file, actual);
  try {
    execFileSync(compareProgram(), [expected, file], { encoding: "utf8" });
    return "";
  } catch (error) {
    return error.stdout?.trim() || String(error.message);
  }
}

function compareProgram() {
  return join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/compare");
}

/** Keeps a picture of the page. */
export async function picture(page, name) {
  mkdirSync(OUTPUT, { recursive: true });
  await page.screenshot({ path: join(OUTPUT, `${name}.png`) });
}

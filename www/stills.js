/**
 * Records what an element shows before it runs: the first tensors of each mechanism and identity, as pictures.
 *
 *     node www/stills.js OUT ENGINE.wasm
 *
 * OUT is the site, ENGINE its module undivided; `later/stills/` in OUT gets two pictures for each program, light and dark. What is of
 * this engine, of the program's text and of what draws it stays.
 */
import { fileURLToPath } from "node:url";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { domainFromValues } from "./src/color.js";
import { tensorFigure } from "./src/export/figure.js";
import { axisLabels, firstTensorStep, headCounts, isOwn } from "./src/trace.js";
import { panelTitle, planTensor } from "./src/views/tensor-plan.js";
import { cellCount } from "./src/shape.js";

const FOLDERS = ["attention", "identities"];
/** What makes a picture look as it does. */
const DRAWN_BY = ["stills.js", "src/color.js", "src/export/figure.js", "src/export/svg.js", "src/texts-later.js", "src/trace.js", "src/views/tensor-plan.js"];
const ROOM = 520;
/** What a reader takes in before anything moves; a larger tensor would be most of the bytes. */
const MOST_TENSORS = 3;
const MOST_CELLS = 600;
const MOST_PANELS = 4;

/** What makes elements where there is no page: just what `tensorFigure` asks of a document. */
const made = {
  createElementNS: (/** @type {string} */ _, /** @type {string} */ tag) => /** @type {any} */ (new Made(tag)),
};
class Made {
  /** @param {string} tag */
  constructor(tag) {
    this.tag = tag;
    /** @type {Map<string, string>} */
    this.attributes = new Map();
    /** @type {(Made | string)[]} */
    this.children = [];
  }
  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }
  /** @param {string} name */
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  /** @param {...(Made | string)} children */
  append(...children) {
    this.children.push(...children);
  }
  /** @returns {string} */
  toString() {
    const attributes = [...this.attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
    return `<${this.tag}${attributes}>${this.children.map((child) => (typeof child === "string" ? escaped(child) : child.toString())).join("")}</${this.tag}>`;
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

await main(process.argv[2], process.argv[3]);

/** @param {string} out @param {string} module */
async function main(out, module) {
  const made = (await stat(module)).mtimeMs;
  const drawers = (await Promise.all(DRAWN_BY.map((path) => readFile(join(dirname(fileURLToPath(import.meta.url)), path), "utf8")))).join("");
  const wanted = [];
  for (const folder of FOLDERS) {
    for (const name of await readdir(join(out, "programs", folder))) {
      const program = join(out, "programs", folder, name);
      const still = join(out, "later/stills", folder, name.replace(/\.py$/, ""));
      const code = await readFile(program, "utf8");
      const before = await readFile(`${still}.svg`, "utf8").catch(() => "");
      const isNewer = before !== "" && (await stat(`${still}.svg`)).mtimeMs > made;
      if (!isNewer || !before.includes(mark(code + drawers))) wanted.push({ name, code, still, end: mark(code + drawers) });
    }
  }
  if (wanted.length === 0) return;
  const engine = await startEngine(out, module);
  for (const { name, code, still, end } of wanted) {
    await mkdir(dirname(still), { recursive: true });
    const pictures = await picturesOf(engine, code, name, end);
    for (const [theme, picture] of Object.entries(pictures)) await writeFile(`${still}${theme === "dark" ? "-dark" : ""}.svg`, picture);
  }
}

/** By which a picture says of which text it is. @param {string} text */
function mark(text) {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return `<!-- ${hash >>> 0} -->`;
}

/** @param {string} out @param {string} module */
async function startEngine(out, module) {
  const globals = /** @type {any} */ (globalThis);
  globals.self = globalThis;
  const script = await readFile(join(out, "engine/attention_playground.js"));
  // As data, since Node would ask the folder of the file what kind of script it is.
  const { default: start, Engine } = await import(`data:text/javascript;base64,${script.toString("base64")}`);
  await start({ module_or_path: await readFile(module) });
  return await Engine.create(false);
}

/** @param {any} engine @param {string} code @param {string} name @param {string} end what they end with */
async function picturesOf(engine, code, name, end) {
  const { ok, error, steps } = await engine.run(code, { device: "cpu", limits: { seconds: 60 }, files: {}, modules: {}, tokenizers: {}, arguments: [] }, async () => {});
  if (!ok) throw new Error(`${name}: ${error.type}: ${error.message}`);
  const lines = code.split("\n");
  const figures = [];
  for (let step = firstTensorStep(steps); step < steps.length && figures.length < MOST_TENSORS; step += 1) {
    // What functions bind on the way says little without their lines.
    for (const tensor of isOwn(steps[step]) && steps[step].depth === 0 ? steps[step].names : []) {
      if (tensor.kind !== "tensor" || figures.length >= MOST_TENSORS || cellCount(tensor.shape) > MOST_CELLS || cellCount(tensor.shape) === 0) continue;
      const axes = axisLabels(steps, step, tensor);
      const labels = { rows: tensor.shape.length >= 2 ? axes[tensor.shape.length - 2] : null, columns: axes[tensor.shape.length - 1] ?? null };
      const plan = planTensor(tensor.shape, ROOM, labels);
      const { data } = await engine.read(tensor.id);
      const titles = Array.from({ length: Math.min(plan.panels, MOST_PANELS) }, (_, number) => panelTitle(tensor.shape, number, headCounts(steps)));
      const line = lines[steps[step].line - 1].replace(/\s+#.*$/, "").trim();
      figures.push({ ...tensor, code: line, labels, plan, titles, across: Math.max(1, Math.floor((ROOM + 20) / (plan.width + 20))), values: { data, domain: await domainFromValues(data) }, where: "", address: "" });
    }
  }
  return Object.fromEntries(/** @type {const} */ (["light", "dark"]).map((theme) => [theme, `${stacked(figures.map((figure) => tensorFigure(figure, theme, made)))}\n${end}\n`]));
}

/** One below the other. @param {any[]} figures */
function stacked(figures) {
  const size = (/** @type {any} */ figure, /** @type {string} */ name) => Number(figure.getAttribute(name));
  const whole = new Made("svg");
  let height = 0;
  for (const figure of figures) {
    figure.setAttribute("y", String(height));
    height += size(figure, "height");
  }
  const width = Math.max(...figures.map((figure) => size(figure, "width")));
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` })) whole.setAttribute(name, String(value));
  whole.append(...figures);
  return whole;
}

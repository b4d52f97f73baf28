/**
 * Bundles the page into a folder of static files with relative addresses only.
 *
 *     node www/build.js [--out DIR [--whole ENGINE.wasm]]        into `dist/` by default
 *
 * The wasm module is not made here: `cargo xtask build` puts it and its bindings
 * under `DIR/engine/`, where the worker imports them at run time. The bindings are
 * made smaller here. ENGINE is the module undivided, for what shows the programs' first
 * tensors, and for the pages that have all in one file; without it there are none.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { writeOffline } from "./offline.js";
import { writeOneFiles } from "./one-file.js";
import { writePackage } from "./package-for-npm.js";
import { firstSentence, outline } from "./src/program.js";

const WWW = dirname(fileURLToPath(import.meta.url));

/** The oldest browsers that have what the page needs. */
const TARGET = ["chrome113", "firefox121", "safari16.4"];

/** The chapters of what no chapter of the story names, by folder. @type {Record<string, { title: string, summary: string }>} */
const OTHER_CHAPTERS = {
  attention: { title: "More mechanisms", summary: "What the story does not need, and is good to know." },
  identities: { title: "Identities", summary: "Where two mechanisms are one: each claim is a program that computes both sides and compares them." },
  models: { title: "Models", summary: "Whole architectures, which take a checkpoint's weights by their published names." },
};

await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const isRight = args.length === 0 || (args[0] === "--out" && (args.length === 2 || (args[2] === "--whole" && args.length === 4)));
  if (!isRight) {
    console.error("usage: node www/build.js [--out DIR [--whole ENGINE.wasm]]");
    process.exit(2);
  }
  const [, folder = join(WWW, "../dist"), , engine] = args;
  const out = resolve(folder);
  await mkdir(join(out, "programs"), { recursive: true });
  const [options] = await Promise.all([bundle(out), copyPage(out), writePackage(WWW, out), copyPrograms(out), copyModels(out), copyConfigs(out)]);
  if (engine) {
    execFileSync(process.execPath, [join(WWW, "stills.js"), out, engine], { stdio: "inherit" });
    await writeOneFiles(WWW, out, { engine, options });
  }
  await writeOffline(WWW, out, options);
}

/**
 * The workers, each one file: what they share is small. The page is what it begins with, what it loads `later/`, and
 * what both use; the public module is another such, whose element needs nothing of the page.
 * @param {string} out
 */
async function bundle(out) {
  await removeShared(out);
  const style = { name: "element-style", setup: (/** @type {import("esbuild").PluginBuild} */ { onLoad }) => onLoad({ filter: /element\.css$/ }, async () => ({ contents: await elementStyle(), loader: "text" })) };
  /** @type {import("esbuild").BuildOptions} */
  const options = { absWorkingDir: WWW, plugins: [style], loader: { ".css": "text" }, bundle: true, format: "esm", target: TARGET, minify: true, legalComments: "linked", external: ["*/attention_playground.js"], logLevel: "warning" };
  const pieces = { main: "src/main.js", "later/code-mirror": "src/views/code-mirror.js", "later/others": "src/views/others.js", "later/exports": "src/views/exports.js", "later/texts.de": "src/texts.de.js" };
  const element = { "attention-playground": "src/attention-playground.js" };
  const scripts = { embed: "src/embed.js", "frame-height": "src/frame-height.js" };
  const alone = { "engine/worker": "src/engine/worker.js", "engine/helper": "src/engine/helper.js", "tokenizer/worker": "src/tokenizer/worker.js" };
  for (const [entryPoints, splitting, chunkNames] of /** @type {const} */ ([[pieces, true, "shared-[hash]"], [element, true, "later/element/[name]-[hash]"], [alone, false, undefined]])) {
    const { metafile } = await build({ ...options, entryPoints, splitting, chunkNames, outdir: out, metafile: true });
    if (entryPoints === pieces) await moveLater(out, metafile);
  }
  // A classic script has no part that it loads later: it takes the page's.
  const translations = { name: "translations", setup: (/** @type {import("esbuild").PluginBuild} */ { onResolve }) => onResolve({ filter: /\/texts\.\w\w\.js$/ }, ({ path }) => ({ path: path.replace("./", "./later/"), external: true })) };
  await build({ ...options, plugins: [translations], entryPoints: scripts, outdir: out, format: "iife" });
  await minify(join(out, "engine/attention_playground.js"));
  return options;
}

/**
 * What only those pieces share that the page loads later lies among them: esbuild puts all that is shared into one folder.
 * @param {string} out @param {import("esbuild").Metafile} metafile
 */
async function moveLater(out, metafile) {
  const files = new Map(Object.entries(metafile.outputs).map(([path, output]) => [relative(out, join(WWW, path)), output]));
  /** @type {Set<string>} */
  const first = new Set();
  const reach = (/** @type {string} */ path) => {
    if (first.has(path)) return;
    first.add(path);
    for (const { path: other, kind } of files.get(path)?.imports ?? []) if (kind === "import-statement") reach(relative(out, join(WWW, other)));
  };
  reach("main.js");
  const moved = [...files.keys()].filter((path) => path.startsWith("shared-") && !first.has(path));
  for (const path of files.keys()) {
    const isMoved = moved.includes(path);
    let code = await readFile(join(out, path), "utf8");
    for (const name of [...files.keys()].filter((other) => other.startsWith("shared-"))) {
      const before = path.startsWith("later/") ? `"../${name}"` : `"./${name}"`;
      const to = join("/", moved.includes(name) ? "later" : "", name);
      const from = join("/", isMoved ? "later" : dirname(path));
      const address = relative(from, to).split(sep).join("/");
      code = code.replaceAll(before, `"${address.startsWith(".") ? address : `./${address}`}"`);
    }
    if (isMoved) await rm(join(out, path));
    await writeFile(join(out, isMoved ? `later/${path}` : path), code);
  }
}

/** What wasm-bindgen wrote, if it is there yet, without the comments and spaces; of what is so already, nothing changes. @param {string} file */
async function minify(file) {
  const source = await readFile(file, "utf8").catch(() => null);
  if (source !== null) await writeFile(file, (await transform(source, { format: "esm", target: TARGET, minify: true })).code);
}

/**
 * The style of the element: the page's, where a width is that of the element's own box and the root is the element, and
 * what it has instead of a window.
 */
async function elementStyle() {
  const [page, own] = await Promise.all([["style.css", "views.css"], ["element.css"]].map(async (names) => (await Promise.all(names.map((name) => readFile(join(WWW, name), "utf8")))).join("\n")));
  const dark = /@media \(prefers-color-scheme: dark\) \{\s*:root (\{[^}]*\})\s*\}/.exec(page);
  if (!dark) throw new Error("style.css has no dark colours where the element looks for them");
  const scoped = page
    .replace(dark[0], `@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) ${dark[1]} }\n:host([theme="dark"]) ${dark[1]}`)
    .replaceAll(":root", ":host")
    .replaceAll(/@media (\((?:max|min)-width: \d+px\)) \{/g, "@container $1 {");
  return (await transform(`${scoped}\n${own}`, { loader: "css", target: TARGET, minify: true })).code;
}

/** What an earlier build shared has another name. @param {string} out */
async function removeShared(out) {
  await rm(join(out, "later/element"), { recursive: true, force: true });
  for (const folder of [out, join(out, "later")]) for (const name of await readdir(folder).catch(() => [])) if (name.startsWith("shared-")) await rm(join(folder, name));
}

/** @param {string} out */
async function copyPage(out) {
  for (const name of ["index.html", "embed.html", "icon.svg"]) await cp(join(WWW, name), join(out, name));
  for (const name of ["style.css", "views.css"]) await writeFile(join(out, name), (await transform(await readFile(join(WWW, name), "utf8"), { loader: "css", target: TARGET, minify: true })).code);
  // The page of the trade asks for its own style when it is made.
  await cp(join(WWW, "trade.css"), join(out, "later", "trade.css"));
  await cp(join(WWW, "examples"), join(out, "examples"), { recursive: true, force: true });
}

/** The checkpoints that come with the page, as they are. @param {string} out */
async function copyModels(out) {
  await cp(join(WWW, "models"), join(out, "models"), { recursive: true, force: true });
}

/**
 * The configurations of real models, and `configs/index.json`: their titles and architectures, and what is published of them.
 * @param {string} out
 */
async function copyConfigs(out) {
  const read = async (/** @type {string} */ name) => JSON.parse(await readFile(join(WWW, "configs", `${name}.json`), "utf8"));
  const [titles, published, parameters] = await Promise.all(["titles", "published", "parameters"].map(read));
  await mkdir(join(out, "configs"), { recursive: true });
  const models = await Promise.all(
    Object.entries(titles).map(async ([config, title]) => {
      await cp(join(WWW, "configs", `${config}.json`), join(out, "configs", `${config}.json`));
      return { config, title, architecture: (await read(config)).model_type };
    }),
  );
  const counted = Object.entries(parameters).map(([config, value]) => ({ config, quantity: "parameters", value, source: "what transformers counts for this configuration" }));
  await writeFile(join(out, "configs", "index.json"), `${JSON.stringify({ models, published: [...published, ...counted] })}\n`);
}

/**
 * Copies every program and lists them in `programs/index.json`, by chapter: those of
 * `story.json` in their order, then what no chapter names, by folder.
 * @param {string} out
 */
async function copyPrograms(out) {
  const root = join(WWW, "programs");
  const paths = (await pythonFiles(root)).map((file) => relative(root, file).split(sep).join("/")).sort();
  const sources = new Map(await Promise.all(paths.map(async (path) => /** @type {const} */ ([path, await readFile(join(root, path), "utf8")]))));
  const story = JSON.parse(await readFile(join(root, "story.json"), "utf8").catch(() => `{ "chapters": [] }`));
  const named = new Set(story.chapters.flatMap((/** @type {any} */ { programs }) => programs));
  for (const path of named) if (!sources.has(path)) throw new Error(`story.json names ${path}, which is not there`);
  const chapters = [...story.chapters];
  for (const path of paths.filter((other) => !named.has(other) && isProgram(other, sources.get(other) ?? ""))) {
    const chapter = OTHER_CHAPTERS[dirname(path)] ?? { title: dirname(path), summary: "" };
    const at = chapters.findIndex(({ title }) => title === chapter.title);
    if (at < 0) chapters.push({ ...chapter, programs: [path] });
    else chapters[at] = { ...chapters[at], programs: [...chapters[at].programs, path] };
  }
  const list = chapters.map(({ title, summary = "", programs }) => ({ title, summary, programs: programs.map((/** @type {string} */ path) => entry(path, sources.get(path) ?? "")) }));
  for (const [path, source] of sources) {
    await mkdir(dirname(join(out, "programs", path)), { recursive: true });
    await writeFile(join(out, "programs", path), source);
  }
  const modules = paths.filter((path) => dirname(path) === "models").map((path) => basename(path, ".py"));
  await writeFile(join(out, "programs", "index.json"), `${JSON.stringify({ chapters: list, modules })}\n`);
}

/**
 * What a reader may open: not what architectures share, which stands beside them and runs nothing by itself, nor what
 * stands in no folder, which a command runs.
 * @param {string} path @param {string} source
 */
function isProgram(path, source) {
  return dirname(path) === "models" ? /^def forward\(/m.test(source) : dirname(path) !== ".";
}

/** What the catalogue says of a program; the rest of its text is read when it is opened. @param {string} path @param {string} source */
function entry(path, source) {
  const { title, summary, labels } = outline(source);
  const { Notes, Try, Special, ...kept } = labels;
  return { path, title: title || path, sentence: firstSentence(summary), labels: kept, hasMask: /^def visible_keys\(/m.test(source) };
}

/** @param {string} folder @returns {Promise<string[]>} */
async function pythonFiles(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".py"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

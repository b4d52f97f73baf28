/**
 * Bundles the page into a folder of static files with relative addresses only.
 *
 *     node www/build.js [--out DIR]        into `dist/` by default
 *
 * The wasm module is not made here: `cargo xtask build` puts it and its bindings
 * under `DIR/engine/`, where the worker imports them at run time.
 */
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { outline } from "./src/program.js";

const WWW = dirname(fileURLToPath(import.meta.url));

await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  if (args.length !== 0 && (args.length !== 2 || args[0] !== "--out")) {
    console.error("usage: node www/build.js [--out DIR]");
    process.exit(2);
  }
  const out = resolve(args[1] ?? join(WWW, "../dist"));
  await mkdir(join(out, "programs"), { recursive: true });
  await Promise.all([bundle(out), copyPage(out), copyPrograms(out)]);
}

/** The page, the public module and the engine's worker, each one file; what they share is small, so no chunks. @param {string} out */
async function bundle(out) {
  await build({
    absWorkingDir: WWW,
    entryPoints: {
      main: "src/main.js",
      "attention-playground": "src/attention-playground.js",
      "engine/worker": "src/engine/worker.js",
    },
    outdir: out,
    bundle: true,
    format: "esm",
    target: ["chrome113", "firefox121", "safari16.4"],
    minify: true,
    legalComments: "linked",
    external: ["*/attention_playground.js"],
    logLevel: "warning",
  });
}

/** @param {string} out */
async function copyPage(out) {
  for (const name of ["index.html", "style.css", "icon.svg"]) await cp(join(WWW, name), join(out, name));
}

/**
 * Copies every program and lists them in `programs/index.json`: the chapters of
 * `story.json` in their order, then what no chapter names, or all if there is no story, by folder.
 * @param {string} out
 */
async function copyPrograms(out) {
  const root = join(WWW, "programs");
  const paths = (await pythonFiles(root)).map((file) => relative(root, file).split(sep).join("/")).sort();
  const story = JSON.parse(await readFile(join(root, "story.json"), "utf8").catch(() => `{ "chapters": [] }`));
  const chapters = [...story.chapters];
  const named = new Set(chapters.flatMap(({ programs }) => programs));
  for (const path of named) if (!paths.includes(path)) throw new Error(`story.json names ${path}, which is not there`);
  for (const path of paths.filter((other) => !named.has(other))) chapters.push({ title: dirname(path), programs: [path] });
  const list = [];
  for (const { title: group, programs } of chapters) {
    for (const path of programs) {
      const { title, summary } = outline(await readFile(join(root, path), "utf8"));
      list.push({ path, group, title: title || path, summary });
      await mkdir(dirname(join(out, "programs", path)), { recursive: true });
      await cp(join(root, path), join(out, "programs", path));
    }
  }
  await writeFile(join(out, "programs", "index.json"), `${JSON.stringify(list, null, 1)}\n`);
}

/** @param {string} folder @returns {Promise<string[]>} */
async function pythonFiles(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".py"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/**
 * Watches which parts of the engine the page's programs run, up to the values of their tensors.
 *
 *     node www/profile.js SCRIPT.js MODULE.wasm OUT FOLDER
 *
 * SCRIPT is what wasm-bindgen wrote, and FOLDER holds the programs. MODULE is what `bindgen count` made, in which each
 * place that a program may come to sets a global when one does: OUT gets a 0 or a 1 for each, in their order, and below a
 * line that tells what was printed and computed from all else. Or MODULE is a module's first part, which must do without
 * the rest: then OUT gets an empty line and the other, which is the same if nothing is missing.
 */
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serialize } from "node:v8";
import { OffscreenCanvas, gpu } from "./unreal-gpu.js";

const [script, module, out, folder] = process.argv.slice(2);
// The engine looks for a GPU as in a worker.
Object.defineProperty(globalThis, "navigator", { value: { gpu } });
globalThis.OffscreenCanvas = OffscreenCanvas;
globalThis.WorkerGlobalScope = class {
  static [Symbol.hasInstance] = () => true;
};
globalThis.loadRest = () => {
  throw new Error("the first part is not enough");
};
// An engine that nobody holds would be freed as soon as Node collects it, by functions that no program runs.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};
// As data, since Node would ask the folder of the file what kind of script it is.
const { default: start, Engine, refusedBytes } = await import(`data:text/javascript;base64,${(await readFile(script)).toString("base64")}`);
const exports = await start({ module_or_path: await readFile(module) });
const seen = createHash("sha256");
const programs = (await readdir(folder)).filter((name) => name.endsWith(".py"));

// The first tensors come from the CPU, whether there is a GPU or not: before anything runs on that, the rest is loaded.
for (const wantsGpu of [false, true]) {
  const engine = await Engine.create(wantsGpu);
  // The page always asks what is wrong with the GPU, and so this does too.
  const problem = engine.gpuProblem();
  if (engine.hasGpu() !== wantsGpu) throw new Error(problem);
  for (const name of programs) {
    const options = { device: "cpu", limits: { seconds: 60 }, files: {}, modules: {}, tokenizers: {}, arguments: [] };
    const { ok, error, stdout, steps } = await engine.run(await readFile(join(folder, name), "utf8"), options, async () => {});
    if (!ok) throw new Error(`${name}: ${error.type}: ${error.message}`);
    const tensors = steps.flatMap(({ names }) => names.filter(({ kind }) => kind === "tensor").map(({ id }) => id));
    seen.update(stdout);
    for (const id of tensors) seen.update(serialize(await engine.read(id)));
    // The page asks how long an operation takes once it shows what it made.
    for (const id of tensors.slice(0, 3)) await engine.time(id);
  }
  // A worker that crashes can load nothing.
  refusedBytes();
}

let ran = "";
for (let number = 0; `ran${number}` in exports; number += 1) ran += exports[`ran${number}`].value;
await writeFile(out, `${ran}\n${seen.digest("hex")}\n`);

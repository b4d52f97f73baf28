/**
 * Watches which functions of the engine the page's programs run, up to the values of their tensors.
 *
 *     node www/profile.js SCRIPT.js COUNTED.wasm OUT FOLDER
 *
 * SCRIPT is what wasm-bindgen wrote, COUNTED what `bindgen count` made: each of its functions sets a global when it
 * runs. OUT gets a 0 or a 1 for each function, in their order. FOLDER holds the programs.
 */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OffscreenCanvas, gpu } from "./unreal-gpu.js";

const [script, counted, out, folder] = process.argv.slice(2);
// The engine looks for a GPU as in a worker.
Object.defineProperty(globalThis, "navigator", { value: { gpu } });
globalThis.OffscreenCanvas = OffscreenCanvas;
globalThis.WorkerGlobalScope = class {
  static [Symbol.hasInstance] = () => true;
};
// As data, since Node would ask the folder of the file what kind of script it is.
const { default: start, Engine, refusedBytes } = await import(`data:text/javascript;base64,${(await readFile(script)).toString("base64")}`);
const exports = await start({ module_or_path: await readFile(counted) });
const programs = (await readdir(folder)).filter((name) => name.endsWith(".py"));

// The first tensors come from the CPU, whether there is a GPU or not: before anything runs on that, the rest is loaded.
for (const wantsGpu of [false, true]) {
  const engine = await Engine.create(wantsGpu);
  // The page always asks what is wrong with the GPU, and so this does too.
  const problem = engine.gpuProblem();
  if (engine.hasGpu() !== wantsGpu) throw new Error(problem);
  for (const name of programs) {
    const options = { device: "cpu", limits: { seconds: 60 }, files: {}, modules: {}, tokenizers: {}, arguments: [] };
    const { ok, error, steps } = await engine.run(await readFile(join(folder, name), "utf8"), options, async () => {});
    if (!ok) throw new Error(`${name}: ${error.type}: ${error.message}`);
    const tensors = steps.flatMap(({ names }) => names.filter(({ kind }) => kind === "tensor").map(({ id }) => id));
    for (const id of tensors) await engine.read(id);
    // The page asks how long an operation takes once it shows what it made.
    for (const id of tensors.slice(0, 3)) await engine.time(id);
  }
  // A worker that crashes can load nothing.
  refusedBytes();
}

let ran = "";
for (let number = 0; `ran${number}` in exports; number += 1) ran += exports[`ran${number}`].value;
await writeFile(out, ran);

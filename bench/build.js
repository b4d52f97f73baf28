/**
 * Bundles `bench.html` with the workers of both sides into `target/bench/`; `cargo xtask build` and `npm ci` come first.
 *
 *     node bench/build.js
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "../www/node_modules/esbuild/lib/main.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = process.argv[2] ?? join(HERE, "../target/bench");

/** What a page that imports the engine loads, sooner or later. */
const ENGINE = ["attention-playground.js", "engine/worker.js", "engine/attention_playground.js", "engine/attention_playground_relaxed.wasm", "later/engine_relaxed.wasm", "later/texts.txt"];

/** What a page loads of each rival, as it lies in `rivals/`. */
const RIVALS = {
  "ORT wasm": ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
  "ORT WebGPU": ["ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"],
  "TensorFlow.js": ["tfjs.js", "tfjs-backend-wasm-simd.wasm"],
  "jax-js": ["jax.js"],
  wllama: ["wllama.js", "wllama.wasm"],
};

/** What the rivals load at run time, from their packages. */
const LOADED = [
  ...["ort.wasm.min.mjs", "ort.webgpu.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"].map(
    (name) => `onnxruntime-web/dist/${name}`,
  ),
  "@wllama/wllama/esm/wasm/wllama.wasm",
  ...["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"].map((name) => `@tensorflow/tfjs-backend-wasm/dist/${name}`),
];

await mkdir(join(OUT, "rivals"), { recursive: true });
await cp(join(HERE, "bench.html"), join(OUT, "bench.html"));
// The page itself as well, whose start is measured; of its models only the list.
await cp(join(HERE, "../dist"), join(OUT, "playground"), { recursive: true, filter: (path) => !/[\\/]models[\\/][^\\/]+[\\/]/.test(path) });
for (const path of LOADED) await cp(join(HERE, "node_modules", path), join(OUT, "rivals", path.split("/").at(-1)));
execFileSync("node", [join(HERE, "../www/node_modules/binaryen/bin/wasm-as"), "--all-features", join(HERE, "src/peak.wat"), "-o", join(OUT, "peak.wasm")]);
await build({
  absWorkingDir: HERE,
  entryPoints: { page: "src/page.js", rooflines: "src/rooflines.js", "rivals/ort": "src/rivals/ort.js", "rivals/tfjs": "src/rivals/tfjs.js", "rivals/jax": "src/rivals/jax.js", "rivals/candle": "src/rivals/candle.js", "rivals/wllama": "src/rivals/wllama.js" },
  outdir: OUT,
  bundle: true,
  format: "esm",
  minify: true,
  loader: { ".wgsl": "text" },
  external: ["./playground/*", "fs", "path", "worker_threads", "perf_hooks", "os", "util", "crypto"],
  logLevel: "warning",
});

/** Bytes of files, gzipped, one by one as a server sends them. @param {string} folder @param {string[]} names */
function gzipped(folder, names) {
  return names.reduce((sum, name) => sum + gzipSync(readFileSync(join(OUT, folder, name)), { level: 9 }).length, 0);
}

const rivals = Object.fromEntries(Object.entries(RIVALS).map(([name, files]) => [name, gzipped("rivals", files)]));
await writeFile(join(OUT, "bytes.json"), JSON.stringify({ ours: gzipped("playground", ENGINE), rivals }));

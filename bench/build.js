/**
 * Bundles `bench.html` with the workers of both sides into `target/bench/`; `cargo xtask build` and `npm ci` come first.
 *
 *     node bench/build.js
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../www/node_modules/esbuild/lib/main.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = process.argv[2] ?? join(HERE, "../target/bench");

/** What the engine's module loads. */
const ENGINE = ["attention-playground.js", "engine", "later"];

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
for (const name of ENGINE) await cp(join(HERE, "../dist", name), join(OUT, "playground", name), { recursive: true });
for (const path of LOADED) await cp(join(HERE, "node_modules", path), join(OUT, "rivals", path.split("/").at(-1)));
execFileSync("node", [join(HERE, "../www/node_modules/binaryen/bin/wasm-as"), "--all-features", join(HERE, "src/peak.wat"), "-o", join(OUT, "peak.wasm")]);
await build({
  absWorkingDir: HERE,
  entryPoints: { page: "src/page.js", rooflines: "src/rooflines.js", "rivals/ort": "src/rivals/ort.js", "rivals/tfjs": "src/rivals/tfjs.js", "rivals/jax": "src/rivals/jax.js", "rivals/wllama": "src/rivals/wllama.js" },
  outdir: OUT,
  bundle: true,
  format: "esm",
  minify: true,
  loader: { ".py": "text" },
  external: ["./playground/*", "fs", "path", "worker_threads", "perf_hooks", "os", "util", "crypto"],
  logLevel: "warning",
});

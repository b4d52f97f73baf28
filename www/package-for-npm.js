/** Makes the site a package as well: `npm pack` in it takes the public module and what that loads, and nothing of the page. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The module's types, in one file. */
const TYPES = ["src/engine/engine.d.ts", "src/tokenizer/tokenizer.d.ts", "src/element.d.ts"];

/** @param {string} www @param {string} out */
export async function writePackage(www, out) {
  const root = join(www, "..");
  const version = /^version = "([^"]+)"/m.exec(await readFile(join(root, "Cargo.toml"), "utf8"))?.[1];
  if (!version) throw new Error("Cargo.toml says no version");
  const manifest = {
    name: "attention-playground",
    version,
    description: "Runs the PyTorch code of attention in a web page and shows every tensor beside the line that made it.",
    license: "MIT OR Apache-2.0",
    type: "module",
    exports: { ".": { types: "./attention-playground.d.ts", default: "./attention-playground.js" }, "./*": "./*" },
    types: "./attention-playground.d.ts",
    // It defines an element.
    sideEffects: true,
    files: ["attention-playground.js", "attention-playground.d.ts", "later/element", "later/engine.wasm", "later/engine_relaxed.wasm", "later/texts.txt", "later/stills", "engine", "tokenizer", "programs/attention", "programs/identities"],
  };
  await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const types = await Promise.all(TYPES.map((path) => readFile(join(www, path), "utf8")));
  await writeFile(join(out, "attention-playground.d.ts"), types.join("\n"));
  await cp(join(root, "docs/embedding.md"), join(out, "README.md"));
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) await cp(join(root, name), join(out, name));
}

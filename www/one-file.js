/**
 * The playground as one file that has everything inside: `attention-playground.html` for a disk, and for frames without
 * an origin `later/everything.js`, the element alone. Both begin with an archive of what the module would load.
 */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";

/** What the file for a disk may weigh; a model is in it as far as there is room. */
const MOST_BYTES = 3 * 1024 * 1024;

const TOKENIZER = ["tokenizer/attention_playground_tokenizer.js", "tokenizer/attention_playground_tokenizer_bg.wasm"];
const STYLES = ["later/trade.css"];

/**
 * Reads what `build.js` and cargo have put into the site.
 * @param {string} www @param {string} out
 * @param {{ engine: string, options: import("esbuild").BuildOptions }} given the engine in one part, and the options of every bundle
 */
export async function writeOneFiles(www, out, { engine, options }) {
  /** @type {[string, Buffer][]} */
  const files = [["engine/attention_playground_bg.wasm", await readFile(engine)]];
  for (const path of [...TOKENIZER, ...STYLES]) files.push([path, await readFile(join(out, path))]);
  const script = async (/** @type {string} */ entry, /** @type {import("esbuild").BuildOptions} */ own = {}) => {
    const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false, format: "iife", legalComments: "inline", define: { "import.meta.url": "document.baseURI" }, ...own });
    return Buffer.from(outputFiles[0].contents);
  };
  const glue = { name: "glue", setup: (/** @type {import("esbuild").PluginBuild} */ { onResolve }) => onResolve({ filter: /\/attention_playground\.js$/ }, () => ({ path: join(out, "engine/attention_playground.js") })) };
  files.push(["engine/worker.js", await script("src/engine/worker.js", { external: [], define: { "import.meta.url": "self.location.href" }, plugins: [glue] })]);
  for (const folder of ["programs", "configs"]) files.push(...(await filesOf(out, folder)));
  const unpack = (await script("src/unpack.js", { globalName: "unpack" })).toString();

  const mechanisms = files.filter(([path]) => !/^(configs|tokenizer|programs\/models)\/|\.css$/.test(path));
  const element = archive([...mechanisms, ["main.js", await script("src/attention-playground.js")]]);
  await writeFile(join(out, "later/everything.js"), `${unpack}unpack.fromBase64("${element.toString("base64")}");\n`);

  const page = [...files, /** @type {[string, Buffer]} */ (["main.js", await script("src/main.js")])];
  const style = (await Promise.all(["style.css", "views.css"].map((name) => readFile(join(out, name), "utf8")))).join("");
  const models = JSON.parse(await readFile(join(out, "models/index.json"), "utf8").catch(() => "[]"));
  const [smallest] = models.filter((/** @type {any} */ { task }) => task === "language").sort((/** @type {any} */ a, /** @type {any} */ b) => a.bytes - b.bytes);
  for (const parts of smallest ? [await modelParts(out, [smallest, ...models.filter((/** @type {any} */ model) => model !== smallest)]), await filesOf(out, `models/${smallest.path}`), []] : [[]]) {
    const listed = parts.some(([path]) => path === "models/index.json") || parts.length === 0 ? [] : [smallest];
    const html = whole(await readFile(join(www, "index.html"), "utf8"), style, unpack, archive([...page, ["models/index.json", Buffer.from(JSON.stringify(listed))], ...parts]));
    if (html.length > MOST_BYTES && parts.length > 0) continue;
    return await writeFile(join(out, "attention-playground.html"), html);
  }
}

/**
 * What there is room for beside the page: one model whole, and of the others what their costs are counted from and
 * their cards, so that the trade is whole; what losses are measured on.
 * @param {string} out @param {any[]} models the first is the one whose weights are taken @returns {Promise<[string, Buffer][]>}
 */
async function modelParts(out, [whole, ...others]) {
  const described = await Promise.all(others.map(async ({ path }) => (await filesOf(out, `models/${path}`)).filter(([file]) => /(card|config)\.json$/.test(file))));
  const list = [whole, ...others.map((model) => ({ ...model, weights: false }))];
  const heldOut = await readFile(join(out, "models/held-out.json")).catch(() => null);
  return [...(await filesOf(out, `models/${whole.path}`)), ...described.flat(), ...(heldOut ? [/** @type {[string, Buffer]} */ (["models/held-out.json", heldOut])] : []), ["models/index.json", Buffer.from(JSON.stringify(list))]];
}

/** Files one after the other, and before them how long each is, compressed. @param {[string, Buffer][]} files */
function archive(files) {
  const head = Buffer.from(JSON.stringify(files.map(([path, { length }]) => [path, length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return deflateRawSync(Buffer.concat([length, head, ...files.map(([, content]) => content)]), { level: 9 });
}

/**
 * The page around an archive. Its bytes are its text: in windows-1252 each byte is a character, but for what a reader of
 * HTML changes (`unpack.js` undoes both). As base64 it would be a third larger, and have no room for a model.
 * @param {string} page @param {string} style @param {string} unpack @param {Buffer} content
 */
function whole(page, style, unpack, content) {
  const changed = new Set([0x00, 0x0d, 0x3c, 0x3d]);
  const bytes = [];
  for (const byte of content) {
    if (changed.has(byte)) bytes.push(0x3d, (byte + 64) % 256);
    else bytes.push(byte);
  }
  const policy = `default-src 'none'; script-src 'unsafe-inline' blob: 'wasm-unsafe-eval'; worker-src blob:; style-src 'unsafe-inline' blob:; img-src data: blob:; connect-src 'self'; base-uri 'none'`;
  const [before, after] = page
    .replace(/charset="utf-8"/, `charset="windows-1252"`)
    .replace(/(Content-Security-Policy" content=)"[^"]*"/, `$1"${policy}"`)
    .replace(/\s*<link[^>]*>/g, "")
    .replace(/\s*<script type="module"[^>]*><\/script>/, "")
    .replace("</head>", () => `<style>${ascii(style, (code) => `\\${code} `)}</style></head>`)
    .split("</body>")
    .map((part) => ascii(part, (code) => `&#x${code};`));
  return Buffer.concat([Buffer.from(`${before}<script type="text/plain" id="archive">`), Buffer.from(bytes), Buffer.from(`</script><script>${ascii(unpack, (code) => `\\u${code.padStart(4, "0")}`)}unpack.fromPage();</script></body>${after}`)]);
}

/** What every encoding of a page has in common. @param {string} text @param {(code: string) => string} escaped */
function ascii(text, escaped) {
  return text.replaceAll(/[^\x00-\x7f]/gu, (character) => escaped(/** @type {number} */ (character.codePointAt(0)).toString(16)));
}

/** @param {string} out @param {string} folder @returns {Promise<[string, Buffer][]>} */
async function filesOf(out, folder) {
  const entries = await readdir(join(out, folder), { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
  return await Promise.all(paths.map(async (path) => /** @type {[string, Buffer]} */ ([relative(out, path).split(sep).join("/"), await readFile(path)])));
}

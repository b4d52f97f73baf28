/**
 * What makes the site one that can be installed and used without a network: its manifest, its icons, and the service
 * worker, which is told what every file holds. `docs/offline.md` says what that means to a reader and to a host.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";
import { pngFromIcon } from "./icon-png.js";

/** The pages that say which version they are of. */
const PAGES = ["index.html", "embed.html"];
/** What a page needs that embeds the playground, and the playground itself does not. */
const EMBEDDING = /^(embed\.(html|js)|frame-height\.js|attention-playground\.js|later\/(element\/|everything\.js))/;
/** What no page of a program asks for. */
const NEVER = /^(attention-playground\.html|service-worker\.js|package\.json|README\.md|LICENSE-.*|examples\/.*|later\/(stills\/.*|no-service-worker\.js))$|\.(d\.ts|map|LEGAL\.txt|tgz)$/;

/** Digits of a hash, in hexadecimal: enough that no two files have the same. */
const DIGITS = 16;

const MANIFEST = {
  name: "Attention Playground",
  short_name: "Attention",
  description: "PyTorch attention code that runs in the page, line by line, with every tensor beside it.",
  lang: "en",
  id: "./",
  start_url: "./",
  scope: "./",
  display: "standalone",
  background_color: "#ffffff",
  theme_color: "#ffffff",
  icons: [
    { src: "icon.svg", type: "image/svg+xml", sizes: "any" },
    { src: "later/icons/192.png", type: "image/png", sizes: "192x192" },
    { src: "later/icons/512.png", type: "image/png", sizes: "512x512" },
    { src: "later/icons/512-maskable.png", type: "image/png", sizes: "512x512", purpose: "maskable" },
  ],
};

/**
 * After everything else is in the site.
 * @param {string} www @param {string} out @param {import("esbuild").BuildOptions} options those of every bundle
 */
export async function writeOffline(www, out, options) {
  const icon = await readFile(join(www, "icon.svg"), "utf8");
  await mkdir(join(out, "later/icons"), { recursive: true });
  await writeFile(join(out, "later/icons/192.png"), pngFromIcon(icon, 192));
  await writeFile(join(out, "later/icons/512.png"), pngFromIcon(icon, 512));
  await writeFile(join(out, "later/icons/512-maskable.png"), pngFromIcon(icon, 512, { share: 0.625, background: MANIFEST.background_color }));
  await writeFile(join(out, "manifest.json"), `${JSON.stringify(MANIFEST)}\n`);
  await cp(join(www, "src/offline/no-service-worker.js"), join(out, "later/no-service-worker.js"));

  /** @type {Record<string, [string, number, string]>} */
  const files = {};
  for (const path of await pathsOf(out)) {
    const content = await readFile(join(out, path));
    const group = EMBEDDING.test(path) ? "embedding" : path.endsWith(".safetensors") ? "weights" : "page";
    files[path] = [createHash("sha256").update(content).digest("hex").slice(0, DIGITS), content.length, group];
  }
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, DIGITS);
  for (const name of PAGES) {
    const page = await readFile(join(out, name), "utf8");
    await writeFile(join(out, name), page.replace(/(<meta name="version" content=")[^"]*/, `$1${version}`));
  }
  const define = { __FILES__: JSON.stringify(files), __VERSION__: JSON.stringify(version) };
  await build({ ...options, entryPoints: { "service-worker": "src/offline/service-worker.js" }, outdir: out, format: "iife", define });
}

/** The files that a page may ask for. @param {string} out */
async function pathsOf(out) {
  const entries = await readdir(out, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(out, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"));
  return paths.filter((path) => !NEVER.test(path)).sort();
}

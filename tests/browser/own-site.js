/**
 * The built site as a host serves it, with that host's ways: what it is called, what it sends with its files, and what
 * becomes of them on the way.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { ROOT } from "./browsers.js";

export const SITE = join(ROOT, "dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".wasm": "application/wasm", ".py": "text/x-python" };

/**
 * @typedef {{ folder?: string, headers?: Record<string, string>, types?: Record<string, string>, lost?: (path: string) => boolean | number, until?: (path: string) => Promise<unknown> | undefined, changed?: Record<string, string | Buffer> }} Ways
 * `types` are by extension or by path. Of a file that is `lost`, nothing comes, or so many bytes of it and no more; another waits `until` something.
 * `changed` is what other files hold than those of `dist/`. All may change while it serves.
 */

/** @param {Ways} ways @returns {Promise<{ address: string, asked: string[], close: () => Promise<void> }>} */
export async function serve(ways) {
  /** @type {string[]} */
  const asked = [];
  const server = createServer(async ({ url }, response) => {
    const { folder = "/", headers = {}, types = {}, lost = () => false, until, changed = {} } = ways;
    const path = decodeURIComponent(new URL(url ?? "", "http://host").pathname);
    if (`${path}/` === folder) return response.writeHead(301, { Location: encodeURI(folder) }).end();
    const inside = path.startsWith(folder) ? normalize(path.slice(folder.length) || "index.html") : "..";
    const file = join(SITE, inside);
    asked.push(inside);
    await until?.(inside);
    const come = lost(inside);
    if (come === true) return response.destroy();
    if (inside.startsWith("..") || (!(inside in changed) && (!existsSync(file) || !statSync(file).isFile()))) return response.writeHead(404, headers).end();
    const content = Buffer.from(changed[inside] ?? readFileSync(file));
    const type = types[inside] ?? { ...TYPES, ...types }[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Content-Length": content.length, ...headers });
    if (typeof come !== "number") return response.end(content);
    response.write(content.subarray(0, come), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const close = () => {
    server.closeAllConnections();
    return /** @type {Promise<void>} */ (new Promise((resolve) => server.close(() => resolve())));
  };
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { address: `http://localhost:${port}${encodeURI(ways.folder ?? "/")}`, asked, close };
}

/**
 * Serves the site, gives what opens pages of it, and closes them all; none of them may throw.
 * @param {any} browser @param {Ways} ways
 * @param {(open: (fragment?: string, prepare?: () => void) => Promise<any>, site: Awaited<ReturnType<typeof serve>>) => Promise<void>} action
 */
export async function onSite(browser, ways, action) {
  const site = await serve(ways);
  /** @type {any[]} */
  const pages = [];
  /** @type {string[]} */
  const complaints = [];
  const open = async (fragment = "#attention/causal-attention.py?device=cpu", prepare = undefined) => {
    const page = await browser.newPage();
    pages.push(page);
    page.on("pageerror", (/** @type {Error} */ error) => complaints.push(error.message));
    await page.setViewport({ width: 1400, height: 900 });
    if (prepare) await page.evaluateOnNewDocument(prepare);
    await page.goto(site.address + fragment);
    await page.waitForFunction(() => window.playground !== undefined);
    await page.evaluate(() => window.playground.whenIdle());
    return page;
  };
  try {
    await action(open, site);
    assert.deepEqual(complaints, [], "the page threw");
  } finally {
    for (const page of pages) if (!page.isClosed()) await page.close();
    await site.close();
  }
}

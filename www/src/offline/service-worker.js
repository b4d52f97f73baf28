/**
 * The page without a network: keeps the files of its version, and answers with them.
 *
 * A page comes from the host first, and what it loads from what is kept. While the host has another version than this
 * worker, everything comes from the host first, so that a page never runs with the files of two versions, and no reader is
 * left with an old one. `www/offline.js` writes the files and their hashes into it.
 */

import { hasRelaxedSimd } from "../engine/relaxed-simd.js";

/** By path: a hash of the content, its bytes, and what it is for; what is for embedding is kept when it was asked for, as weights are. @type {Record<string, [hash: string, bytes: number, group: "page" | "weights" | "embedding"]>} */
const FILES = __FILES__;
/** The engine's parts as this browser does not load them. */
const OTHER_ENGINE = hasRelaxedSimd() ? ["engine/attention_playground_bg.wasm", "later/engine.wasm"] : ["engine/attention_playground_relaxed.wasm", "later/engine_relaxed.wasm"];
for (const path of OTHER_ENGINE) if (FILES[path]) FILES[path][2] = "embedding";
/** A hash of all of them. @type {string} */
const VERSION = __VERSION__;

const worker = /** @type {any} */ (globalThis);
const SCOPE = new URL("./", worker.location.href);
/** Copies of the page in other folders of this host have caches of their own. */
const FAMILY = `attention-playground ${SCOPE.pathname} `;
const CACHE = FAMILY + VERSION;

/** A host that has not answered by then is as good as none, where the page is kept. */
const PATIENCE_MILLISECONDS = 5000;
/**
 * What isolates a page, and its workers, from other origins: it loads nothing from there, and may use several threads. A
 * frame without an origin is another's, and has to be let in.
 */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "cross-origin" };
/** Files that are asked for at a time. */
const AT_ONCE = 4;
/** Some hosts call files that they do not know text, and browsers start no script that is not called one. @type {Record<string, string>} */
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", json: "application/json", wasm: "application/wasm", svg: "image/svg+xml", png: "image/png", py: "text/plain; charset=utf-8" };

/** The folders whose files are all known. */
const FOLDERS = new Set(Object.keys(FILES).map(folderOf).filter((folder) => folder !== ""));

/** What is remembered beside the files, each under an address that no file has. */
const OTHER_VERSION = new URL("?the-host-has-another-version", SCOPE).href;
const EVERYTHING = new URL("?everything-is-kept", SCOPE).href;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(fill()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(begin()));

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== SCOPE.origin || !url.pathname.startsWith(SCOPE.pathname)) return;
  const path = decodeURIComponent(url.pathname).slice(decodeURIComponent(SCOPE.pathname).length) || "index.html";
  if (Object.hasOwn(FILES, path)) event.respondWith((request.mode === "navigate" ? page(path, request) : file(path, event)).then(isolated));
  // Whether a model has a file that not every model has, is known without the host.
  else if (FOLDERS.has(folderOf(path))) event.respondWith(fetch(request).catch(() => new Response(null, { status: 404 })));
});

/** What the page asks for, by name. @type {Record<string, (word: any) => Promise<unknown>>} */
const ANSWERS = {
  version: async () => VERSION,
  /** What is kept, and what might be. */
  async state() {
    const kept = await keptPaths();
    const missing = (/** @type {string} */ group) => Object.entries(FILES).flatMap(([path, [, bytes, own]]) => (own === group && !kept.has(path) ? [{ path, bytes }] : []));
    return { bytes: [...kept].reduce((sum, path) => sum + FILES[path][1], 0), page: missing("page"), weights: missing("weights"), models: Object.values(FILES).filter(([, , group]) => group === "weights").length };
  },
  /** Keeps what is missing of the page: a browser may have thrown some of it away. */
  fill,
  /** Keeps one file. @param {string} path */
  async keep(path) {
    if (Object.hasOwn(FILES, path)) await keep(path);
  },
  /** That the reader wants all of it holds for later versions as well. */
  everything: () => remember(EVERYTHING),
  takeOver: () => worker.skipWaiting(),
};

worker.addEventListener("message", (/** @type {any} */ event) => {
  const { ask, word } = event.data ?? {};
  const [port] = event.ports;
  if (!port || !Object.hasOwn(ANSWERS, ask)) return;
  const answered = ANSWERS[ask](word).then(
    (value) => port.postMessage({ value }),
    (error) => port.postMessage({ problem: String(error?.message ?? error), isFull: error?.name === "QuotaExceededError" }),
  );
  event.waitUntil(answered);
});

/** Keeps all that belongs to the page; of other versions' files, those that are the same. */
async function fill() {
  const cache = await caches.open(CACHE);
  const before = (await caches.keys()).filter((name) => name.startsWith(FAMILY) && name !== CACHE);
  const isEverything = await anyHas(EVERYTHING, [...before, CACHE]);
  if (isEverything) await remember(EVERYTHING);
  const kept = await keptPaths();
  const waiting = Object.keys(FILES).filter((path) => !kept.has(path));
  const next = async () => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const same = (await anyMatch(keyOf(path), before)) ?? null;
      if (same) await cache.put(keyOf(path), same);
      else if (FILES[path][2] === "page" || (isEverything && FILES[path][2] === "weights")) await keep(path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** This version is the one in use now: what others kept goes. */
async function begin() {
  for (const name of await caches.keys()) if (name.startsWith(FAMILY) && name !== CACHE) await caches.delete(name);
  await worker.clients.claim();
}

/** A page from the host, or the kept one. @param {string} path @param {Request} request */
async function page(path, request) {
  const fromHost = fetch(request).then(async (response) => {
    const version = response.ok ? /name="version" content="([^"]*)"/.exec(await response.clone().text())?.[1] : undefined;
    if (version === VERSION) await forget(OTHER_VERSION);
    else if (version !== undefined) {
      await remember(OTHER_VERSION);
      await tellPages(version);
    }
    return response;
  });
  const kept = await caches.match(keyOf(path), { cacheName: CACHE });
  if (!kept) return await fromHost;
  const overdue = new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE_MILLISECONDS));
  const answer = await Promise.race([fromHost.catch(() => null), overdue]);
  return answer === null || answer.status >= 500 ? kept : answer;
}

/** The same answer, as one that isolates. Few hosts say it themselves. @param {Response} response */
function isolated(response) {
  // Where the host sends the browser elsewhere, there is nothing to say yet.
  if (response.type === "opaqueredirect" || Object.keys(ISOLATION).every((name) => response.headers.has(name))) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) if (!headers.has(name)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Open pages learn of the host's other version even where it cannot be kept, for want of room. @param {string} version */
async function tellPages(version) {
  for (const page of await worker.clients.matchAll({ type: "window" })) page.postMessage({ hostHas: version });
}

/** A file as it is kept, or from the host. @param {string} path @param {any} event */
async function file(path, event) {
  const isKept = await caches.match(keyOf(path), { cacheName: CACHE });
  if (isKept && (await caches.match(OTHER_VERSION, { cacheName: CACHE }))) {
    const answer = await fetch(event.request).catch(() => null);
    return answer?.ok ? answer : isKept;
  }
  if (isKept) return isKept;
  const response = await fetch(event.request);
  if (response.ok) event.waitUntil(store(path, response.clone()).catch(() => {}));
  return response;
}

/** Asks the host for a file and keeps it. @param {string} path */
async function keep(path) {
  if (await caches.match(keyOf(path), { cacheName: CACHE })) return;
  for (const mode of /** @type {const} */ (["no-cache", "reload"])) {
    // Some hosts redirect index.html to its folder.
    const response = await fetch(new URL(path === "index.html" ? "" : path.split("/").map(encodeURIComponent).join("/"), SCOPE), { cache: mode });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    if (await store(path, response)) return;
  }
  throw new Error(`${path} is of another version on the host`);
}

/** Keeps an answer of the host, if it is the file of this version and the reader has not taken everything away. @param {string} path @param {Response} response */
async function store(path, response) {
  const content = await response.arrayBuffer();
  if (!(await isOurs(path, content))) {
    await remember(OTHER_VERSION);
    return false;
  }
  if (!(await caches.has(CACHE))) return true;
  // With what the host says of it, such as its policy, but not how it was sent.
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.set("content-length", String(content.byteLength));
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
  if (type) headers.set("content-type", type);
  for (const [name, value] of Object.entries(ISOLATION)) if (!headers.has(name)) headers.set(name, value);
  const cache = await caches.open(CACHE);
  await cache.put(keyOf(path), new Response(content, { headers }));
  return true;
}

/** @param {string} path @param {ArrayBuffer} content */
async function isOurs(path, content) {
  // Hosts may add to a page; the version in it says what it loads.
  if (path.endsWith(".html")) return new TextDecoder().decode(content).includes(`name="version" content="${VERSION}"`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const [hash] = FILES[path];
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("").startsWith(hash);
}

/** @param {string} path */
function folderOf(path) {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Where a file is kept: under its content, so that a later version finds what did not change. @param {string} path */
function keyOf(path) {
  return new URL(`${encodeURI(path)}?${path.endsWith(".html") ? VERSION : FILES[path][0]}`, SCOPE).href;
}

/** The files that are kept. @returns {Promise<Set<string>>} */
async function keptPaths() {
  if (!(await caches.has(CACHE))) return new Set();
  const keys = new Set((await (await caches.open(CACHE)).keys()).map(({ url }) => url));
  return new Set(Object.keys(FILES).filter((path) => keys.has(keyOf(path))));
}

/** @param {string} key */
async function remember(key) {
  if (!(await caches.has(CACHE))) return;
  await (await caches.open(CACHE)).put(key, new Response("yes"));
}

/** @param {string} key */
async function forget(key) {
  if (await caches.match(key, { cacheName: CACHE })) await (await caches.open(CACHE)).delete(key);
}

/** @param {string} key @param {string[]} names of caches */
async function anyMatch(key, names) {
  for (const cacheName of names) {
    const found = await caches.match(key, { cacheName });
    if (found) return found;
  }
}

/** @param {string} key @param {string[]} names of caches */
async function anyHas(key, names) {
  return (await anyMatch(key, names)) !== undefined;
}

/**
 * Checkpoints: the files of a model, from this site or from the reader's own disk.
 *
 * A file stays a blob, which the browser keeps where it likes: the engine reads the slices that it needs, and
 * nothing leaves the page.
 */

import { NotCome, assetUrl, fetchAsset } from "./assets.js";
import { bytesText } from "./number.js";
import { texts } from "./texts.js";

/** What a checkpoint may consist of; the rest of a folder is somebody else's business. */
const PART = /\.(json|safetensors)$/;
/** A folder with more is no checkpoint. */
const MAX_FILES = 2000;
/** A configuration, or an index, that is longer is none. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** What has come becomes a blob after so many bytes, for the browser to put where it likes. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Which files a folder on this site may have beside its weights. */
const OPTIONAL = ["tokenizer.json", "generation_config.json"];
const INDEX = "model.safetensors.index.json";
const WEIGHTS = "model.safetensors";

/**
 * @typedef {object} Checkpoint
 * @property {string} title what it is called
 * @property {string} address where on this site it lies, "" where the reader gave it
 * @property {Record<string, Blob>} files by name
 * @property {number} bytes of all of them
 */

/**
 * The checkpoint in a folder of this site.
 * @param {URL} folder its address, with a slash at its end
 * @param {{ onProgress?: (loaded: number, total: number) => void, signal?: AbortSignal, come?: Map<string, Blob> }} [options] `total` is 0 where the host does not say; `come` has the files, by address, that came when it was asked for before, and gets those that come now
 * @returns {Promise<Checkpoint>}
 * @throws {Error} with a sentence
 */
export async function checkpointFromSite(folder, { onProgress, signal, come = new Map() } = {}) {
  if (folder.origin !== assetUrl("").origin) throw new Error(texts.checkpoint.elsewhere(folder.href));
  const progress = { loaded: 0, total: 0 };
  const fetched = async (/** @type {string} */ name) => {
    const url = new URL(name, folder);
    const part = come.get(url.href) ?? (await fetchPart(url, progress, onProgress, signal));
    if (part) come.set(url.href, part);
    return part;
  };
  const config = await fetched("config.json");
  if (!config) throw new Error(texts.checkpoint.noCheckpointAt(folder.href));
  /** @type {Record<string, Blob>} */
  const files = { "config.json": config };
  for (const name of OPTIONAL) {
    const part = await fetched(name);
    if (part) files[name] = part;
  }
  const whole = await fetched(WEIGHTS);
  if (whole) {
    files[WEIGHTS] = whole;
  } else {
    const index = await fetched(INDEX);
    if (!index) throw new Error(texts.checkpoint.neither(folder.href, WEIGHTS, INDEX));
    files[INDEX] = index;
    for (const name of shardsOf(await json(INDEX, index))) {
      const shard = await fetched(name);
      if (!shard) throw new Error(texts.checkpoint.noShard(INDEX, name, folder.href));
      files[name] = shard;
    }
  }
  const [title] = folder.pathname.split("/").filter(Boolean).slice(-1);
  return checkpoint(decodeURIComponent(title ?? ""), folder.href, files);
}

/**
 * The checkpoint among files that the reader chose or dropped: those in the folder that has a `config.json`, or a `.gguf` file.
 * @param {{ path: string, file: Blob }[]} list
 * @returns {Checkpoint}
 * @throws {Error} with a sentence
 */
export function checkpointFromFiles(list) {
  if (list.length > MAX_FILES) throw new Error(texts.checkpoint.tooMany(list.length));
  const gguf = list.find(({ path }) => path.endsWith(".gguf"));
  const config = list.filter(({ path }) => /(^|\/)config\.json$/.test(path)).sort((a, b) => depth(a.path) - depth(b.path))[0];
  if (!config && !gguf) throw new Error(texts.checkpoint.noCheckpoint);
  const chosen = config ?? /** @type {typeof list[0]} */ (gguf);
  const folder = chosen.path.slice(0, chosen.path.lastIndexOf("/") + 1);
  const beside = list.filter(({ path }) => path.startsWith(folder) && depth(path) === depth(folder) && PART.test(path));
  // A .gguf file is a whole folder to the programs, which look for it by this name.
  const files = config ? Object.fromEntries(beside.map(({ path, file }) => [path.slice(folder.length), file])) : { "model.gguf": chosen.file };
  if (config && !Object.keys(files).some((name) => name.endsWith(".safetensors"))) throw new Error(texts.checkpoint.beside(config.path));
  return checkpoint(folder.split("/").filter(Boolean).pop() ?? (config ? "checkpoint" : chosen.path.replace(/\.gguf$/, "")), "", files);
}

/** Whether some files are a checkpoint rather than a program. @param {string[]} paths */
export function isCheckpoint(paths) {
  return paths.some((path) => /(^|\/)config\.json$|\.(safetensors|gguf)$/.test(path));
}

/** The architecture that a checkpoint says it is of; "" where only its weights know. @param {Checkpoint} checkpoint @returns {Promise<string>} */
export async function architectureOf({ files }) {
  if (!Object.hasOwn(files, "config.json")) return "";
  const config = await json("config.json", files["config.json"]);
  // Of a model that also sees or hears, the language model is a part.
  const type = config?.text_config ? (config.text_config.model_type ?? `${config.model_type}_text`) : config?.model_type;
  if (typeof type !== "string") throw new Error(texts.checkpoint.noArchitecture);
  return type;
}

/**
 * The files of a drop, those in dropped folders too.
 * @param {DataTransfer} transfer
 * @returns {Promise<{ path: string, file: File }[]>}
 */
export async function droppedFiles(transfer) {
  // The list is empty as soon as the event is over, so its entries are taken at once.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  /** @type {{ path: string, file: File }[]} */
  const found = [];
  while (entries.length > 0 && found.length <= MAX_FILES) {
    const entry = /** @type {FileSystemEntry} */ (entries.pop());
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    } else if (entry.isDirectory) {
      const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
      // A reader gives some entries at a time, and none when there are no more.
      for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (some.length === 0 || entries.length > MAX_FILES) break;
        entries.push(...some);
      }
    }
  }
  return found;
}

/** @param {string} title @param {string} address @param {Record<string, Blob>} files @returns {Checkpoint} */
function checkpoint(title, address, files) {
  return { title, address, files, bytes: Object.values(files).reduce((sum, { size }) => sum + size, 0) };
}

/**
 * A file of this site as a blob; null where there is none.
 * @param {URL} url
 * @param {{ loaded: number, total: number }} progress of all files so far
 * @param {((loaded: number, total: number) => void) | undefined} onProgress
 * @param {AbortSignal | undefined} signal
 */
async function fetchPart(url, progress, onProgress, signal) {
  const response = await fetchAsset(url, { signal }).catch((error) => {
    throw signal?.aborted ? error : new NotCome(texts.checkpoint.unreachable(url.href));
  });
  // Some hosts answer with a page of their own where there is no file.
  if (response.status === 404 || (response.ok && /^text\/html\b/.test(response.headers.get("content-type") ?? ""))) return null;
  if (!response.ok || !response.body) throw new Error(texts.checkpoint.loadFailed(url.href, response.status));
  const length = Number(response.headers.get("content-length") ?? 0);
  progress.total += length;
  // Read piece by piece: a stream that is piped on reports its abort in Firefox where nobody can catch it.
  const reader = response.body.getReader();
  /** @type {Blob[]} */
  const blobs = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let pieces = [];
  let come = 0;
  const cutOff = () => new NotCome(texts.checkpoint.cutOff(url.href, bytesText(come), length > come ? bytesText(length) : ""));
  for (let size = 0; ; ) {
    const { done, value } = await reader.read().catch((error) => {
      throw signal?.aborted ? error : cutOff();
    });
    if (value) {
      come += value.byteLength;
      pieces.push(value);
      size += value.byteLength;
      progress.loaded += value.byteLength;
      onProgress?.(progress.loaded, Math.max(progress.total, progress.loaded));
    }
    if (done || size > PIECE_BYTES) {
      blobs.push(new Blob(pieces));
      pieces = [];
      size = 0;
    }
    // Not every browser says that a host went away.
    if (done && come < length && !response.headers.has("content-encoding")) throw cutOff();
    if (done) return new Blob(blobs);
  }
}

/** @param {string} name @param {Blob} blob */
async function json(name, blob) {
  if (blob.size > MAX_JSON_BYTES) throw new Error(texts.checkpoint.tooLarge(name, MAX_JSON_BYTES / 1024 / 1024));
  try {
    return JSON.parse(await blob.text());
  } catch {
    throw new Error(texts.checkpoint.noJson(name));
  }
}

/** The names of the files that an index places tensors in. @param {any} index */
function shardsOf(index) {
  const names = [...new Set(Object.values(index?.weight_map ?? {}))];
  if (names.length === 0 || !names.every((name) => typeof name === "string" && /^[\w.-]+\.safetensors$/.test(name))) throw new Error(texts.checkpoint.noMap(INDEX));
  return /** @type {string[]} */ (names);
}

/** @param {string} path */
function depth(path) {
  return path.split("/").length;
}

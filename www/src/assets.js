/**
 * The files that come with the page's module: where they are, and what they hold.
 *
 * A page that has them in itself names them before the module runs: `globalThis.attentionPlaygroundFiles`, blobs by path.
 */

/** @type {Record<string, Blob> | undefined} */
const carried = /** @type {any} */ (globalThis).attentionPlaygroundFiles;
/** The folder of the module; of the page's own, that is the page's. @type {string | URL} */
let base = globalThis.document ? document.baseURI : import.meta.url;

/** @param {string | URL} folder with a slash at its end */
export function setAssetBase(folder) {
  base = new URL(folder, base);
}

/** @param {string} path as seen from that folder */
export function assetUrl(path) {
  return new URL(path, base);
}

/** @param {string | URL} address as seen from that folder, or whole @param {RequestInit} [options] @returns {Promise<Response>} */
export async function fetchAsset(address, options) {
  const url = new URL(address, base);
  if (!carried) return await fetch(url, options);
  const path = url.href.slice(new URL(".", base).href.length);
  return Object.hasOwn(carried, path) ? new Response(carried[path]) : new Response(null, { status: 404 });
}

/** A file did not come, or not whole, as when the network has gone: asking again may help. */
export class NotCome extends Error {}

/** What an attribute says to load it. @param {string} path */
export function assetHref(path) {
  const blob = carriedAsset(path);
  return blob ? URL.createObjectURL(blob) : assetUrl(path).href;
}

/** A file that the page has in itself. @param {string} path @returns {Blob | undefined} */
export function carriedAsset(path) {
  return carried?.[path];
}

/** Begins a page that has its files in itself: `one-file.js` has packed them. */

const TYPES = /** @type {Record<string, string>} */ ({ js: "text/javascript", json: "application/json", wasm: "application/wasm", py: "text/x-python", css: "text/css" });

/** @param {string} text */
export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return begin(bytes);
}

/** The archive is the text of an element of this page. */
export async function fromPage() {
  try {
    const text = document.characterSet === "windows-1252" ? (document.getElementById("archive")?.textContent ?? "") : await readAgain();
    document.getElementById("archive")?.remove();
    await begin(bytesFromText(text));
  } catch (error) {
    const page = document.getElementById("page");
    if (page) page.textContent = `This file is damaged, or was changed on its way here: ${error instanceof Error ? error.message : error}`;
  }
}

/** A host that calls every page UTF-8 has had it read as that. */
async function readAgain() {
  const response = await fetch(location.href);
  const text = new TextDecoder("windows-1252").decode(await response.arrayBuffer());
  const [, archive = ""] = /<script type="text\/plain" id="archive">([^<]*)</.exec(text) ?? [];
  return archive;
}

/** @param {string} text in which each character of windows-1252 is a byte, and `=` says that the next one is 64 more than it should */
function bytesFromText(text) {
  const byteOf = new Uint8Array(0x10000);
  const all = new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  for (let byte = 0; byte < 256; byte += 1) byteOf[all.charCodeAt(byte)] = byte;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = byteOf[text.charCodeAt(at)];
    bytes[length] = byte === 0x3d ? byteOf[text.charCodeAt((at += 1))] - 64 : byte;
    length += 1;
  }
  return bytes.subarray(0, length);
}

/** @param {Uint8Array} packed */
async function begin(packed) {
  const stream = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (packed)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const content = await new Response(stream).arrayBuffer();
  const head = new DataView(content).getUint32(0, true);
  const list = JSON.parse(new TextDecoder().decode(new Uint8Array(content, 4, head)));
  /** @type {Record<string, Blob>} */
  const files = {};
  let start = 4 + head;
  for (const [path, length] of list) {
    files[path] = new Blob([new Uint8Array(content, start, length)], { type: TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "" });
    start += length;
  }
  /** @type {any} */ (globalThis).attentionPlaygroundFiles = files;
  const script = document.createElement("script");
  script.src = URL.createObjectURL(files["main.js"]);
  document.head.append(script);
}

/** The first frame of an `<attention-playground>`: its code as text, which costs an article nothing; and where that is. */
import { NotCome, assetUrl, fetchAsset } from "./assets.js";
import { h } from "./dom.js";
import { colouredLines } from "./highlight.js";
import { firstKnown, speak } from "./language.js";
import { MAX_FILE_BYTES, sourceFromNotebook } from "./program.js";
import { createStore, initialState } from "./state.js";
import { texts } from "./texts.js";
import { createPlainCode } from "./views/plain-code.js";
import { lookAnew, onLookChange } from "./views/look.js";
import style from "../element.css";

/** The style, once for all elements of a page. @type {CSSStyleSheet | undefined} */
let sheet;

/** @typedef {ReturnType<typeof createFrame>} Frame */

/** Speaks the language of the article around, or of the element, as its `lang` says. @param {import("./element.js").AttentionPlayground} host */
export function speakAs(host) {
  return speak(firstKnown([host.closest("[lang]")?.getAttribute("lang") ?? null]));
}

/** @param {import("./element.js").AttentionPlayground} host @param {() => void} start what the reader asks for who does not wait */
export function createFrame(host, start) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
  }
  root.adoptedStyleSheets = [sheet];
  // Who presses anything in it has given it the focus, and with that the wheel.
  const page = h("div", { id: "page", part: "page", tabindex: "-1", role: "group", "aria-label": texts.element.tensors });
  const problem = h("p", { class: "fatal", role: "alert", hidden: true });
  let { theme } = host;
  root.replaceChildren(page);
  show();

  /** Follows what the attributes say of its look. */
  function show() {
    const height = /^\d+(\.\d+)?$/.test(host.height) ? `${host.height}px` : host.height;
    if (height !== "" && CSS.supports("height", height)) page.style.setProperty("--height", height);
    else page.style.removeProperty("--height");
    if (theme !== host.theme) lookAnew();
    theme = host.theme;
  }

  return {
    page,
    show,
    /** @param {string} code */
    still(code) {
      const store = createStore({ ...initialState(), code });
      const plain = createPlainCode(store, { lineInCode: () => 0 }, colouredLines);
      const run = h("button", { type: "button", class: "primary", "data-testid": "start", onclick: start }, texts.transport.run);
      const picture = stillOf(host);
      const beside = h("div", { class: "right", part: "tensors" }, h("p", { class: "empty" }, texts.element.appear, run), picture);
      page.replaceChildren(h("main", { class: "still" }, h("div", { class: "left", part: "program" }, h("div", { class: "editor" }, plain.element)), beside), problem);
    },
    /** Says why there is nothing more to see; the code stays. @param {string} sentence nothing where what runs the code did not come @param {() => void} [again] what is tried again, where something did not come */
    tell(sentence, again) {
      problem.replaceChildren(sentence || texts.element.notCome, again ? " " : "", again ? h("button", { type: "button", "data-testid": "again", onclick: again }, texts.missing.again) : "");
      problem.hidden = false;
      page.querySelector(".empty")?.replaceChildren(problem);
      if (!problem.isConnected) page.append(problem);
    },
  };
}

/**
 * The first tensors of a program that comes with the playground, as they were when the site was built; null for any other.
 * @param {import("./element.js").AttentionPlayground} host
 */
function stillOf(host) {
  const path = host.program.replace(/\.py$/, "");
  // One that runs at once shows them itself.
  if (host.lazy === "no" || host.hasAttribute("code") || host.src !== "" || !/^([\w-]+\/)?[\w-]+$/.test(path)) return null;
  const paths = pathsOf(path);
  const address = () => {
    const isDark = host.theme === "dark" || (host.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    return assetUrl(`later/stills/${paths[0]}${isDark ? "-dark" : ""}.svg`).href;
  };
  const image = h("img", { class: "still-tensors", src: address(), alt: texts.element.stillTensors, "data-testid": "still" });
  // A site that was built without its engine has none, and a page may not let it in.
  image.addEventListener("error", () => {
    paths.shift();
    if (paths.length > 0) image.src = address();
    else image.remove();
  });
  onLookChange(image, () => paths.length > 0 && (image.src = address()));
  return image;
}

/**
 * The program of an element: what `code`, `src` or `program` says, else what stands between its tags.
 * @param {import("./element.js").AttentionPlayground} host
 * @returns {Promise<string>}
 * @throws {Error} with a sentence
 */
export async function sourceOf(host) {
  const code = host.getAttribute("code");
  if (code !== null) return code;
  if (host.src !== "") return await sourceFromAddress(new URL(host.src, document.baseURI));
  if (host.program !== "") return await listedSource(host.program);
  const script = [...host.querySelectorAll("script")].find(({ type }) => /python|^text\/plain$/.test(type));
  const text = script ?? host.querySelector("pre") ?? host;
  const source = withoutIndentation(text.textContent ?? "");
  if (source === "") throw new Error(texts.element.noProgram);
  return source;
}

/** @param {URL} url */
async function sourceFromAddress(url) {
  const response = await fetch(url).catch(() => {
    throw new NotCome(texts.element[url.origin === location.origin ? "unreachable" : "unreachableElsewhere"](url.href));
  });
  const blob = response.ok ? await response.blob() : null;
  if (!blob) throw new Error(texts.element.loadFailed(url.href, response.status));
  if (blob.size > MAX_FILE_BYTES) throw new Error(texts.element.tooLarge(url.href));
  if (/^text\/html\b/.test(blob.type)) throw new Error(texts.element.isPage(url.href));
  const text = await blob.text();
  return url.pathname.endsWith(".ipynb") ? sourceFromNotebook(text) : text.replaceAll("\r\n", "\n");
}

/** A program that comes with the playground, by its name. @param {string} name */
async function listedSource(name) {
  const path = name.replace(/\.py$/, "");
  if (!/^([\w-]+\/)?[\w-]+$/.test(path)) throw new Error(texts.element.noName(name));
  const paths = pathsOf(path);
  for (const one of paths) {
    const response = await fetchAsset(`programs/${one}.py`).catch(() => null);
    if (!response) throw new NotCome(texts.element.programUnreachable(name));
    if (response.ok && !/^text\/html\b/.test(response.headers.get("content-type") ?? "")) return await response.text();
  }
  throw new Error(texts.element.unknown(name));
}

/** Where a program of that name may be. @param {string} path */
function pathsOf(path) {
  return path.includes("/") ? [path] : [`attention/${path}`, `identities/${path}`];
}

/** As it would stand in a file of its own: without the lines around it, and as far to the left as its indentation lets it. @param {string} text */
function withoutIndentation(text) {
  const lines = text.replaceAll("\r\n", "\n").replace(/^(?:[ \t]*\n)+|\s+$/g, "").split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const least = indents.length > 0 ? Math.min(...indents) : 0;
  const code = lines.map((line) => line.slice(least)).join("\n");
  return code === "" ? "" : `${code}\n`;
}

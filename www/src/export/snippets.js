/** What an author pastes: a link, the element, a frame, an image. */
import { texts } from "../texts-later.js";

/**
 * @typedef {object} Shared what is on display
 * @property {string} site the folder of the playground, with a slash at its end
 * @property {string} fragment what opens it, with its `#`
 * @property {string} program the path of the listed program that it is, unchanged; "" for a program of the reader's own
 * @property {string} code
 * @property {string} title
 * @property {number} step
 */
/** @typedef {{ view: string, theme: string, controls: string, height: number, isReadOnly: boolean }} Look */

/** @param {Shared} shared */
export function linkOf({ site, fragment }) {
  return `${site}${fragment}`;
}

/** @param {Shared} shared @param {Look} look */
export function elementSnippet({ site, program, code, title, step }, look) {
  const attributes = { program: program.replace(/\.py$/, ""), step: step > 0 ? String(step) : "", ...attributesOf(look) };
  // What readers see where scripts do not run; others do not load it.
  const still = `${site}later/stills/${program.replace(/\.py$/, "")}.svg`;
  const listing = program === "" ? `<pre>${escaped(code)}</pre>` : `<img${written({ src: still, alt: texts.snippets.firstTensors(title), loading: "lazy" })}>`;
  return `<script type="module" src="${escaped(site)}attention-playground.js"></script>\n<attention-playground${written(attributes)}>${listing}</attention-playground>\n`;
}

/** @param {Shared} shared @param {Look} look */
export function frameSnippet({ site, fragment, title }, look) {
  // The frame itself is as high as it is said to be.
  const { height, ...flags } = attributesOf(look);
  // What is behind the `#` has a view as well, which this one comes before.
  const search = new URLSearchParams(Object.entries({ ...flags, view: look.view, height: look.height > 0 ? "100vh" : "" }).filter(([, value]) => value !== "")).toString();
  const address = `${site}embed.html${search ? `?${search}` : ""}${fragment}`;
  const attributes = { title: title || "Attention Playground", src: address, sandbox: "allow-scripts", allow: "clipboard-write", loading: "lazy", width: "100%", height: String(look.height || 560), style: "border: 0" };
  return `<iframe${written(attributes)}></iframe>\n`;
}

/** @param {Shared} shared @param {{ svg: string, name: string, width: string, height: string }} picture */
export function imageSnippet(shared, { svg, name, width, height }) {
  const bytes = new TextEncoder().encode(svg);
  let binary = "";
  // In slices, because the arguments of one call are limited.
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  const attributes = { src: `data:image/svg+xml;base64,${btoa(binary)}`, alt: [name, shared.title].filter(Boolean).join(", "), width, height };
  return `<a href="${escaped(linkOf(shared))}"><img${written(attributes)}></a>\n`;
}

/** @param {Look} look @returns {Record<string, string>} */
function attributesOf({ view, theme, controls, height, isReadOnly }) {
  return { view: view === "tensors" ? "" : view, theme: theme === "auto" ? "" : theme, controls: controls === "all" ? "" : controls, height: height > 0 ? String(height) : "", ...(isReadOnly ? { readonly: "true" } : {}) };
}

/** @param {Record<string, string>} attributes */
function written(attributes) {
  return Object.entries(attributes).filter(([, value]) => value !== "").map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/**
 * The language of the page's own texts: which one a reader gets, and what puts it into the catalogues, `texts.js` and
 * `texts-later.js`. Programs, what they print and the errors that they raise are in the language of their makers.
 */

/** Each by its own name. */
export const LANGUAGES = /** @type {const} */ ({ en: "English", de: "Deutsch" });
/** @typedef {keyof typeof LANGUAGES} Language */

/** What English readers do not load. @type {Partial<Record<Language, () => Promise<{ texts: Record<string, Record<string, any>> }>>>} */
const TRANSLATIONS = { de: () => import("./texts.de.js") };
/** Under which the browser remembers what was chosen. */
const KEY = "attention-playground-language";

/** @type {Language} */
let current = "en";
/** @type {Record<string, Record<string, any>>} */
let translation = {};
/** @type {Record<string, Record<string, any>>[]} */
const catalogues = [];

/**
 * A catalogue, which speaks the page's language from when that is known. Nothing may take a text out of it before, so
 * no constant of a module does.
 * @template {Record<string, Record<string, any>>} Texts
 * @param {Texts} texts English, a section per file
 * @returns {Texts}
 */
export function catalogue(texts) {
  catalogues.push(texts);
  translate(texts);
  return texts;
}

export function language() {
  return current;
}

/** @type {Promise<void> | undefined} */
let speaking;

/** Speaks a language from now on; to be called before anything is drawn, and the first call counts: a page speaks one. English where another cannot be loaded. @param {Language} wanted @returns {Promise<void>} */
export function speak(wanted) {
  speaking ??= load(wanted).catch(() => {});
  return speaking;
}

/** @param {Language} wanted */
async function load(wanted) {
  const texts = (await TRANSLATIONS[wanted]?.())?.texts;
  if (!texts) return;
  translation = texts;
  current = wanted;
  catalogues.forEach(translate);
}

/** @param {Record<string, Record<string, any>>} texts */
function translate(texts) {
  for (const [section, own] of Object.entries(texts)) Object.assign(own, translation[section]);
}

/** The language that a page's address asks for, else the one chosen here before, else the first of the reader's that there is. @param {{ search: string, hash: string }} address */
export function wantedLanguage({ search, hash }) {
  const asked = [new URLSearchParams(search), new URLSearchParams(hash.split("?")[1])].map((values) => values.get("lang"));
  return firstKnown([...asked, remembered(), ...navigator.languages]);
}

/** @param {(string | null)[]} tags such as de-AT @returns {Language} */
export function firstKnown(tags) {
  const known = /** @type {Language[]} */ (Object.keys(LANGUAGES));
  return tags.map((tag) => known.find((name) => name === tag?.toLowerCase().split("-")[0])).find((name) => name !== undefined) ?? "en";
}

/** Opens the page anew in another language, at the same address; where the browser keeps nothing, the address says it. @param {Language} chosen */
export function change(chosen) {
  const url = new URL(location.href);
  try {
    localStorage.setItem(KEY, chosen);
    url.searchParams.delete("lang");
  } catch {
    url.searchParams.set("lang", chosen);
  }
  history.replaceState(null, "", url);
  location.reload();
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** A number as the page's language writes it. @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function inWords(value, options) {
  return value.toLocaleString(current, options);
}

/** A decimal, as the page's language writes it. @param {string} text with a point */
export function decimal(text) {
  return current === "en" ? text : text.replace(".", (0.5).toLocaleString(current)[1]);
}

/**
 * The page for frames, embed.html: one element, whose attributes stand in the address, and which tells the page around it
 * how high it is. docs/embedding.md has the flags and the messages.
 *
 * A classic script, since a sandboxed frame has no origin of its own, and may load no module from a host that does not
 * share its files. There everything comes in one script, which every host may give.
 */
import { firstKnown, speak } from "./language.js";
import { stateFromFragment } from "./link.js";
import { changesFrom, message } from "./messages.js";
import { texts } from "./texts.js";

/** What the address may say: attributes of the element. */
const FLAGS = ["program", "src", "line", "step", "view", "controls", "device", "theme", "height", "readonly", "lazy"];

const flags = new URLSearchParams(location.search);
const element = document.createElement("attention-playground");
/** The page around is told at the origin that the address names; how high a frame is, anybody may know. */
const around = originOf(flags.get("origin"));

void start();

async function start() {
  for (const flag of FLAGS) if (flags.has(flag)) element.setAttribute(flag, flags.get(flag) ?? "");
  // A frame is there to be looked at, and the page around has it load when it is near: `<iframe loading="lazy">`.
  if (!flags.has("lazy")) element.setAttribute("lazy", "no");
  const lang = firstKnown([flags.get("lang"), ...navigator.languages]);
  document.documentElement.lang = lang;
  await speak(lang);
  try {
    await openFragment();
    document.body.append(element);
    new ResizeObserver(tellHeight).observe(element);
    if (around) window.addEventListener("message", receive);
    for (const type of ["run", "error", "step"]) element.addEventListener(type, ({ detail }) => around && tell({ event: type, ...detail }));
    await import(new URL("attention-playground.js", document.baseURI).href).catch(() => script("later/everything.js"));
  } catch (error) {
    const problem = document.createElement("p");
    problem.setAttribute("role", "alert");
    problem.textContent = error instanceof Error ? error.message : texts.element.notLoaded;
    document.body.append(problem);
  }
}

/** What a link to the playground has behind its `#` opens the same program here. */
async function openFragment() {
  const link = await stateFromFragment(location.hash);
  const [path, search = ""] = decodeURIComponent(location.hash.slice(1)).split("?");
  const said = link ? { code: link.code, step: String(link.step), view: link.view, device: link.device } : { program: path, ...Object.fromEntries(new URLSearchParams(search)) };
  for (const name of ["code", ...FLAGS]) if (said[name] && !flags.has(name)) element.setAttribute(name, said[name]);
}

/** @param {string} path */
function script(path) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = path;
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(texts.element.notLoadedFrom(new URL(path, document.baseURI).href)));
    document.head.append(tag);
  });
}

function tellHeight() {
  tell({ event: "height", height: Math.ceil(element.getBoundingClientRect().height) });
}

/** @param {object} content */
function tell(content) {
  if (window.parent !== window) window.parent.postMessage(message(content), around ?? "*");
}

/** Changes attributes as the page around asks, if it is the one that the address names. @param {MessageEvent} message */
function receive({ source, origin, data }) {
  if (source !== window.parent || origin !== around) return;
  for (const [name, value] of Object.entries(changesFrom(data))) element.setAttribute(name, value);
}

/** An origin, as a message has it; null for what is none. @param {string | null} text */
function originOf(text) {
  try {
    const { origin } = new URL(text ?? "");
    return origin === "null" ? null : origin;
  } catch {
    return null;
  }
}

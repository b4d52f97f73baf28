/** What a frame of embed.html and the page around it say to each other, and what either takes from a message, which may be anybody's. */

const NAME = "attention-playground";
const VERSION = 1;
/** What the page around may change: attributes of the element, and how long each may be. */
const CHANGEABLE = { program: 2000, code: 2 * 1024 * 1024, line: 20, view: 20, controls: 20, device: 20, theme: 20 };
/** A frame that says more or less of its height is mistaken, or not what it should be. */
const HEIGHTS = { least: 60, most: 4000 };

/** @param {object} content */
export function message(content) {
  return { type: NAME, version: VERSION, ...content };
}

/** The attributes that a message sets; none for what is no message of ours. @param {any} data @returns {Record<string, string>} */
export function changesFrom(data) {
  if (!isOurs(data) || typeof data.set !== "object" || data.set === null) return {};
  const own = Object.entries(CHANGEABLE).filter(([name]) => Object.hasOwn(data.set, name));
  return Object.fromEntries(own.filter(([name, most]) => typeof data.set[name] === "string" && data.set[name].length <= most).map(([name]) => [name, data.set[name]]));
}

/** How high a frame says that it is; null for anything else. @param {any} data @returns {number | null} */
export function heightFrom(data) {
  if (!isOurs(data) || data.event !== "height" || typeof data.height !== "number") return null;
  return data.height >= HEIGHTS.least && data.height <= HEIGHTS.most ? Math.ceil(data.height) : null;
}

/** @param {any} data */
function isOurs(data) {
  return typeof data === "object" && data !== null && data.type === NAME && data.version === VERSION;
}

/** The modules that a program imports from beside it, and those that they import. */

/** How a line names a module: `import a, b as c`, `from a import b`. */
const IMPORT = /^[ \t]*(?:from[ \t]+(\w+)[ \t]+import\b|import[ \t]+([^#\n]+))/gm;

/** The modules that a source names, whether there are such or not. @param {string} source @returns {string[]} */
export function importsOf(source) {
  return [...source.matchAll(IMPORT)].flatMap(([, from, list]) => (from ? [from] : list.split(",").map((item) => item.trim().split(/\s/)[0])));
}

/**
 * The sources of all modules that some sources need, of those that there are.
 * @param {string[]} sources
 * @param {Iterable<string>} available names
 * @param {(name: string) => Promise<string>} load the source of one of them
 * @param {string[]} [wanted] names that are imported by other means than a line that says so
 * @returns {Promise<Record<string, string>>}
 */
export async function modulesOf(sources, available, load, wanted = []) {
  const known = new Set(available);
  /** @type {Map<string, string>} */
  const found = new Map();
  let names = [...wanted, ...sources.flatMap(importsOf)];
  while (names.length > 0) {
    const fresh = [...new Set(names)].filter((name) => known.has(name) && !found.has(name));
    const texts = await Promise.all(fresh.map(load));
    fresh.forEach((name, index) => found.set(name, texts[index]));
    names = texts.flatMap(importsOf);
  }
  return Object.fromEntries(found);
}

/** The list of programs as the catalogue shows it: what it is searched by, and in which chapters it stands. Pure functions. */

/** @typedef {import("./state.js").ProgramEntry} ProgramEntry */
/** @typedef {import("./state.js").Chapter} Chapter */

/** @param {ProgramEntry} entry @returns {"mechanism" | "identity" | "model"} */
export function kindOf({ path }) {
  return path.startsWith("models/") ? "model" : path.startsWith("identities/") ? "identity" : "mechanism";
}

/** The program before or after another in the story; null at its ends, and for what is no part of it. @param {ProgramEntry[]} programs @param {string} path @param {-1 | 1} direction */
export function neighbour(programs, path, direction) {
  const story = programs.filter((entry) => kindOf(entry) !== "model");
  const at = story.findIndex((entry) => entry.path === path);
  return (at >= 0 && story[at + direction]) || null;
}

/** The chapters with the programs that answer a search, without chapters that are left empty. @param {Chapter[]} chapters @param {ProgramEntry[]} programs @param {string} query */
export function found(chapters, programs, query) {
  const words = plain(query).split(" ").filter(Boolean);
  return chapters
    .map((chapter) => ({ ...chapter, programs: programs.filter((entry) => entry.group === chapter.title && kindOf(entry) !== "model" && words.every((word) => searched(entry).includes(word))) }))
    .filter((chapter) => chapter.programs.length > 0);
}

/** A program is found by its name, by what else it is called, and by the models that use it. @param {ProgramEntry} entry */
function searched({ title, path, group, labels }) {
  return plain([title, path.replace(/^.*\/|\.py$/g, ""), group, labels["Also called"], labels["Used by"], labels.Identity].filter(Boolean).join(" "));
}

/** Small letters, digits and single spaces: "Grouped-Query" and "grouped query" are the same search. @param {string} text */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, " ").trim();
}

/** The two mechanisms that an identity program says are one, as paths of listed programs; null where one is not listed. @param {ProgramEntry} entry @param {ProgramEntry[]} programs @returns {[ProgramEntry, ProgramEntry] | null} */
export function identityPair({ labels }, programs) {
  const stems = (labels.Identity ?? "").split("=").map((side) => /[\w-]+/.exec(side)?.[0]);
  const [a, b] = stems.map((stem) => programs.find(({ path }) => path === `attention/${stem}.py`));
  return a && b ? [a, b] : null;
}

/** The identity programs that name two mechanisms, in either order. @param {ProgramEntry[]} programs @param {string} a path @param {string} b path */
export function identitiesOf(programs, a, b) {
  return programs.filter((entry) => {
    const pair = kindOf(entry) === "identity" ? identityPair(entry, programs)?.map(({ path }) => path) : null;
    return pair && ((pair[0] === a && pair[1] === b) || (pair[0] === b && pair[1] === a));
  });
}

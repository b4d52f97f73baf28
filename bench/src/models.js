/**
 * The programs of models as the playground serves them: an architecture imports others by name.
 */

/** Their sources by name. @returns {Promise<Record<string, string>>} */
export async function models() {
  const { modules } = await (await fetch("playground/programs/index.json")).json();
  const source = async (/** @type {string} */ name) => [name, await (await fetch(`playground/programs/models/${name}.py`)).text()];
  return Object.fromEntries(await Promise.all(modules.map(source)));
}

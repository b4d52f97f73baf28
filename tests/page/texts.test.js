/** The catalogues of the page's texts: every language says all of it, and each reader gets theirs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES, firstKnown } from "../../www/src/language.js";
import { texts as later } from "../../www/src/texts-later.js";
import { texts as first } from "../../www/src/texts.js";

const english = entries({ ...first, ...later });

test("no section is in both catalogues", () => {
  assert.deepEqual(Object.keys(first).filter((section) => section in later), []);
});

for (const name of Object.keys(LANGUAGES).filter((name) => name !== "en")) {
  test(`${LANGUAGES[name]} has the same texts as English`, async () => {
    const translated = entries((await import(`../../www/src/texts.${name}.js`)).texts);
    assert.deepEqual([...translated.keys()].sort(), [...english.keys()].sort());
    for (const [path, text] of english) {
      const other = translated.get(path);
      assert.equal(typeof other, typeof text, path);
      // A text may need fewer of the values than English does, or more with defaults; never more than it is given.
      if (typeof text === "function") assert.ok(other.length <= text.length, `${path} takes ${other.length} values, and is given ${text.length}`);
    }
    for (const [path, text] of [...english, ...translated]) if (typeof text === "string") assert.notEqual(text.trim(), "", path);
  });
}

test("the first language that there is counts, whatever its region", () => {
  assert.equal(firstKnown([null, "fr-FR", "de-AT", "en"]), "de");
  assert.equal(firstKnown(["DE"]), "de");
  assert.equal(firstKnown([null, "fr"]), "en");
});

/** Every text with the path to it: a section may hold lists and groups. @param {Record<string, any>} texts @returns {Map<string, any>} */
function entries(texts, path = "") {
  return new Map(Object.entries(texts).flatMap(([name, text]) => (typeof text === "object" ? [...entries(text, `${path}${name}.`)] : [[`${path}${name}`, text]])));
}

/** The catalogues of the page's texts: every language says all of it, and each reader gets theirs. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { LANGUAGES, firstKnown } from "../../www/src/language.js";
import { texts as later } from "../../www/src/texts-later.js";
import { texts as first } from "../../www/src/texts.js";
import { saidIn } from "./literals.js";

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

/** What looks like a text for readers and stands outside the catalogue, by file: the reason why, and what it is. @type {[RegExp, RegExp, string][]} */
const OUTSIDE = [
  [/^(engine|tokenizer)\/|^(connection|shared-engine)\.js/, /./, "what the engine and the tokenizer say to scripts as well; `engine` in the German catalogue has what the page shows of it"],
  [/^export\/|^views\/s(ave|hare)\.js/, /monospace|attention-playground\.js|, Attention Playground$|^<\?xml/, "fonts, and code that a reader pastes elsewhere"],
  [/^unpack\.js/, /This file is damaged/, "it is said where the file that has the catalogue in it cannot be read"],
  [/^language\.js/, /^(English|Deutsch)$/, "each language by its own name"],
  [/./, /^(WebGPU|CPU|Attention Playground)$/, "names"],
  [/./, /^(Escape|Enter|Files|Error|True|False|Tab)$/, "keys, types and literals, which are compared and not shown"],
  [/^(program|catalogue|views\/catalogue-card)\.js/, /^(Keeps|Gives up|Cache|Used by|Also called|Notes|Try|Special|Identity)$/, "labels as programs write them"],
  [/^(model-counts|trade-measures)\.js/, /^import \w+/, "programs"],
  [/^published-costs\.js/, / relative to deepseek-v3\.2$/, "quantities as the published figures name them"],
  [/^views\/model-costs-table\.js/, /^parameters$/, "the name of a quantity"],
  [/^element\.js/, /^The playground did not come/, "said where the texts have not come either"],
  [/^connection-lost\.js/, /^could not be loaded$/, "what a worker and its page say to each other"],
  [/^offline\/copy\.js/, /^there is no service worker$|^it was not installed$/, "reasons that the page has sentences of its own for"],
  [/^offline\/service-worker\.js/, /^text\/\w+; charset=utf-8$|is of another version on the host$/, "types of files, and why the worker of a newer page is not begun"],
  [/^views\/models\.js/, /^\.\.\/my-models\/llama\/$/, "an address"],
  [/./, /^\(prefers-|^\(forced-|^noopener |^(state|entry) entered$|^card (identity|current)$|^proof failed$|^chip slot|^bar signed$|^check error-line$|system-ui|^auto$/, "style and markup"],
];

test("what the page says stands in the catalogue", () => {
  const source = fileURLToPath(new URL("../../www/src/", import.meta.url));
  const files = readdirSync(source, { recursive: true }).map((path) => path.split(sep).join("/"));
  const used = new Set();
  const found = files
    .filter((path) => path.endsWith(".js") && !/^texts[.-]|^texts\.js/.test(path))
    .flatMap((path) => saidIn(readFileSync(join(source, path), "utf8")).map(({ line, text }) => ({ path, line, text })))
    .filter(({ path, text }) => {
      const reason = OUTSIDE.findIndex(([where, what]) => where.test(path) && what.test(text));
      used.add(reason);
      return reason < 0;
    });
  assert.deepEqual(found.map(({ path, line, text }) => `${path}:${line}: ${text}`), []);
  assert.deepEqual(OUTSIDE.filter((_, index) => !used.has(index)).map(([, , reason]) => reason), [], "reasons that nothing needs any more");
});

test("what is translated of the engine's sentences it does say", async () => {
  const { ENGINE } = await import("../../www/src/texts.de.js");
  const source = fileURLToPath(new URL("../../www/src/", import.meta.url));
  const code = ["engine/engine.js", "engine/compare.js", "engine/connection.js", "engine/worker.js", "shared-engine.js"].map((path) => readFileSync(join(source, path), "utf8")).join("\n");
  assert.deepEqual(ENGINE.filter(([english]) => !code.includes(english)), []);
});

test("no text is kept that nothing says", () => {
  const source = fileURLToPath(new URL("../../www/src/", import.meta.url));
  const code = readdirSync(source, { recursive: true }).filter((path) => path.endsWith(".js") && !path.startsWith("texts")).map((path) => readFileSync(join(source, path), "utf8")).join("\n");
  const names = Object.entries({ ...first, ...later }).flatMap(([section, texts]) => Object.keys(texts).map((name) => [section, name]));
  assert.deepEqual(names.filter(([, name]) => !new RegExp(`\\.${name}\\b|"${name}"`).test(code)).map((path) => path.join(".")), []);
});

test("a lexer that finds texts knows them from code", () => {
  const said = (code) => saidIn(code).map(({ text }) => text);
  assert.deepEqual(said('h("p", { class: "two words", title: "Said" }, "said as well", `and ${h("b", null, "inside")} too`);'), ["Said", "said as well", "inside", "and ${…} too"]);
  assert.deepEqual(said("// Not this one\nconst a = /no \"regex literal\"/; const b = 1 / 2; element.textContent = \"this\";"), ["this"]);
  assert.deepEqual(said('import { a } from "some module here"; setText(note, "that"); throw new Error("That is wrong.");'), ["that", "That is wrong."]);
});

test("the first language that there is counts, whatever its region", () => {
  assert.equal(firstKnown([null, "fr-FR", "de-AT", "en"]), "de");
  assert.equal(firstKnown(["DE"]), "de");
  assert.equal(firstKnown([null, "fr"]), "en");
});

/** Every text with the path to it: a section may hold lists and groups. @param {Record<string, any>} texts @returns {Map<string, any>} */
function entries(texts, path = "") {
  return new Map(Object.entries(texts).flatMap(([name, text]) => (typeof text === "object" ? [...entries(text, `${path}${name}.`)] : [[`${path}${name}`, text]])));
}

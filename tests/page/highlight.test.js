import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tokens } from "../../www/src/highlight.js";

const FOLDER = join(fileURLToPath(import.meta.url), "../../../www/programs/attention");

/** The words of a kind. */
const of = (code, kind) => tokens(code).filter((token) => token.kind === kind).map(({ text }) => text);

test("keywords, names that are made, numbers, texts and comments", () => {
  const code = 'def attend(x, scale=1e-3):  # not "this"\n    return None if x is not True else f"{x} # no" + \'\'\'a\nb\'\'\' + in_x\n';
  assert.deepEqual(of(code, "keyword"), ["def", "return", "None", "if", "is", "not", "else"]);
  assert.deepEqual(of(code, "definition"), ["attend"]);
  assert.deepEqual(of(code, "number"), ["1e-3"]);
  assert.deepEqual(of(code, "bool"), ["True"]);
  assert.deepEqual(of(code, "string"), ['f"{x} # no"', "'''a\nb'''"]);
  assert.deepEqual(of(code, "comment"), ['# not "this"']);
});

test("nothing of a program is lost, ended or not, and a long one takes no long time", () => {
  const programs = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), "utf8"));
  for (const code of [...programs, '"open', "'''open\n", "x = 5 % 3 · ∞ 🎉\t\\", "((((", "1..2"]) assert.equal(tokens(code).map(({ text }) => text).join(""), code);
  for (const long of ['"'.repeat(200_001), "'''" + "\\".repeat(200_001), "a".repeat(200_000), "1_".repeat(100_000), "é".repeat(100_000)]) {
    const started = performance.now();
    assert.equal(tokens(long).map(({ text }) => text).join("").length, long.length);
    assert.ok(performance.now() - started < 3000, "it goes back for every character");
  }
});

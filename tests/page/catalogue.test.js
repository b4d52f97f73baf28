import assert from "node:assert/strict";
import { test } from "node:test";
import { found, identitiesOf, identityPair, neighbour } from "../../www/src/catalogue.js";

const entry = (path, title, group, labels = {}) => ({ path, title, group, sentence: "", labels, hasMask: true });
const PROGRAMS = [
  entry("attention/grouped-query-attention.py", "Grouped-query attention", "Caches", { "Also called": "GQA", "Used by": "Llama 3, Qwen3" }),
  entry("attention/multi-head-attention.py", "Multi-head attention", "Foundations", { "Also called": "MHA" }),
  entry("identities/grouped-query-is-multi-head.py", "They are one", "Identities", { Identity: "grouped-query-attention = multi-head-attention" }),
  entry("models/llama.py", "Llama", "Models", { "Used by": "Llama 3" }),
];
const CHAPTERS = ["Foundations", "Caches", "Identities", "Models"].map((title) => ({ title, summary: "" }));
const paths = (query) => found(CHAPTERS, PROGRAMS, query).flatMap(({ programs }) => programs.map(({ path }) => path.replace(/^.*\/|\.py$/g, "")));

test("the chapters keep the order of the story, and models stay out", () => {
  assert.deepEqual(paths(""), ["multi-head-attention", "grouped-query-attention", "grouped-query-is-multi-head"]);
});

test("a program is found by name, alias and model, however they are written", () => {
  assert.deepEqual(paths("gqa"), ["grouped-query-attention"]);
  assert.deepEqual(paths("llama"), ["grouped-query-attention"]);
  assert.deepEqual(paths("Grouped Query"), ["grouped-query-attention", "grouped-query-is-multi-head"]);
  assert.deepEqual(paths("qwen3 grouped"), ["grouped-query-attention"]);
  assert.deepEqual(found(CHAPTERS, PROGRAMS, "nothing of the kind"), []);
});

test("an identity names its two programs, and is found for them in either order", () => {
  const [grouped, multi, identity] = PROGRAMS;
  assert.deepEqual(identityPair(identity, PROGRAMS), [grouped, multi]);
  assert.deepEqual(identitiesOf(PROGRAMS, multi.path, grouped.path), [identity]);
  assert.deepEqual(identitiesOf(PROGRAMS, multi.path, multi.path), []);
  assert.equal(identityPair(entry("identities/x.py", "", "", { Identity: "`a` = `b`" }), PROGRAMS), null);
});

test("the story is turned like pages, to its ends", () => {
  const [grouped, multi, identity, model] = PROGRAMS;
  assert.equal(neighbour(PROGRAMS, grouped.path, 1), multi);
  assert.equal(neighbour(PROGRAMS, grouped.path, -1), null);
  assert.equal(neighbour(PROGRAMS, identity.path, 1), null);
  assert.equal(neighbour(PROGRAMS, model.path, 1), null);
  assert.equal(neighbour(PROGRAMS, "", 1), null);
});

/**
 * Foreign text that is nearly right: what the page reads in JavaScript answers with a value or a sentence, and soon.
 *
 * Each reader gets always the same inputs, for a minute at most; `FUZZ_SECONDS=900 FUZZ_SEED=100000 node --test
 * tests/page/fuzz.test.js` goes on for longer, or from another input on. What the engine reads is in `tests/fuzz.rs`.
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { addressFromFragment, fragmentFromAddress } from "../../www/src/address.js";
import { architectureOf, checkpointFromFiles } from "../../www/src/checkpoint.js";
import { notebookFromSource } from "../../www/src/export/notebook.js";
import { stateFromFragment } from "../../www/src/link.js";
import { changesFrom, heightFrom } from "../../www/src/messages.js";
import { parseInline, parseMarkdown, plainFormula } from "../../www/src/markdown.js";
import { importsOf } from "../../www/src/modules.js";
import { cells, controls, outline, sourceFromNotebook, withValues } from "../../www/src/program.js";

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60);
/** The same ones on every machine that reads them in a minute. */
const MOST = process.env.FUZZ_SECONDS ? Infinity : 15_000;
const FIRST = Number(process.env.FUZZ_SEED ?? 0);
/** Longer than any of these takes on a machine that does something else as well; a pattern that goes back for ever takes minutes. */
const PATIENCE_MS = 3000;

const ROOT = join(fileURLToPath(import.meta.url), "../../..");
const text = (path) => readFileSync(join(ROOT, path), "utf8");
const PROGRAMS = readdirSync(join(ROOT, "www/programs/attention")).filter((name) => name.endsWith(".py")).map((name) => text(`www/programs/attention/${name}`));
const NOTEBOOK = JSON.stringify({
  nbformat: 4,
  cells: [
    { cell_type: "markdown", source: ["# Two cells\n", "of `code`"] },
    { cell_type: "code", source: "%pip install torch\n!ls\nx = 1  #@param {type:\"slider\", min:0, max:3}\n" },
    { cell_type: "raw", source: null },
  ],
});
const LINK = { code: PROGRAMS[0], program: "attention/causal-attention.py", model: "gpt2", step: 3, device: "cpu", selection: { step: 3, name: "q", index: [1, 2] }, view: "keys", mask: { tokens: 8, row: 2 } };
const CONFIG = readFileSync(join(ROOT, "tests/checkpoints/gemma4_e2b/config.json"), "utf8");

const MESSAGES = [
  { type: "attention-playground", version: 1, set: { program: "causal-attention", code: "x = 1", line: "3", view: "keys", controls: "min", device: "cpu", theme: "dark" } },
  { type: "attention-playground", version: 1, event: "height", height: 560 },
].map((message) => JSON.stringify(message));

const packed = (value) => `#1.${deflateRawSync(value).toString("base64url")}`;

const READERS = {
  "a notebook": { seeds: [NOTEBOOK, notebookFromSource(PROGRAMS[0])], read: sourceFromNotebook },
  "a program": {
    seeds: PROGRAMS,
    read(source) {
      cells(source);
      outline(source);
      importsOf(source);
      withValues(source, Object.fromEntries(controls(source).map(({ name, value }) => [name, value])));
    },
  },
  prose: { seeds: PROGRAMS.flatMap((source) => cells(source).filter(({ kind }) => kind === "markdown").map((cell) => cell.text)), read: (source) => (parseMarkdown(source), parseInline(source), plainFormula(source)) },
  "a link's text": { seeds: [packed(JSON.stringify(LINK))], read: stateFromFragment },
  "what a link holds": { seeds: [JSON.stringify(LINK)], read: (source) => stateFromFragment(packed(source)) },
  "an address": {
    seeds: ["#catalogue?q=window", "#compare?a=attention/causal-attention.py&b=attention/alibi.py&num_heads=2", "#attention/causal-attention.py?view=keys&tokens=12&row=3&step=4&device=cpu", "#costs?models=qwen3-8b,gemma-3-27b&tokens=4096", "#models/generate.py?model=gpt2&view=layers", "#trade?a=qwen3&b=deepseek_v4"],
    read: (source) => fragmentFromAddress(addressFromFragment(source)),
  },
  "a message": {
    seeds: MESSAGES,
    read(source) {
      const data = valueFrom(source);
      const height = heightFrom(data);
      assert.ok(height === null || (height >= 60 && height <= 4000), `${height}`);
      for (const [name, value] of Object.entries(changesFrom(data))) {
        assert.match(name, /^(program|code|line|view|controls|device|theme)$/);
        assert.ok(typeof value === "string" && value.length <= 2 * 1024 * 1024);
      }
    },
  },
  "a configuration": {
    seeds: [CONFIG],
    read: (source) => architectureOf(checkpointFromFiles([{ path: "x/config.json", file: new Blob([source]) }, { path: "x/model.safetensors", file: new Blob(["?"]) }])),
  },
};

for (const [name, { seeds, read }] of Object.entries(READERS)) {
  test(name, { timeout: (SECONDS + 60) * 1000 }, async () => {
    const until = performance.now() + SECONDS * 1000;
    let number = FIRST;
    for (; number - FIRST < MOST && performance.now() < until; number += 1) {
      const input = mutated(number, seeds);
      const started = performance.now();
      try {
        await read(input);
      } catch (error) {
        // A sentence for the reader, not an accident: those are of other classes.
        const isSentence = error.constructor === Error || (error instanceof RangeError && /^This link unpacks/.test(error.message));
        assert.ok(isSentence && /[a-z]/.test(error.message), `input ${number}: ${error.stack}\n${input.slice(0, 2000)}`);
      }
      const took = performance.now() - started;
      assert.ok(took < PATIENCE_MS, `input ${number} took ${took.toFixed(0)} ms: ${input.slice(0, 200)}`);
    }
    assert.ok(number - FIRST > SECONDS, "fewer than one input a second were read");
  });
}

/** What a broken text may have been: any value that a message can hold. @param {string} source */
function valueFrom(source) {
  try {
    return JSON.parse(source);
  } catch {
    const around = [source, new Map([["type", source]]), [source], new Error(source), { type: "attention-playground", version: 1, set: source, event: source, height: source }, { type: "attention-playground", version: 1, set: { [source]: source, theme: [source], code: source, __proto__: { line: source } }, event: "height", height: source.length }];
    return around[source.length % around.length];
  }
}

/** A seed with one to six changes. @param {number} number @param {string[]} seeds */
function mutated(number, seeds) {
  const random = randomFrom(number);
  const below = (bound) => Math.floor(random() * bound);
  const pick = (list) => list[below(list.length)];
  let result = pick(seeds);
  for (let change = below(6); change >= 0; change -= 1) {
    const at = below(result.length + 1);
    const until = Math.min(result.length, at + below(60));
    const other = pick(seeds);
    const from = below(other.length);
    const [before, piece, after] = [result.slice(0, at), result.slice(at, until), result.slice(until)];
    const changed = [
      () => before + after,
      () => before + piece + piece + after,
      () => before + other.slice(from, from + below(200)) + piece + after,
      () => before + String.fromCharCode(below(0x10000)) + piece + after,
      () => before + pick(["null", "[]", "{}", "-1", "1e999", '"', "`", "**", "[", "](", "$", "#@param ", "%", "&", "\n", "\\", "\u0000", "\u2028"]) + after,
      () => before,
      // More than a page's patience for what is not linear in it.
      () => (below(20) > 0 ? result : before + pick(["\n", " ", "a", "*", "`", "[", "(", "$", "\\", '"', "#", "%", "{", "\t", "_", "x,", "[a](", "#@param {", "0"]).repeat(100_000) + after),
    ];
    result = pick(changed)();
  }
  return result;
}

/** The same numbers for the same seed (mulberry32). @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

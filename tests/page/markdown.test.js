import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInline, parseMarkdown, plainFormula } from "../../www/src/markdown.js";

test("blocks: headings, paragraphs, lists, quotes and code", () => {
  const blocks = parseMarkdown("# Title\n\nOne\ntwo\n\n- a\n  more\n- b\n\n1. x\n\n> said\n\n```\ncode *as is*\n```");
  assert.deepEqual(blocks, [
    { tag: "h", level: 1, children: ["Title"] },
    { tag: "p", children: ["One two"] },
    { tag: "ul", items: [["a more"], ["b"]] },
    { tag: "ol", items: [["x"]] },
    { tag: "blockquote", children: ["said"] },
    { tag: "pre", text: "code *as is*" },
  ]);
});

test("inline: code, emphasis, strong, links and formulas", () => {
  assert.deepEqual(parseInline("a `b*c*` *d* **e** [f](https://x.org/y) $QK^T$"), [
    "a ",
    { tag: "code", children: ["b*c*"] },
    " ",
    { tag: "em", children: ["d"] },
    " ",
    { tag: "strong", children: ["e"] },
    " ",
    { tag: "a", href: "https://x.org/y", children: ["f"] },
    " ",
    { tag: "code", children: ["QKᵀ"] },
  ]);
});

test("each pair of stars closes at the next: one letter may be strong twice in a line", () => {
  assert.deepEqual(parseInline("**E** entries, one for every **m** tokens"), [
    { tag: "strong", children: ["E"] },
    " entries, one for every ",
    { tag: "strong", children: ["m"] },
    " tokens",
  ]);
});

test("names with underscores are not emphasis", () => {
  assert.deepEqual(parseInline("attn_scores and W_query"), ["attn_scores and W_query"]);
});

test("nothing but http links becomes a link, and markup stays text", () => {
  assert.deepEqual(parseInline("[x](javascript:alert(1))"), ["[x](javascript:alert(1)", ")"]);
  assert.deepEqual(parseInline("<img src=x onerror=alert(1)>"), ["<img src=x onerror=alert(1)>"]);
});

test("formulas are written with the signs one would type", () => {
  assert.equal(plainFormula("\\mathrm{softmax}(QK^T/\\sqrt{D})\\,V"), "softmax(QKᵀ/√D) V");
  assert.equal(plainFormula("\\frac{a}{b} \\cdot \\alpha"), "(a)/(b) ·α");
});

test("noise of a megabyte is parsed in time that a page can spend", () => {
  const start = performance.now();
  parseMarkdown("*_[(`$".repeat(170_000));
  parseMarkdown("- ".repeat(200_000));
  // Linear work takes about 20 ms here; the quadratic case it guards against takes minutes.
  assert.ok(performance.now() - start < 2000);
});

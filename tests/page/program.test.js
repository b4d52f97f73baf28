import assert from "node:assert/strict";
import { test } from "node:test";
import { cells, controls, firstSentence, literalFromValue, outline, sourceFromNotebook, withValues } from "../../www/src/program.js";

const PROGRAM = `# %% [markdown]
# # Scaled dot-product attention
#
# Each word asks
# every other word.

# %%
import torch
heads = 4  #@param {type:"slider", min:1, max:8, step:1}
scale = 0.5  # @param {type:"number"}
kind = "softmax"  #@param ["softmax", 'sig,moid']
causal = True  #@param {type:"boolean"}
text = "a # b"  #@param {type:"string"}
sum_of = heads + 1  #@param {type:"integer"}
`;

test("a program is cut into its markdown and code cells, with their lines", () => {
  const [prose, code] = cells(PROGRAM);
  assert.deepEqual([prose.kind, prose.line, prose.endLine], ["markdown", 1, 6]);
  assert.equal(prose.text, "# Scaled dot-product attention\n\nEach word asks\nevery other word.");
  assert.deepEqual([code.kind, code.line], ["code", 7]);
  assert.match(code.text, /^import torch/);
});

test("a file without markers is one code cell", () => {
  assert.deepEqual(cells("x = 1"), [{ kind: "code", line: 1, endLine: 1, text: "x = 1" }]);
});

test("title and summary come from the first markdown cell", () => {
  assert.deepEqual(outline(PROGRAM), { title: "Scaled dot-product attention", summary: "Each word asks every other word.", labels: {} });
  assert.deepEqual(outline("x = 1"), { title: "", summary: "", labels: {} });
});

test("labelled paragraphs are read, whatever stands between them", () => {
  const { summary, labels } = outline(`# %% [markdown]
# # Grouped-query attention
#
# Heads share keys.
# The cache shrinks.
#
# - **T** tokens
#
# **Gives up** keys of its own
# for every head.
#
# **Cache** \`2·G·D\` numbers
#
# **Nothing** known by that name
`);
  assert.equal(summary, "Heads share keys. The cache shrinks.");
  assert.deepEqual(labels, { "Gives up": "keys of its own for every head.", Cache: "`2·G·D` numbers" });
});

test("a sentence ends before a capital, and not at every point", () => {
  assert.equal(firstSentence("About 2.4 times, e.g. here, is saved. The rest stays."), "About 2.4 times, e.g. here, is saved.");
  assert.equal(firstSentence("No end"), "No end");
});

test("controls are turned by name, where the value is of their kind", () => {
  const source = 'heads = 4  #@param {type:"slider", min:1, max:8, step:1}\ntext = "a b"  #@param {type:"string"}\nG = 2\n';
  assert.equal(withValues(source, { heads: 2, text: 12, G: 7 }), source.replace("= 4", "= 2").replace('"a b"', '"12"'));
  assert.equal(withValues(source, { heads: "two" }), source);
});

test("form comments become controls with the place of their literal", () => {
  const found = controls(PROGRAM);
  assert.deepEqual(found.map(({ name, kind, value }) => [name, kind, value]), [
    ["heads", "slider", 4],
    ["scale", "number", 0.5],
    ["kind", "choice", "softmax"],
    ["causal", "boolean", true],
    ["text", "string", "a # b"],
  ]);
  assert.deepEqual(found[2].choices, ["softmax", "sig,moid"]);
  assert.deepEqual([found[0].min, found[0].max, found[0].step, found[0].line], [1, 8, 1, 9]);
  assert.deepEqual(found.map(({ from, to }) => PROGRAM.slice(from, to)), ["4", "0.5", '"softmax"', "True", '"a # b"']);
});

test("an expression is not a literal, so it gets no control", () => {
  assert.equal(controls(PROGRAM).some(({ name }) => name === "sum_of"), false);
});

test("values are written back as Python literals that read as the same value", () => {
  const [heads, , kind, causal] = controls(PROGRAM);
  assert.equal(literalFromValue(heads, 7), "7");
  assert.equal(literalFromValue(kind, 'say "no"'), '"say \\"no\\""');
  assert.equal(literalFromValue(causal, false), "False");
  assert.equal(literalFromValue(heads, NaN), "4");
  const [width] = controls('w = 0.5  #@param {type:"slider", min:0, max:2, step:0.5}');
  assert.equal(literalFromValue(width, 1), "1.0");
});

test("a notebook becomes percent format, with magics as comments", () => {
  const notebook = {
    cells: [
      { cell_type: "markdown", source: ["# Title\n", "\n", "words"] },
      { cell_type: "code", source: "!pip install torch\n%time\nx = 5 % 2" },
      { cell_type: "raw", source: "dropped" },
      { cell_type: "code", source: [] },
    ],
  };
  const source = sourceFromNotebook(JSON.stringify(notebook));
  assert.equal(source, "# %% [markdown]\n# # Title\n#\n# words\n\n# %%\n# !pip install torch\n# %time\nx = 5 % 2\n");
});

test("what is not a notebook says so in a sentence", () => {
  assert.throws(() => sourceFromNotebook("not json"), /not a notebook: it is not JSON/);
  assert.throws(() => sourceFromNotebook("{}"), /not a notebook: it has no cells/);
  assert.throws(() => sourceFromNotebook('{"cells": []}'), /no code cells/);
});

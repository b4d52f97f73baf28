import assert from "node:assert/strict";
import { test } from "node:test";
import { importsOf, modulesOf } from "../../www/src/modules.js";

test("a line names the modules that it imports, in all of Python's ways", () => {
  const source = "import math, layers as shared\nfrom llama import forward\nif True:\n    import json  # later\n# import nothing\ntext = 'import'\n";
  assert.deepEqual(importsOf(source), ["math", "layers", "llama", "json"]);
});

test("modules bring those that they import, each once, and only those that there are", async () => {
  const sources = { layers: "import torch", llama: "from layers import linear\nimport qwen3", qwen3: "import llama" };
  const loaded = [];
  const load = async (name) => (loaded.push(name), sources[name]);
  assert.deepEqual(await modulesOf(["import importlib"], Object.keys(sources), load, ["llama"]), { llama: sources.llama, layers: sources.layers, qwen3: sources.qwen3 });
  assert.deepEqual(loaded.sort(), ["layers", "llama", "qwen3"]);
});

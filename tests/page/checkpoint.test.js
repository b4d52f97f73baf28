import assert from "node:assert/strict";
import { test } from "node:test";
import { architectureOf, checkpointFromFiles, isCheckpoint } from "../../www/src/checkpoint.js";

const file = (path, text = "x") => ({ path, file: new Blob([text]) });

test("the folder that holds a configuration is the checkpoint, and what lies deeper or elsewhere is not", () => {
  const { title, files, bytes } = checkpointFromFiles(["mine/config.json", "mine/model.safetensors", "mine/tokenizer.json", "mine/onnx/config.json", "mine/onnx/model.safetensors", "mine/README.md"].map((path) => file(path)));
  assert.deepEqual([title, Object.keys(files).sort(), bytes], ["mine", ["config.json", "model.safetensors", "tokenizer.json"], 3]);
});

test("a .gguf file is a checkpoint by itself, under the name that programs look for", () => {
  const { title, files } = checkpointFromFiles([file("llama-q4.gguf")]);
  assert.deepEqual([title, Object.keys(files)], ["llama-q4", ["model.gguf"]]);
});

test("what is no checkpoint is told why", () => {
  assert.throws(() => checkpointFromFiles([file("notes.json")]), /no checkpoint/);
  assert.throws(() => checkpointFromFiles([file("a/config.json")]), /Beside a\/config.json there are no weights/);
  assert.throws(() => checkpointFromFiles(Array.from({ length: 3000 }, (_, at) => file(`${at}/config.json`))), /3,000 files/);
  assert.deepEqual([["a.py"], ["m/config.json"], ["x.gguf"], ["model.safetensors", "a.py"]].map(isCheckpoint), [false, true, true, true]);
});

test("the architecture is what the configuration calls it; a file that says nothing is refused", async () => {
  const of = (text) => architectureOf(checkpointFromFiles([file("config.json", text), file("model.safetensors")]));
  assert.equal(await of('{"model_type": "qwen3"}'), "qwen3");
  assert.equal(await of('{"model_type": "gemma3", "text_config": {}}'), "gemma3_text");
  await assert.rejects(of("{}"), /model_type/);
  await assert.rejects(of("{"), /no JSON/);
  assert.equal(await architectureOf(checkpointFromFiles([file("a.gguf")])), "");
});

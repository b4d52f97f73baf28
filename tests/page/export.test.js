import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { csvFromTensor } from "../../www/src/export/csv.js";
import { notebookFromSource } from "../../www/src/export/notebook.js";
import { isWidened, npyFromTensor } from "../../www/src/export/npy.js";
import { safetensorsFrom } from "../../www/src/export/safetensors.js";
import { torchFromTensor } from "../../www/src/export/torch-text.js";
import { sourceFromNotebook } from "../../www/src/program.js";

const ROOT = join(fileURLToPath(import.meta.url), "../../..");
const text = (path) => readFileSync(join(ROOT, path), "utf8");
/** What NumPy and safetensors wrote for the same tensors: `tests/export/record.py`. */
const { cases, safetensors } = JSON.parse(text("tests/export/recorded.json"));
const bytes = (base64) => new Uint8Array(Buffer.from(base64, "base64"));
const TENSORS = cases.map(({ name, dtype, shape, array, values }) => ({ name, dtype, shape, data: new globalThis[array](bytes(values).buffer) }));
const tensor = (name) => TENSORS.find((other) => other.name === name);

for (const [index, { name, dtype, npy }] of cases.entries()) {
  test(`a .npy file of ${dtype} has the bytes that NumPy writes (${name})`, () => {
    assert.equal(Buffer.from(npyFromTensor(TENSORS[index])).toString("base64"), npy);
  });
}

test("bfloat16 is the one dtype that a .npy file widens", () => {
  assert.deepEqual(TENSORS.filter(({ dtype }) => isWidened(dtype)).map(({ dtype }) => dtype), ["torch.bfloat16"]);
});

test("a .safetensors file has the bytes that safetensors writes", async () => {
  const written = new Uint8Array(await safetensorsFrom(TENSORS, { program: "attention/causal-attention.py" }).arrayBuffer());
  const [ours, theirs] = [written, bytes(safetensors)].map((file) => {
    const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
    return { header: JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))), values: Buffer.from(file.subarray(8 + length)).toString("base64"), rest: length % 8 };
  });
  assert.deepEqual(ours, theirs);
});

test("a dtype that no file has is refused in a sentence", () => {
  assert.throws(() => npyFromTensor({ name: "z", shape: [1], dtype: "torch.complex64", data: new Float32Array(2) }), /^Error: Tensors of complex64 cannot be saved\.$/);
});

test("CSV: a table with labels where they are known, long form for more axes, text that a spreadsheet does not compute", async () => {
  const none = { rows: null, columns: null };
  assert.equal(await csvFromTensor(tensor("scores"), none), text("tests/export/scores.csv"));
  assert.equal(await csvFromTensor(tensor("scores"), { rows: ["Your", 'a "b", c', "=1+1"], columns: ["x", "y", "-"] }), text("tests/export/labelled.csv"));
  assert.equal(await csvFromTensor(tensor("heads"), none), text("tests/export/heads.csv"));
  const worded = (await csvFromTensor(tensor("heads"), { rows: ["a", "b", "c"], columns: null })).split("\n");
  assert.deepEqual(worded.slice(0, 2), ["axis_0,axis_1,axis_2,row,heads", "0,0,0,a,0"]);
  assert.equal(await csvFromTensor(tensor("scalar"), none), "2.5\n");
  assert.equal(await csvFromTensor(tensor("counts"), none), "-2147483648\n7\n");
  assert.equal(await csvFromTensor(tensor("ids"), none), "9007199254740993,-9223372036854775808\n0,9223372036854775807\n");
  assert.equal(await csvFromTensor(tensor("nothing"), { rows: null, columns: ["a", "b", "c"] }), "a,b,c\n");
  await assert.rejects(csvFromTensor({ name: "x", shape: [1001, 1000], dtype: "uint8", data: new Uint8Array(1001000) }, none), /1,001,000 cells/);
});

test("as Python: what PyTorch read back to the last bit", () => {
  // `record.py` runs this file under PyTorch and compares.
  assert.equal(TENSORS.map(torchFromTensor).join(""), text("tests/export/tensors.py"));
  assert.match(torchFromTensor({ ...tensor("scalar"), name: "cache['keys']" }), /^x = /);
  assert.throws(() => torchFromTensor({ name: "x", shape: [5000], dtype: "uint8", data: new Uint8Array(5000) }), /5,000 cells/);
});

test("every program goes into a notebook and comes back as it was", () => {
  const folders = ["attention", "identities", "models"];
  const paths = folders.flatMap((folder) => readdirSync(join(ROOT, "www/programs", folder)).filter((name) => name.endsWith(".py")).map((name) => `www/programs/${folder}/${name}`));
  assert.ok(paths.length > 60);
  for (const path of paths) {
    const source = text(path);
    assert.equal(sourceFromNotebook(notebookFromSource(source)), source, path);
  }
  for (const odd of ["x = 1", "x = (7\n    % 3)\n", "# %% A title\n\n\nx = 1\n\n\n# %%\n# %%\ny = 2", "# %% [md]\n#no space\n\n\n\n# %%\nx\n\n", "\n\nx\n"]) assert.equal(sourceFromNotebook(notebookFromSource(odd)), odd);
});

test("a notebook is nbformat 4.5, and what a reader changed in it counts", () => {
  const notebook = JSON.parse(notebookFromSource("# %% [markdown]\n# # Title\n\n\n# %%\nx = 1  #@param {type:\"integer\"}\ny = x\n"));
  assert.deepEqual([notebook.nbformat, notebook.nbformat_minor, notebook.cells.length], [4, 5, 2]);
  assert.deepEqual(notebook.cells[1], { cell_type: "code", id: "cell-2", metadata: {}, execution_count: null, outputs: [], source: ['x = 1  #@param {type:"integer"}\n', "y = x"] });
  notebook.cells[1].source = ["x = 2"];
  assert.equal(sourceFromNotebook(JSON.stringify(notebook)), "# %% [markdown]\n# # Title\n\n# %%\nx = 2\n");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { fragmentFromState, stateFromFragment } from "../../www/src/link.js";

const LINK = {
  code: "import torch\nq = torch.randn(2, 3)  # Größe → 令牌\n".repeat(40),
  program: "attention/causal.py",
  model: "gpt2",
  step: 12,
  device: /** @type {const} */ ("cpu"),
  selection: { step: 3, name: "q", index: [1, 2] },
  view: /** @type {const} */ ("keys"),
  mask: { tokens: 128, row: 40 },
};

const packed = (value) => `#1.${deflateRawSync(JSON.stringify(value)).toString("base64url")}`;

test("a link comes back as it was sent", async () => {
  const fragment = await fragmentFromState(LINK);
  assert.match(fragment, /^#1\.[\w-]+$/);
  assert.ok(fragment.length < LINK.code.length, "the fragment is compressed");
  assert.deepEqual(await stateFromFragment(fragment), LINK);
});

test("an address without state is not an error", async () => {
  assert.equal(await stateFromFragment(""), null);
  assert.equal(await stateFromFragment("#attention/causal.py"), null);
});

test("a later version, a cut link and a link without code say what is wrong", async () => {
  await assert.rejects(stateFromFragment("#2.abcd"), /another version/);
  const fragment = await fragmentFromState(LINK);
  await assert.rejects(stateFromFragment(fragment.slice(0, 60)), /damaged/);
  await assert.rejects(stateFromFragment(packed({ step: 1 })), /no code/);
});

test("fields of the wrong type fall back instead of reaching the page", async () => {
  const link = await stateFromFragment(packed({ code: "x", program: 7, model: 9, step: -1, device: "tpu", selection: { step: 0, name: "x", index: ["0"] }, view: "moon", mask: { tokens: 1e9, row: "3" } }));
  assert.deepEqual(link, { code: "x", program: "", model: "", step: 0, device: "auto", selection: null, view: "tensors", mask: { tokens: 0, row: -1 } });
});

test("a small link that unpacks to very much is refused", async () => {
  await assert.rejects(stateFromFragment(packed({ code: "a".repeat(5 * 1024 * 1024) })), /more than 4 MB/);
});

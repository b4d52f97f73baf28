import assert from "node:assert/strict";
import { test } from "node:test";
import { addressFromFragment, fragmentFromAddress } from "../../www/src/address.js";
import { FIRST } from "../../www/src/model-costs-choice.js";

const ADDRESSES = {
  "#catalogue": { page: "catalogue", query: "" },
  "#catalogue?q=sliding+window": { page: "catalogue", query: "sliding window" },
  "#compare?a=attention/a.py&b=attention/b.py&num_heads=2&causal=true&sentence=the+cat": {
    page: "compare",
    pair: { a: "attention/a.py", b: "attention/b.py", values: { num_heads: 2, causal: true, sentence: "the cat" } },
  },
  "#attention/a.py": { page: "program", path: "attention/a.py", view: "tensors", mask: { tokens: 0, row: -1 }, step: null, device: "auto", model: "", layer: null },
  "#attention/a.py?view=keys&tokens=512&row=9": { page: "program", path: "attention/a.py", view: "keys", mask: { tokens: 512, row: 9 }, step: null, device: "auto", model: "", layer: null },
  "#attention/a.py?view=tokens&step=44&device=cpu": { page: "program", path: "attention/a.py", view: "tokens", mask: { tokens: 0, row: -1 }, step: 44, device: "cpu", model: "", layer: null },
  "#models": { page: "models" },
  "#trade": { page: "trade", trade: {} },
  "#trade?against=gpt2-shakespeare&what=induction&sort=-loss": { page: "trade", trade: { against: "gpt2-shakespeare", what: "induction", sort: "-loss" } },
  "#models/generate.py?model=gpt2&layer=3": { page: "program", path: "models/generate.py", view: "layers", mask: { tokens: 0, row: -1 }, step: null, device: "auto", model: "gpt2", layer: 3 },
  "#models/generate.py?model=gpt2&view=tensors": { page: "program", path: "models/generate.py", view: "tensors", mask: { tokens: 0, row: -1 }, step: null, device: "auto", model: "gpt2", layer: null },
  "#costs?models=llama-3-8b,deepseek-v4-pro&what=decode&context=4096&dtype=int8": { page: "costs", costs: { models: ["llama-3-8b", "deepseek-v4-pro"], what: "decode", context: 4096, dtype: "int8" } },
  "#models/generate.py?model=../mine/llama": { page: "program", path: "models/generate.py", view: "layers", mask: { tokens: 0, row: -1 }, step: null, device: "auto", model: "../mine/llama", layer: null },
};

test("an address comes back as it was written", () => {
  for (const [fragment, address] of Object.entries(ADDRESSES)) {
    assert.deepEqual(addressFromFragment(fragment), address);
    assert.equal(fragmentFromAddress(address), fragment);
  }
});

test("what does not fit falls back", () => {
  assert.deepEqual(addressFromFragment("#attention/a.py?view=secret&tokens=9999&row=-4&step=x&layer=-1&device=abacus"), {
    page: "program",
    path: "attention/a.py",
    view: "tensors",
    mask: { tokens: 0, row: -1 },
    step: null,
    device: "auto",
    model: "",
    layer: null,
  });
  assert.equal(addressFromFragment("#%zz").page, "program");
  assert.deepEqual(addressFromFragment("#costs?models=a,a&what=weight&context=9e9&dtype=int3"), { page: "costs", costs: { ...FIRST, models: ["a"] } });
  assert.deepEqual(addressFromFragment("#costs"), { page: "costs", costs: FIRST });
  assert.deepEqual(addressFromFragment("#compare").pair, { a: "", b: "", values: {} });
});

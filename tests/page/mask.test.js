import assert from "node:assert/strict";
import { test } from "node:test";
import { keysSeen, maskFromValues, maskName, maskProgram, rangesText, rowSentence, seenCounts, sharesOf } from "../../www/src/mask.js";

const PROGRAM = `# %% [markdown]
# # Window

# %%
window = 4

# %%
def visible_keys(tokens):
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(8)

# %%
print("much later")
`;

/** A causal mask that sees `window` keys back. */
function windowed(size, window) {
  const data = Uint8Array.from({ length: size * size }, (_, at) => Number(at % size <= Math.floor(at / size) && at % size > Math.floor(at / size) - window));
  return maskFromValues({ data, shape: [size, size], dtype: "bool", device: "cpu" });
}

test("the program is asked as far as it is needed", () => {
  const asked = maskProgram(PROGRAM, 512);
  assert.match(asked, /visible = visible_keys\(8\)\n\nseen_keys_asked_for = visible_keys\(512\)\n$/);
  assert.ok(!asked.includes("much later"));
});

test("an answer that is no mask is refused in a sentence", () => {
  const run = (names, error = null) => ({ error, steps: [{ names }] });
  const name = { name: "seen_keys_asked_for", kind: "tensor", id: 4, shape: [3, 3] };
  assert.equal(maskName(run([name])).id, 4);
  assert.throws(() => maskName(run([{ ...name, shape: [2, 3, 3] }])), /shape \[2, 3, 3\]; one row of keys/);
  assert.throws(() => maskName(run([])), /no tensor/);
  assert.throws(() => maskName(run([], { type: "AssertionError", message: "a window of 0" })), /AssertionError: a window of 0/);
});

test("a row is told in a sentence", () => {
  const mask = windowed(16, 4);
  assert.deepEqual(keysSeen(mask, 9), [6, 7, 8, 9]);
  assert.equal(rowSentence(mask, 9, null), "Token 9 sees 4 of 10 keys: 6–9.");
  assert.equal(rowSentence(mask, 1, ["the", "cat"]), "Token 1 (cat) sees 2 of 2 keys: all of them.");
  assert.deepEqual([...seenCounts(mask)].slice(0, 6), [1, 2, 3, 4, 4, 4]);
  // Where a query may see what comes later, all keys are possible.
  const whole = maskFromValues({ data: new Uint8Array(6).fill(1).fill(0, 5), shape: [2, 3], dtype: "bool", device: "cpu" });
  assert.equal(rowSentence(whole, 1, null), "Token 1 sees 2 of 3 keys: 0–1.");
});

test("ranges are joined, single keys stay alone", () => {
  assert.equal(rangesText([0, 1, 2, 5, 7, 8]), "0–2, 5, 7–8");
  assert.equal(rangesText([]), "");
});

test("weights shade a mask where they are its own", () => {
  const mask = windowed(3, 2);
  const weights = (data, shape) => ({ data: Float32Array.from(data), shape, dtype: "float32", device: "cpu" });
  const heads = [1, 0, 0, 0.5, 0.5, 0, 0, 0.2, 0.8];
  assert.deepEqual([...sharesOf(mask, weights([...heads, ...heads], [2, 3, 3]))], [1, 0, 0, 1, 1, 0, 0, 0.25, 1]);
  assert.equal(sharesOf(mask, weights([1, 0, 0, 0.5, 0.5, 0, 0.3, 0.3, 0.4], [3, 3])), null, "it reads what is not seen");
  assert.equal(sharesOf(mask, weights(heads, [1, 9])), null, "it has another size");
});

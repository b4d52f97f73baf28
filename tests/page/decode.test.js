import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheSentences } from "../../www/src/cache-sentences.js";
import { decodingOf, followCache, matchEntries, turnOf } from "../../www/src/decode.js";

const CODE = `# %%
for h in heads:
    cache = h
# %% [markdown]
# ## Token by token

# %%
cache = {}
for position in range(2):
    write(cache)
    row = 1
print("done")
`;
const item = (name, shape) => ({ name, kind: "tensor", id: 0, dtype: "float32", shape, device: "cpu", gradFn: "", text: "" });
const step = (line, names = [], more = {}) => ({ line, function: "<module>", call: 1, depth: 0, loops: [], names, output: 0, flops: 0, bytes: 0, ...more });
const turn = (iteration) => ({ loops: [{ line: 9, iteration }] });
const inner = { depth: 1, function: "write" };
const STEPS = [
  step(8, [{ ...item("cache", []), kind: "value", text: "dict of 0" }]),
  step(9, [], turn(0)),
  step(20, [item("cache['keys']", [1, 2])], inner),
  step(10, [], turn(0)),
  step(9, [], turn(1)),
  step(20, [item("cache['keys']", [2, 2]), item("cache['open']", [1, 2])], inner),
  step(10, [], turn(1)),
  step(11, [], turn(1)),
  step(12),
];

test("the loop under the heading is found, with what its functions do", () => {
  const decoding = decodingOf({ steps: STEPS, code: CODE });
  assert.equal(decoding.line, 9);
  assert.deepEqual(decoding.turns, [{ from: 1, to: 4 }, { from: 4, to: 8 }]);
  assert.deepEqual([...decoding.before.keys()], []);
  assert.deepEqual(decoding.after.map((held) => [...held.keys()]), [["keys"], ["keys", "open"]]);
  assert.deepEqual([0, 3, 4, 8].map((at) => turnOf(decoding, at)), [0, 0, 1, 1]);
  assert.equal(decodingOf({ steps: [step(1)], code: "x = 1" }), null);
});

const held = (rows) => ({ shape: [rows.length, 2], dtype: "float32", data: rows.flatMap((value) => [value, value]) });
const parts = (before, after) => followCache(new Map(Object.entries(before).map(([name, rows]) => [name, held(rows)])), after.map((items) => new Map(Object.entries(items).map(([name, rows]) => [name, held(rows)]))));
const token = (at) => `token ${at}`;

test("entries are followed into a window and out of it", () => {
  const history = parts({ keys: [] }, [{ keys: [5] }, { keys: [5, 6] }, { keys: [6, 5] }, { keys: [5, 8] }]);
  assert.deepEqual(history.map(([{ entries }]) => entries), [[0], [0, 1], [1, 2], [2, 3]]);
  assert.deepEqual(history.map(([{ left }]) => left), [[], [], [0], [1]]);
  assert.deepEqual(history[3].map(({ kind, axis, bytes, entryBytes }) => [kind, axis, bytes, entryBytes]), [["entries", 0, 16, 8]]);
  assert.deepEqual(cacheSentences(history[2], token(2), token), ["Token 2 enters keys.", "Token 0 leaves keys."]);
});

test("a text of one repeated word still grows by one entry a token", () => {
  const history = parts({ keys: [] }, [{ keys: [5] }, { keys: [5, 5] }, { keys: [5, 5, 5] }]);
  assert.deepEqual(history[2][0].entries, [0, 1, 2]);
});

test("a window that is full from the start moves on", () => {
  const history = parts({ columns: [0, 0, 0] }, [{ columns: [0, 0, 1] }, { columns: [0, 1, 2] }, { columns: [1, 2, 3] }]);
  assert.deepEqual(history[2][0].entries, [0, 1, 2]);
  assert.deepEqual(history[0][0].left, [-1]);
});

test("what has one size and moves nowhere is a state", () => {
  const [, after] = parts({ state: [0, 0] }, [{ state: [3, 1] }, { state: [4, 7] }]);
  assert.deepEqual(after.map(({ kind, changed, bytes }) => [kind, changed, bytes]), [["state", true, 16]]);
  assert.deepEqual(cacheSentences(after, "token 1", token), ["State takes token 1 in without growing."]);
});

test("entries that become one are told as compressed", () => {
  const history = parts({}, [
    { window: [1], open: [1], blocks: [] },
    { window: [1, 2], open: [1, 2], blocks: [] },
    { window: [2, 3], open: [], blocks: [9] },
    { window: [3, 4], open: [4], blocks: [9] },
  ]);
  assert.deepEqual(cacheSentences(history[2], token(2), token), ["Token 2 enters window.", "Compressed: 2 entries of open become 1 entry of blocks.", "Token 0 leaves window."]);
  assert.deepEqual(cacheSentences(history[3], token(3), token), ["Token 3 enters window and open.", "Token 1 leaves window."]);
});

test("layers of one kind are named together", () => {
  const history = parts({}, [{ "keys 0": [1], "values 0": [2], "keys 1": [3], "values 1": [4] }, { "keys 0": [1, 5], "values 0": [2, 5], "keys 1": [3, 5], "values 1": [4, 5] }]);
  assert.deepEqual(cacheSentences(history[1], token(1), token), ["Token 1 enters keys 0–1 and values 0–1."]);
});

test("what is taken from the middle is found by the longest common sequence", () => {
  assert.deepEqual(matchEntries(["a", "b", "c", "d"], ["a", "c", "d", "e"]), [0, 2, 3, -1]);
  assert.deepEqual(matchEntries([], ["a"]), [-1]);
  assert.deepEqual(matchEntries(["a"], []), []);
});

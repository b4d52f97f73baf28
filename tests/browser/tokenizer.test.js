/**
 * The tokenizer through the public module: the recorded texts of every kind, and that no file and no text keeps it from
 * answering, or the page from drawing.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { blankPage, launch, ROOT } from "./browsers.js";

const FOLDER = join(ROOT, "tests/tokenizers");
const read = (name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8"));
const KINDS = readdirSync(FOLDER).filter((name) => name.endsWith(".texts.json")).map((name) => name.replace(".texts.json", ""));

let browser, page;

before(async () => {
  browser = await launch("chromium");
  page = await blankPage(browser);
  await page.evaluate(async () => {
    Object.assign(window, await import("./attention-playground.js"));
    /** What a call comes to: its value, or the sentence that it ends in. */
    window.outcome = (promise) => promise.then((value) => ({ value }), (error) => ({ error: error.message }));
    /** What opening a file, given as text or as an object, and encoding a text with it comes to. */
    window.encoded = async (file, text = "") => {
      const content = typeof file === "string" ? file : JSON.stringify(file);
      const opened = await outcome(createTokenizer(new Blob([content])));
      if (opened.error) return opened;
      const result = await outcome(opened.value.encode(text));
      opened.value.close();
      return result.error ? result : { value: result.value.length };
    };
  });
});
after(() => browser?.close());

const encoded = (file, text) => page.evaluate((file, text) => encoded(file, text), file, text);

test("nothing of it is loaded before it is asked for", async () => {
  const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/tokenizer/")).length);
  assert.equal(await loaded(), 0);
  assert.deepEqual(await encoded(read("byte-level.json"), "attention").then(({ error }) => error), undefined);
  assert.ok((await loaded()) > 0);
});

for (const kind of KINDS) {
  test(`${kind}: the recorded tokens, and the recorded texts, at once and token by token`, async () => {
    const texts = read(`${kind}.texts.json`);
    const results = await page.evaluate(async (file, texts) => {
      const tokenizer = await createTokenizer(new TextEncoder().encode(JSON.stringify(file)));
      const results = [];
      for (const { text, ids } of texts) {
        const stream = tokenizer.stream();
        let streamed = "";
        for (const id of ids) streamed += await stream.push(id);
        results.push({
          text,
          ids: [...(await tokenizer.encode(text))],
          without_special: [...(await tokenizer.encode(text, { addSpecialTokens: false }))],
          decoded: await tokenizer.decode(ids, { skipSpecialTokens: false }),
          decoded_without_special: await tokenizer.decode(ids),
          streamed: streamed + (await stream.finish()),
          pieces: (await tokenizer.pieces(ids)).join(""),
        });
      }
      tokenizer.close();
      return results;
    }, read(`${kind}.json`), texts);
    assert.ok(texts.length > 20);
    for (const [at, { streamed, pieces, ...result }] of results.entries()) {
      assert.deepEqual(result, texts[at]);
      // WordPiece's decoder takes back spaces that it had written before punctuation; a stream cannot.
      if (kind !== "wordpiece") assert.deepEqual({ streamed, pieces }, { streamed: result.decoded_without_special, pieces: result.decoded });
    }
  });
}

test("ids and tokens name each other, and ids may come from an int64 tensor", async () => {
  const result = await page.evaluate(async (file) => {
    const tokenizer = await createTokenizer(new Blob([JSON.stringify(file)]));
    const id = await tokenizer.id("<|endoftext|>");
    const found = {
      size: tokenizer.vocabularySize,
      token: await tokenizer.token(id),
      tokens: await tokenizer.tokens(new BigInt64Array([BigInt(id), 400000n])),
      text: await tokenizer.decode([BigInt(id)], { skipSpecialTokens: false }),
      none: await tokenizer.id("no such token"),
      wrong: await Promise.all([[1.5], [-1], [NaN], [2 ** 32]].map((ids) => outcome(tokenizer.decode(ids)))),
    };
    tokenizer.close();
    return { ...found, closed: await outcome(tokenizer.encode("x")) };
  }, read("byte-level.json"));
  assert.equal(result.size, 420);
  assert.equal(result.token, "<|endoftext|>");
  assert.deepEqual(result.tokens, ["<|endoftext|>", null]); // undefined, on its way out of the browser
  assert.equal(result.text, "<|endoftext|>");
  assert.equal(result.none, undefined);
  for (const { error } of result.wrong) assert.match(error, /is no token's id\.$/);
  assert.equal(result.closed.error, "This tokenizer was closed.");
});

test("a program in the page reads texts with the tokenizer that it was given", async () => {
  const code = `from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
ids = tokenizer.encode("The keys of it").ids
print(ids, tokenizer.decode(ids), tokenizer.get_vocab_size())
`;
  const { stdout, error, ids } = await page.evaluate(async (code, file) => {
    const engine = await createEngine({ device: "cpu" });
    const blob = new Blob([JSON.stringify(file)]);
    const run = await engine.run(code, { files: { "tokenizer.json": blob } });
    engine.close();
    const tokenizer = await createTokenizer(blob);
    const ids = [...(await tokenizer.encode("The keys of it"))];
    tokenizer.close();
    return { ...run, ids };
  }, code, read("byte-level-pattern.json"));
  assert.equal(error, null);
  assert.equal(stdout, `[${ids.join(", ")}] The keys of it 420\n`);
});

describe("what is wrong ends in a sentence:", () => {
  const whole = JSON.stringify(read("byte-level.json"));
  /** A tokenizer with something else in it. */
  const changed = (kind, change) => {
    const file = read(`${kind}.json`);
    change(file);
    return file;
  };
  const splitBy = (pattern) => changed("byte-level-pattern", ({ pre_tokenizer }) => (pre_tokenizer.pretokenizers[0].pattern.Regex = pattern));
  const FILES = {
    "an empty file": "",
    "a truncated file": whole.slice(0, 3000),
    "a page instead of a file": "<!doctype html><title>404</title>",
    "JSON of something else": `{"architectures": ["LlamaForCausalLM"]}`,
    "a megabyte of noise": String.fromCharCode(...Array.from({ length: 1000 }, (_, at) => (at * 7919) % 65521)).repeat(1000),
    "lists in lists": "[".repeat(1_000_000),
    "models in models": `{"model":`.repeat(100_000),
    "steps in steps": `{"pre_tokenizer":${`{"type":"Sequence","pretokenizers":[`.repeat(100_000)}`,
    "an id that is too large": changed("byte-level", ({ model }) => (model.vocab.a = 2 ** 32)),
    "an id that is no integer": changed("byte-level", ({ model }) => (model.vocab.a = 1e300)),
    "a merge of no tokens": changed("byte-level", ({ model }) => model.merges.push(["no such", "tokens"])),
    "a kind of model that is not known": changed("byte-level", ({ model }) => (model.type = "Unheard")),
    "a pattern that does not end": splitBy("(\\p{L}+"),
    "a pattern that is too large": splitBy("(((\\w{1,1000}){1,1000}){1,1000})"),
    "parentheses in parentheses": splitBy("(".repeat(50_000) + ")".repeat(50_000)),
  };
  for (const [name, file] of Object.entries(FILES)) {
    test(name, async () => assert.match((await encoded(file)).error, /^This tokenizer\.json cannot be used: .+\.$/s));
  }

  test("a file of 65 MB is not read", async () => {
    const { error } = await page.evaluate(() => outcome(createTokenizer(new Blob([new Uint8Array(65 << 20)]))));
    assert.equal(error, "This tokenizer.json has more than 64 MB, too many to read.");
  });

  test("a text of ten megabytes", async () => {
    const { error } = await page.evaluate((file) => encoded(file, "a".repeat(10_000_000)), whole);
    assert.match(error, /^This text has more than 500000 characters/);
  });

  test("a pattern that goes back for ever", async () => {
    const { error } = await encoded(splitBy("(a|aa)+$(?!c)"), "a".repeat(40) + "b");
    assert.match(error, /^This text cannot be encoded: .*backtracking/);
  });

  test("a file on which the library panics, and the tokenizer goes on", async () => {
    const fixed = changed("unigram", (file) => (file.pre_tokenizer = { type: "FixedLength", length: 0 }));
    const [first, second] = await page.evaluate(async (file) => {
      const tokenizer = await createTokenizer(new Blob([JSON.stringify(file)]));
      const results = [await outcome(tokenizer.encode("text")), await outcome(tokenizer.decode([3]))];
      tokenizer.close();
      return results;
    }, fixed);
    assert.match(first.error, /^The tokenizer crashed/);
    assert.equal(second.error, undefined);
  });
});

describe("what is odd has a result:", () => {
  test("tokens that share an id", async () => {
    const file = read("byte-level.json");
    for (const token of Object.keys(file.model.vocab)) file.model.vocab[token] = 7;
    const { value } = await encoded(file, "ab");
    assert.ok(value > 0);
  });

  test("half a million spaces, which GPT-2's pattern goes back over", async () => {
    const { value } = await page.evaluate((file) => encoded(file, " ".repeat(499_999) + "x"), read("byte-level-pattern.json"));
    assert.ok(value > 100_000, `${value} tokens`);
  });

  test("truncation and padding that training used", async () => {
    const file = read("byte-level.json");
    file.truncation = { direction: "Right", max_length: 2, strategy: "LongestFirst", stride: 0 };
    file.padding = { strategy: { Fixed: 1000 }, direction: "Right", pad_to_multiple_of: null, pad_id: 0, pad_type_id: 0, pad_token: "x" };
    const { value } = await encoded(file, "zqzqzqzq");
    assert.ok(value > 2 && value < 9, `${value} tokens`);
  });
});

test("a file of ten megabytes opens while the page draws", async (context) => {
  const { size, opened, encodedIn, longest, isSeen, tokens } = await page.evaluate(async () => {
    // Half as many tokens again as the largest published vocabularies have: each is an older one and a letter.
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    const vocab = Object.fromEntries(letters.map((letter, id) => [letter, id]));
    const names = [...letters];
    const merges = [];
    for (let at = 0; names.length < 400_000; at++) {
      const [left, right] = [names[Math.floor(at / 26)], letters[at % 26]];
      vocab[left + right] = names.length;
      names.push(left + right);
      merges.push([left, right]);
    }
    const file = new Blob([JSON.stringify({ version: "1.0", model: { type: "BPE", vocab, merges }, added_tokens: [] })]);
    let longest = 0;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (longest = Math.max(longest, duration))));
    await new Promise((resolve) => setTimeout(resolve, 500));
    observer.observe({ type: "longtask" });
    const start = performance.now();
    const tokenizer = await createTokenizer(file);
    const opened = performance.now() - start;
    const tokens = (await tokenizer.encode("attentionisallyouneed".repeat(5000))).length;
    const encodedIn = performance.now() - start - opened;
    const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
    await pause();
    const result = { size: file.size, opened, encodedIn, longest, tokens };
    // The observer is there: it sees a task that is too long.
    for (const end = performance.now() + 80; performance.now() < end; );
    await pause();
    observer.disconnect();
    tokenizer.close();
    return { ...result, isSeen: longest > 50 };
  });
  context.diagnostic(`${(size / 1e6).toFixed(1)} MB opened in ${Math.round(opened)} ms; ${tokens} tokens in ${Math.round(encodedIn)} ms; longest task of the page ${longest} ms`);
  assert.ok(size > 10e6, `${size} bytes`);
  // The browser reports tasks from 50 ms on.
  assert.equal(longest, 0);
  assert.ok(isSeen);
});

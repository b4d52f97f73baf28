/**
 * Programs, notebooks, checkpoints, links and addresses of strangers: what they call things is text, in every view. None
 * of it becomes an element, an attribute or an address that runs. What makes elements is the same in every browser, and
 * is watched in one.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fragmentFromState } from "../../www/src/link.js";
import { OUTPUT, ROOT, byId, launch, openPlayground, reader } from "./browsers.js";
import { host } from "./other-sites.js";

/** One word, so that it can be a token and a key. */
const HOSTILE = "<img/src=x/onerror=window.broken=1>";
const FOLDER = join(OUTPUT, "hostile");
const text = (path) => readFileSync(join(ROOT, path), "utf8");

/** A mechanism with every view, in which all that its author names is hostile. */
const PROGRAM = text("www/programs/attention/multi-head-attention.py")
  .replace("# # Multi-head attention", `# # ${HOSTILE}\n#\n# [${HOSTILE}](javascript:window.broken=1) <script>window.broken=1</script>`)
  .replace("**Keeps** everything", `**Keeps** ${HOSTILE} everything`)
  .replace("and the old dog slept", `${HOSTILE} and dog`)
  .replace("# %%\nimport torch\n", `# %%\nkind = "${HOSTILE}"  #@param ["${HOSTILE}", "other"]\nimport torch\n`)
  .concat(`\nnotes = {"${HOSTILE}": torch.ones(2, 2)}\nprint("${HOSTILE}")\n`);

const NOTEBOOK = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { title: HOSTILE },
  cells: [
    { cell_type: "markdown", metadata: {}, source: [`# ${HOSTILE}\n`, `<iframe srcdoc="${HOSTILE}"></iframe>`] },
    { cell_type: "code", metadata: {}, outputs: [{ data: { "text/html": HOSTILE } }], execution_count: null, source: `raise ValueError("${HOSTILE}")` },
  ],
});

let browser, page, see;

before(async () => {
  browser = await launch("chromium");
  mkdirSync(FOLDER, { recursive: true });
});
after(() => browser?.close());

async function open(fragment) {
  await page?.close();
  page = await openPlayground(browser, fragment);
  see = reader(page);
}

/** The text is seen, in an element that is on display, and nothing was made of it. @param {string} inside a selector */
async function isText(where, inside, root = "document") {
  const found = await page.evaluate(`(() => {
    const root = ${root};
    return {
      isSeen: [...root.querySelectorAll(${JSON.stringify(inside || "nothing")})].some((element) => (element.value ?? element.innerText).includes("<img")),
      made: [...root.querySelectorAll("img, iframe, object, embed, script:not([src]), [onerror], [srcdoc], [href^='javascript:' i]")].map(({ outerHTML }) => outerHTML),
      broken: window.broken ?? null,
    };
  })()`);
  assert.deepEqual(found, { isSeen: inside !== "", made: [], broken: null }, where);
}

async function give(id, files) {
  const paths = Object.entries(files).map(([file, content]) => {
    writeFileSync(join(FOLDER, file), content);
    return join(FOLDER, file);
  });
  await (await page.$(byId(id))).uploadFile(...paths);
}

test("a program's, in every view of it", async () => {
  await open("#attention/causal-attention.py?device=cpu");
  await give("file", { [`${HOSTILE.replaceAll("/", " ")}.py`]: PROGRAM });
  await page.waitForFunction((code) => window.playground.state.run?.code === code, {}, PROGRAM);
  await see.idle();
  assert.equal(await see.state("error"), null);
  const names = (await see.state("run")).steps.flatMap(({ names }) => names.map(({ name }) => name));
  assert.ok(names.includes(`notes['${HOSTILE}']`), "no tensor has the name");
  await isText("prose and controls", ".left .turn");
  for (const view of ["tensors", "keys", "tokens"]) {
    await page.click(byId(`tab-${view}`));
    await page.waitForFunction((view) => window.playground.state.view === view, {}, view);
    await see.turn(byId("scrubber"), (await see.state("run")).steps.length - 1);
    await see.idle();
    // Which keys a query sees is a picture, and names no word.
    await isText(view, view === "keys" ? "" : ".right");
  }
  await isText("output", byId("output"));
});

test("a notebook's, an error's, a link's and an address's", async () => {
  await open("#attention/causal-attention.py?device=cpu");
  await give("file", { "hostile.ipynb": NOTEBOOK });
  await page.waitForFunction(() => window.playground.state.error !== null);
  assert.ok((await see.text("error")).includes(HOSTILE));
  await isText("an error", byId("error"));
  const link = await fragmentFromState({ code: `x = 1\nprint("${HOSTILE}")\n`, program: HOSTILE, model: HOSTILE, step: 1, device: "cpu", selection: { step: 0, name: HOSTILE, index: [0] }, view: "tensors", mask: null });
  await open(link);
  await isText("a link", byId("output"));
  // An address that names nothing may show nothing of itself.
  for (const [fragment, inside] of [[`#catalogue?q=${encodeURIComponent(HOSTILE)}`, "input"], [`#compare?a=${encodeURIComponent(HOSTILE)}&b=${HOSTILE}`, ""], [`#attention/${HOSTILE}.py`, ""], [`#models/generate.py?model=${HOSTILE}`, ""], [`#costs?models=${HOSTILE}`, ""]]) {
    await page.evaluate((fragment) => (location.hash = fragment), fragment);
    await see.idle();
    await isText(fragment, inside);
  }
});

test("a checkpoint's: its tokens, its tensors, its configuration", async () => {
  const folder = "www/models/qwen3-shakespeare";
  const tokenizer = JSON.parse(text(`${folder}/tokenizer.json`));
  // What the model writes is of hostile tokens; what it reads is letters.
  tokenizer.model.merges = [];
  tokenizer.model.vocab = Object.fromEntries(Object.entries(tokenizer.model.vocab).map(([token, id]) => [token.length > 1 ? `${HOSTILE}${id}` : token, id]));
  const weights = readFileSync(join(ROOT, folder, "model.safetensors"));
  await open("#models");
  await page.select(byId("device"), "cpu");
  await give("model-files", { "config.json": text(`${folder}/config.json`), "model.safetensors": weights, "tokenizer.json": JSON.stringify(tokenizer) });
  await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
  await see.idle();
  assert.ok((await see.text("output")).includes(HOSTILE), "the model wrote nothing hostile");
  await isText("layers", ".right");
  await isText("what a model writes", byId("output"));

  // A tensor by another name, which the page says.
  const length = Number(weights.readBigUInt64LE(0));
  const header = weights.subarray(8, 8 + length).toString().replace(/"model\.norm\.weight"/, JSON.stringify(HOSTILE));
  const named = Buffer.concat([Buffer.alloc(8), Buffer.from(header), weights.subarray(8 + length)]);
  named.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  await open("#models");
  await page.select(byId("device"), "cpu");
  await give("model-files", { "config.json": text(`${folder}/config.json`), "model.safetensors": named, "tokenizer.json": text(`${folder}/tokenizer.json`) });
  await page.waitForFunction(() => window.playground.state.error !== null, { timeout: 60_000 });
  await isText("a tensor", "");

  await open("#models");
  await page.select(byId("device"), "cpu");
  await give("model-files", { "config.json": JSON.stringify({ model_type: HOSTILE, architectures: [HOSTILE] }), "model.safetensors": named });
  await page.waitForFunction((selector) => document.querySelector(selector).textContent !== "", {}, byId("model-notice"));
  await isText("a configuration", byId("model-notice"));
});

test("an element's", async () => {
  const attribute = PROGRAM.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const site = await host({ "/": `<!doctype html><title>An article</title><script type="module" src="playground/attention-playground.js"></script><attention-playground device="cpu" code="${attribute}"></attention-playground>` });
  await page?.close();
  page = await browser.newPage();
  await page.goto(site.address);
  await page.waitForFunction(() => document.querySelector("attention-playground").lastRun?.ok);
  await page.evaluate(() => document.querySelector("attention-playground").whenIdle());
  await isText("an element", ".left", 'document.querySelector("attention-playground").shadowRoot');
  site.close();
});

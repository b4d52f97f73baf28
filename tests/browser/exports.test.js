/**
 * What readers take away: tensors, figures, programs, code for articles; and what articles see of it. Pictures are kept
 * under tests/output.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NAMES, OUTPUT, ROOT, byId, launch, picture } from "./browsers.js";
import { host } from "./other-sites.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Long enough for some thousand messages; `FUZZ_SECONDS=600` goes on for longer. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 1);
/** What NumPy and safetensors wrote for the tensors of tests/export/tensors.py. */
const RECORDED = JSON.parse(readFileSync(join(ROOT, "tests/export/recorded.json"), "utf8"));
const TENSORS = `import torch\n${readFileSync(join(ROOT, "tests/export/tensors.py"), "utf8")}`;
const PROGRAM = `# %% [markdown]
# # Three <words> & a mask

# %%
import torch
torch.manual_seed(1)
words = ["Your", "journey", "<b>starts"]
width = 4  #@param {type:"slider", min:1, max:8, step:1}
x = torch.randn(3, width)
scores = (x @ x.T).masked_fill(torch.ones(3, 3).triu(1).bool(), -torch.inf)
weights = torch.softmax(scores, dim=-1)
`;

for (const name of NAMES) {
  describe(`taken away from ${name}`, () => {
    let browser, page, library, article;
    const complaints = [];

    before(async () => {
      browser = await launch(name);
      // The playground on a host that shares its files, as most do.
      library = await host({}, { isShared: true });
      article = await host({});
      page = await browser.newPage();
      await page.setViewport({ width: 1300, height: 900 });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.evaluateOnNewDocument(() => {
        const blobs = new Map();
        const create = URL.createObjectURL;
        Object.assign(window, { saved: [], copied: [] });
        URL.createObjectURL = (blob) => {
          const href = create(blob);
          blobs.set(href, blob);
          return href;
        };
        const click = HTMLAnchorElement.prototype.click;
        HTMLAnchorElement.prototype.click = function () {
          if (this.download) window.saved.push({ name: this.download, blob: blobs.get(this.href) });
          else click.call(this);
        };
        Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText: async (text) => void window.copied.push(text) } });
      });
      await page.goto(`${library.address}playground/#attention/causal-attention.py?device=cpu`);
      await page.waitForFunction(() => window.playground !== undefined);
      await idle();
    });
    after(async () => {
      library.close();
      article.close();
      await browser?.close();
      assert.deepEqual(complaints, [], "the page threw");
    });

    const idle = (where = page) => where.evaluate(() => window.playground.whenIdle());
    const state = (key) => page.evaluate((key) => window.playground.state[key], key);
    const press = (selector) => page.$eval(selector, (button) => button.click());

    /** The rules of WCAG 2.2 AA that a program can check; what is drawn is the same in both browsers. @param {string} selector */
    async function follows(selector) {
      if (name !== "chromium") return;
      await page.evaluate(AXE);
      for (const scheme of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        const { violations, passes } = await page.evaluate((selector) => window.axe.run(selector, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }), selector);
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].target.join(" ")}`), [], scheme);
        assert.ok(passes.length > 5);
      }
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    }

    /** Opens the dialog, which is loaded when it is first asked for. */
    async function share() {
      await press(byId("share"));
      await page.waitForSelector(byId("share-dialog"));
    }

    async function leave() {
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => document.querySelector("dialog.save, dialog.share") === null);
    }

    /** Opens a file as a reader would. */
    async function open(text, file) {
      mkdirSync(OUTPUT, { recursive: true });
      writeFileSync(join(OUTPUT, file), text);
      await (await page.$(byId("file"))).uploadFile(join(OUTPUT, file));
      await page.waitForFunction((code) => window.playground.state.run?.code === window.playground.state.code && (code === null || window.playground.state.code === code), {}, file.endsWith(".py") ? text : null);
      await idle();
    }

    /** The bytes of what is saved next. @param {() => Promise<unknown>} action */
    async function saved(action) {
      const before = await page.evaluate(() => window.saved.length);
      await action();
      await page.waitForFunction((before) => window.saved.length > before, {}, before);
      const { file, content } = await page.evaluate(async () => {
        const { name, blob } = window.saved.at(-1);
        const reader = new FileReader();
        await new Promise((resolve) => ((reader.onload = resolve), reader.readAsDataURL(blob)));
        return { file: name, content: reader.result.slice(reader.result.indexOf(",") + 1) };
      });
      return { file, bytes: Buffer.from(content, "base64") };
    }

    /** Presses a button of a tensor's dialog. */
    async function take(tensor, group, button) {
      const figure = `${byId("tensor")}[data-name="${tensor}"]`;
      // It is built when it comes into view.
      await page.$eval(figure, (element) => element.scrollIntoView());
      await page.waitForSelector(`${figure} ${byId("save-tensor")}`);
      await press(`${figure} ${byId("save-tensor")}`);
      await page.waitForSelector(byId("save"));
      if (tensor === "weights") await follows(byId("save"));
      const pressed = () => page.$$eval(`${byId("save")} .save-row`, (rows, group, button) => [...rows[group].querySelectorAll("button")].find(({ textContent }) => textContent === button).click(), group, button);
      const result = button.startsWith("Copy") ? await pressed() : await saved(pressed);
      await page.waitForFunction(() => !/^(Working|$)/.test(document.querySelector('[data-testid="save-status"]').textContent));
      await leave();
      return result;
    }

    test("a view as a picture, with the drawing, its words and the link to it", async () => {
      await press(byId("tab-keys"));
      await page.waitForSelector(".keys-seen canvas");
      await idle();
      await share();
      const { file, bytes } = await saved(() => press(byId("share-svg")));
      await leave();
      await press(byId("tab-tensors"));
      assert.equal(file, "causal-attention-keys.svg");
      writeFileSync(join(OUTPUT, `${name}-view.svg`), bytes);
      const found = await page.evaluate((svg) => {
        const parsed = new DOMParser().parseFromString(svg, "application/xml");
        const of = (tag) => [...parsed.querySelectorAll(tag)];
        return { error: parsed.querySelector("parsererror")?.textContent, texts: of("text").map(({ textContent }) => textContent), images: of("image").map((image) => image.getAttribute("href").slice(0, 22)), href: of("a")[0].getAttribute("href") };
      }, bytes.toString());
      assert.equal(found.error, undefined);
      assert.ok(found.images.length > 0 && found.images.every((href) => href === "data:image/png;base64,"), found.images.join());
      for (const text of ["Causal attention", "Keys seen, cpu, Attention Playground"]) assert.ok(found.texts.includes(text), found.texts.join(" | "));
      assert.match(found.href, /#attention\/causal-attention\.py\?view=keys/);
    });

    test("tensors that the engine made, as the bytes that NumPy and safetensors write", async () => {
      await open(TENSORS, "tensors.py");
      // Those that files change; tests/page has all of them.
      for (const { name: tensor, npy } of RECORDED.cases.filter(({ name }) => ["half", "brain", "ids", "mask"].includes(name))) {
        const { file, bytes } = await take(tensor, 0, ".npy");
        assert.equal(file, `${tensor}.npy`);
        assert.equal(bytes.toString("base64"), npy, tensor);
      }
      await share();
      const { file, bytes } = await saved(() => press(byId("share-all")));
      assert.equal(file, "A_program_without_a_name.safetensors");
      const [ours, theirs] = [bytes, Buffer.from(RECORDED.safetensors, "base64")].map((file) => {
        const { __metadata__, ...header } = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE())).toString());
        return { header, values: file.subarray(8 + Number(file.readBigUInt64LE())).toString("base64") };
      });
      assert.deepEqual(ours, theirs);
      await leave();
    });

    test("a figure: by itself, as text, with its labels, its legend and the link to all of this", async () => {
      await open(PROGRAM, "words.py");
      const svg = (await take("scores", 1, "SVG")).bytes.toString();
      writeFileSync(join(OUTPUT, `${name}-figure.svg`), svg);
      const found = await page.evaluate((svg) => {
        const parsed = new DOMParser().parseFromString(svg, "application/xml");
        const texts = [...parsed.querySelectorAll("text")].map(({ textContent }) => textContent);
        return { error: parsed.querySelector("parsererror")?.textContent, tags: [...new Set([...parsed.querySelectorAll("*")].map(({ tagName }) => tagName))], texts, href: parsed.querySelector("a").getAttribute("href"), patterns: parsed.querySelectorAll("pattern").length };
      }, svg);
      assert.equal(found.error, undefined);
      // Nothing but shapes and text: no script, and nothing that is loaded.
      assert.deepEqual(found.tags.sort(), ["a", "defs", "desc", "g", "linearGradient", "path", "pattern", "rect", "stop", "svg", "text", "title"]);
      for (const text of ["scores  [3, 3]", "<b>starts", "−inf", "−inf (masked)", "Attention Playground"]) assert.ok(found.texts.includes(text), `${text} is not in ${found.texts.join(" | ")}`);
      assert.ok(found.texts.some((text) => /^Three <words> & a mask, line 10, step \d+ of \d+$/.test(text)), found.texts.join(" | "));
      assert.equal(found.patterns, 1);
      const dark = (await take("scores", 2, "SVG")).bytes.toString();
      assert.match(dark, /#17191d/);
      const { file, bytes } = await take("scores", 1, "PNG");
      assert.equal(file, "scores.png");
      writeFileSync(join(OUTPUT, `${name}-figure.png`), bytes);
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg);
      assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [2 * width, 2 * height]);
      assert.ok(bytes.includes(`Source\0\0\0\0\0${found.href}`), "the PNG does not say where it is from");
      // Every chunk of it is whole: the browser draws it.
      assert.equal(await page.evaluate(async (png) => (await createImageBitmap(new Blob([Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))]))).width, bytes.toString("base64")), 2 * width);
      const other = await browser.newPage();
      await other.goto(found.href);
      await other.waitForFunction(() => window.playground !== undefined);
      await idle(other);
      assert.equal(await other.evaluate(() => window.playground.state.code), PROGRAM);
      await other.close();
    });

    test("a tensor as CSV and as Python; who has no clipboard gets the text selected", async () => {
      const csv = (await take("weights", 0, ".csv")).bytes.toString();
      assert.match(csv, /^,Your,journey,<b>starts\nYour,1,0,0\n/);
      await take("weights", 0, "Copy as Python");
      assert.match((await page.evaluate(() => window.copied)).at(-1), /^weights = torch\.tensor\(\[\[1, 0, 0\],\n/);
      await page.evaluate(() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error("denied"));
        document.execCommand = () => false;
      });
      await share();
      await press(byId("share-link"));
      await page.waitForFunction(() => /clipboard/.test(document.querySelector('[data-testid="share-status"]').textContent));
      assert.deepEqual(await page.$eval(byId("share-text"), (area) => [document.activeElement === area, area.selectionStart, area.selectionEnd === area.value.length]), [true, 0, true]);
      await leave();
      await page.evaluate(() => {
        delete document.execCommand;
        navigator.clipboard.writeText = async (text) => void window.copied.push(text);
      });
    });

    test("the program, as it stands now, as .py and as a notebook that opens again", async () => {
      await page.$eval('.control input[type="range"]', (input) => ((input.value = "6"), input.dispatchEvent(new Event("input"))));
      await page.waitForFunction(() => /width = 6 /.test(window.playground.state.run?.code ?? ""));
      await idle();
      const code = await state("code");
      await share();
      const script = await saved(() => press(byId("share-py")));
      const notebook = await saved(() => press(byId("share-ipynb")));
      await leave();
      assert.deepEqual([script.file, notebook.file], ["Three_words_a_mask.py", "Three_words_a_mask.ipynb"]);
      assert.equal(script.bytes.toString(), code);
      assert.equal(code, PROGRAM.replace("width = 4", "width = 6"));
      await open(TENSORS, "between.py");
      await open(notebook.bytes.toString(), "again.ipynb");
      assert.equal(await state("code"), code);
    });

    test("the code to embed it works where it is pasted", async () => {
      await page.evaluate(() => (window.copied = []));
      await share();
      await page.$eval(byId("share-theme"), (field) => ((field.value = "dark"), field.dispatchEvent(new Event("change"))));
      await picture(page, `${name}-share`);
      await follows(byId("share-dialog"));
      for (const form of ["link", "element", "frame", "image"]) {
        const before = await page.evaluate(() => window.copied.length);
        await press(byId(`share-${form}`));
        await page.waitForFunction((before) => window.copied.length > before, {}, before);
        assert.equal(await page.$eval(byId("share-text"), (area) => area.value), (await page.evaluate(() => window.copied)).at(-1), "what is shown is not what was copied");
      }
      const [link, element, frame, image] = await page.evaluate(() => window.copied);
      await leave();
      const code = await state("code");
      for (const [path, snippet] of Object.entries({ "/element": element, "/frame": frame, "/image": image })) article.pages[path] = `<!doctype html><meta charset="utf-8"><title>A blank page</title>\n${snippet}`;
      const other = await browser.newPage();

      await other.goto(link);
      await other.waitForFunction(() => window.playground !== undefined);
      await idle(other);
      assert.equal(await other.evaluate(() => window.playground.state.code), code);

      const drawn = (where) => where.waitForFunction(() => document.querySelector("attention-playground")?.shadowRoot?.querySelector('[data-testid="tensor"][data-state="drawn"]'), { timeout: 60_000 });
      const shown = (where) => where.$eval("attention-playground", (host) => [host.lastRun.ok, host.theme, host.controls, host.code.trim()]);
      await other.goto(`${article.address}element`);
      await drawn(other);
      assert.deepEqual(await shown(other), [true, "dark", "min", code.trim()]);

      await other.goto(`${article.address}frame`);
      assert.equal(await other.$eval("iframe", (frame) => frame.getAttribute("sandbox")), "allow-scripts");
      const inside = await other.waitForFrame((frame) => frame.url().includes("embed.html"));
      await drawn(inside);
      assert.deepEqual(await shown(inside), [true, "dark", "min", code.trim()]);
      await picture(other, `${name}-pasted-frame`);

      await other.goto(`${article.address}image`);
      assert.ok((await other.$eval("img", async (img) => (await img.decode(), img.naturalWidth))) >= 360);
      assert.equal(await other.$eval("a", ({ href }) => href), link);
      await other.close();
    });

    test("messages from anywhere leave a frame and the page around it as they are", async () => {
      const origin = new URL(article.address).origin;
      article.pages["/storm"] = `<!doctype html><meta charset="utf-8"><title>A storm</title><script src="${library.address}playground/frame-height.js"></script><iframe title="A program" src="${library.address}playground/embed.html?origin=${encodeURIComponent(origin)}&amp;program=self-attention&amp;device=cpu&amp;lazy=click"></iframe><iframe title="Not ours" srcdoc="nothing"></iframe><iframe title="No address" src="http://["></iframe>`;
      const other = await browser.newPage();
      other.on("pageerror", (error) => complaints.push(error.message));
      await other.goto(`${article.address}storm`);
      const frame = await other.waitForFrame((one) => one.url().includes("embed.html"));
      await frame.waitForFunction(() => document.querySelector("attention-playground")?.shadowRoot?.querySelector(".plain-line"));
      const sent = await other.evaluate(storm, SECONDS);
      assert.ok(sent > 200, `${sent} messages`);
      // A last one that is ours is heard behind all of them.
      await other.$eval("iframe", (frame) => frame.contentWindow.postMessage({ type: "attention-playground", version: 1, set: { theme: "dark", program: "self-attention" } }, "*"));
      await frame.waitForFunction(() => document.querySelector("attention-playground").theme === "dark");
      assert.deepEqual(await frame.$eval("attention-playground", (host) => host.getAttributeNames().filter((name) => !["program", "code", "line", "view", "controls", "device", "theme", "lazy"].includes(name))), []);
      const heights = await other.$$eval("iframe", (frames) => frames.map(({ style }) => style.height));
      assert.ok(/^\d+px$/.test(heights[0]) && parseInt(heights[0]) <= 4000 && heights[1] === "" && heights[2] === "", heights.join());
      await other.close();
    });
  });
}

/** Sends values of every kind to the frame and to the page around it, for some seconds; runs in the page. @param {number} seconds */
async function storm(seconds) {
  let state = 7;
  const below = (bound) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), Math.floor((state / 2 ** 32) * bound));
  const pick = (list) => list[below(list.length)];
  const names = ["type", "version", "set", "event", "height", "program", "code", "line", "view", "controls", "device", "theme", "onclick", "style", "__proto__", "constructor"];
  const value = (depth) =>
    pick([
      () => null,
      () => undefined,
      () => below(1e6) / (below(3) - 1),
      () => "attention-playground",
      () => 1,
      () => "x".repeat(below(20) > 18 ? 3_000_000 : below(200)),
      () => new Uint8Array(below(1000)),
      () => new Map([["type", "attention-playground"]]),
      () => 2n ** 70n,
      () => new Date(NaN),
      () => Array.from({ length: below(4) }, () => (depth > 3 ? 0 : value(depth + 1))),
      () => Object.fromEntries(Array.from({ length: below(6) }, () => [pick(names), depth > 3 ? 0 : value(depth + 1)])),
    ])();
  const ours = () => ({ type: "attention-playground", version: 1, event: "height", height: value(0), set: value(0), ...Object.fromEntries([[pick(names), value(0)]]) });
  // What may be set is left as it is: this asks whether anything else can be.
  const harmless = (message) => (message?.type === "attention-playground" && message.version === 1 && typeof message.set === "object" && message.set !== null && !(message.set instanceof Map) ? { ...message, set: { onclick: "alert(1)", style: "x", theme: 7, line: value(0) } } : message);
  const frame = document.querySelector("iframe").contentWindow;
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  while (performance.now() < end) {
    for (let more = 0; more < 20; more += 1, sent += 1) {
      const message = below(2) ? ours() : value(0);
      frame.postMessage(harmless(message), "*");
      window.postMessage(message, "*");
      document.querySelectorAll("iframe")[1].contentWindow.parent.postMessage(message, "*");
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  return sent;
}

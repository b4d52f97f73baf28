/**
 * The playground where it is not at home: in frames of other sites, without an origin, from a disk, and in the pages of
 * examples/. Pictures of it are kept under tests/output.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, afterEach, before, describe, test } from "node:test";
import { NAMES, PLAYGROUND, ROOT, launch, picture } from "./browsers.js";
import { host } from "./other-sites.js";

const ONE_FILE = join(ROOT, "dist/attention-playground.html");
/** What a file that is sent to others may weigh. */
const MOST_BYTES = 3 * 1024 * 1024;

/** What `npm pack` makes of the site, unpacked. */
function packed() {
  const folder = mkdtempSync(join(tmpdir(), "attention-playground-"));
  const [{ filename, files }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: join(ROOT, "dist"), encoding: "utf8" }));
  assert.ok(files.some(({ path }) => path === "attention-playground.d.ts"));
  assert.deepEqual(files.filter(({ path }) => /^(main|index|models|configs|examples)/.test(path)), [], "the package has parts of the page");
  execFileSync("tar", ["xzf", join(folder, filename), "-C", folder]);
  return join(folder, "package");
}

for (const name of NAMES) {
  describe(`embedded in ${name}`, () => {
    let browser, page;
    const sites = [];

    before(async () => {
      browser = await launch(name);
    });
    after(async () => {
      sites.forEach((site) => site.close());
      await browser?.close();
    });
    afterEach(() => page?.close());

    async function site(pages, options) {
      const opened = await host(pages, options);
      sites.push(opened);
      return opened;
    }

    /** Opens an article with a frame of the playground, which lies on another site, and keeps what that says. @param {string} search @param {string} [attributes] @param {{ isShared?: boolean }} [options] */
    async function openFrame(search, attributes = "", options = {}) {
      const library = await site({}, options);
      const article = await site({});
      const frame = `${library.address}playground/embed.html?origin=${encodeURIComponent(article.address)}&${search}`;
      const body = `<!doctype html><meta charset="utf-8"><title>An article</title><script>window.heard = []; addEventListener("message", ({ origin, data }) => heard.push({ origin, ...data }));</script><script src="${library.address}playground/frame-height.js"></script><iframe title="A program" ${attributes} src="${frame.replaceAll("&", "&amp;")}" style="width: 900px; height: 100px"></iframe>`;
      article.pages["/"] = body;
      page = await browser.newPage();
      await page.setViewport({ width: 1000, height: 800 });
      await page.goto(article.address);
      return { library, article };
    }

    /** Resolves with the first message of a kind. */
    const heard = async (event) => {
      const handle = await page.waitForFunction((event) => window.heard.find((message) => message.event === event), { timeout: 60_000 }, event);
      return handle.jsonValue();
    };

    test("in a frame: says its height, tells what it runs, and does what the page around asks", async () => {
      const { library, article } = await openFrame("program=self-attention&device=cpu&height=444&theme=light");
      const run = await heard("run");
      assert.equal(run.origin, new URL(library.address).origin);
      assert.deepEqual([run.type, run.version, run.device], ["attention-playground", 1, "cpu"]);
      assert.equal(await page.$eval("iframe", (frame) => frame.style.height), "444px");
      const frame = page.frames().find((other) => other.url().includes("embed.html"));
      const paper = () => frame.$eval("attention-playground", (element) => getComputedStyle(element).backgroundColor);
      assert.equal(await paper(), "rgb(255, 255, 255)");
      const send = (message) => page.$eval("iframe", (frame, message) => frame.contentWindow.postMessage(message, "*"), message);
      // None of these is a message of ours, or asks for what it may.
      for (const wrong of [null, "theme", { set: { theme: "dark" } }, { type: "attention-playground", version: 2, set: { theme: "dark" } }, { type: "attention-playground", version: 1, set: { onclick: "alert(1)", theme: 7 } }]) await send(wrong);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(await paper(), "rgb(255, 255, 255)");
      assert.equal(await frame.$eval("attention-playground", (element) => element.hasAttribute("onclick")), false);
      await send({ type: "attention-playground", version: 1, set: { theme: "dark" } });
      await frame.waitForFunction(() => getComputedStyle(document.querySelector("attention-playground")).backgroundColor === "rgb(23, 25, 29)");
      // A page that the address does not name is not heard.
      const stranger = await site({ "/": `<!doctype html><title>A stranger</title>${article.pages["/"].slice(article.pages["/"].indexOf("<iframe"))}` });
      await page.goto(stranger.address);
      const second = await page.waitForFrame((other) => other.url().includes("embed.html"));
      await second.waitForFunction(() => document.querySelector("attention-playground")?.lastRun);
      await send({ type: "attention-playground", version: 1, set: { theme: "dark" } });
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(await second.$eval("attention-playground", (element) => element.theme), "light");
    });

    for (const isShared of [true, false]) {
      test(`in a frame without an origin, from a host that ${isShared ? "shares its files" : "shares nothing"}`, async () => {
        await openFrame("program=self-attention", 'sandbox="allow-scripts"', { isShared });
        const run = await heard("run");
        assert.equal(run.origin, "null");
        assert.ok(run.steps > 0);
        assert.ok(parseFloat(await page.$eval("iframe", (frame) => frame.style.height)) >= 560);
        await picture(page, `${name}-sandboxed-${isShared}`);
      });
    }

    test("from a disk, as one file, with a model that writes", async () => {
      if (!existsSync(ONE_FILE)) assert.fail("dist/attention-playground.html is not there: `cargo xtask build` makes it");
      assert.ok(statSync(ONE_FILE).size <= MOST_BYTES, `${statSync(ONE_FILE).size} bytes`);
      page = await browser.newPage();
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(pathToFileURL(ONE_FILE).href);
      await page.waitForFunction(() => window.playground !== undefined);
      await page.evaluate(() => window.playground.whenIdle());
      const state = (key) => page.evaluate((key) => window.playground.state[key], key);
      assert.equal((await state("run")).ok, true);
      const [model] = await state("models");
      await page.evaluate((path) => (location.hash = `#models/generate.py?model=${path}&device=cpu`), model.path);
      await page.waitForFunction(() => window.playground.state.checkpoint !== null);
      await page.evaluate(() => window.playground.whenIdle());
      assert.equal(await state("error"), null);
      assert.match(await state("output"), /24 tokens/);
      assert.deepEqual(asked.filter((address) => !/^(file|blob|data):/.test(address)), []);
      await picture(page, `${name}-one-file`);
    });

    test("the one file on a host that calls every page UTF-8", async () => {
      const { address } = await site({});
      page = await browser.newPage();
      await page.goto(`${address}playground/attention-playground.html?charset=utf-8`);
      await page.waitForFunction(() => window.playground !== undefined);
      await page.evaluate(() => window.playground.whenIdle());
      assert.equal(await page.evaluate(() => document.characterSet), "UTF-8");
      assert.equal((await page.evaluate(() => window.playground.state.run)).ok, true);
    });

    test("as a package of npm, from its own files and from another host's", async () => {
      const folder = packed();
      const assets = await site({}, { isShared: true });
      const body = (base) => `<!doctype html><title>A page that was bundled</title><script type="importmap">{ "imports": { "attention-playground": "./folder/attention-playground.js" } }</script><script type="module">import { createEngine, setAssetBase } from "attention-playground";
        ${base ? `setAssetBase("${base}");` : ""}
        window.run = createEngine({ device: "cpu" }).then((engine) => engine.run("print(6 * 7)"));</script><attention-playground program="self-attention" device="cpu" lazy="no"></attention-playground>`;
      const { address } = await site({ "/": body(""), "/elsewhere": body(`${assets.address}playground/`) }, { folder });
      page = await browser.newPage();
      for (const path of ["", "elsewhere"]) {
        await page.goto(address + path);
        await page.waitForFunction(() => window.run !== undefined);
        assert.equal((await page.evaluate(() => window.run)).stdout, "42\n");
        assert.equal(await page.$eval("attention-playground", async (element) => (await element.run()).ok), true);
        assert.equal(assets.asked.includes("engine/worker.js"), path === "elsewhere");
      }
    });

    for (const example of ["article", "book", "frame"]) {
      test(`examples/${example}.html`, async () => {
        page = await browser.newPage();
        await page.setViewport({ width: 1200, height: 900 });
        await page.goto(new URL(`examples/${example}.html`, PLAYGROUND).href);
        const where = example === "frame" ? await page.waitForFrame((other) => other.url().includes("embed.html")) : page;
        await where.waitForSelector("attention-playground");
        const runs = await where.evaluate(async () => {
          await customElements.whenDefined("attention-playground");
          const runs = [];
          for (const element of document.querySelectorAll("attention-playground")) runs.push(await element.run());
          return runs.map((run) => run.error ?? run.ok);
        });
        assert.ok(runs.length > 0 && runs.every((ok) => ok === true), JSON.stringify(runs));
        await picture(page, `${name}-example-${example}`);
      });
    }
  });
}

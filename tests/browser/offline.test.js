/**
 * The page without a network: kept after one visit, replaced by a new version when the reader says so, and taken away.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NAMES, byId, launch, picture, reader } from "./browsers.js";
import { SITE, onSite as openOnSite } from "./own-site.js";

const dist = (path) => readFileSync(join(SITE, path), "utf8");
const [, VERSION] = /name="version" content="(\w+)"/.exec(dist("index.html"));
/** The files of another version, whose only change is that it is another. */
const another = (version) => Object.fromEntries(["index.html", "service-worker.js"].map((path) => [path, dist(path).replaceAll(VERSION, version)]));

for (const name of NAMES) {
  describe(`without a network in ${name}`, () => {
    let browser;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    const onSite = (ways, action) => openOnSite(browser, ways, action);
    const stateIs = (page, state) => page.waitForSelector(`${byId("offline")}[data-state="${state}"]`, { timeout: 60_000 });
    const press = (page, id) => page.$eval(byId(id), (button) => button.click());
    const told = (page, id) => page.$eval(byId(id), (element) => element.textContent);
    const cacheNames = (page) => page.evaluate(async () => (await window.caches.keys()).sort());
    /** The states of what installs, waits and answers, and what is kept. */
    const workers = (page) =>
      page.evaluate(async () => {
        const { installing, waiting, active } = await navigator.serviceWorker.getRegistration();
        return [installing, waiting, active].map((worker) => worker?.state ?? null).concat(await caches.keys(), document.querySelector("[data-testid=offline]").dataset.state);
      });
    const version = (page) => page.evaluate(() => document.querySelector("meta[name=version]").content);

    test("after one visit the page works, with the models that were opened, or all of them", { timeout: 180_000 }, async () => {
      let isGone = false;
      let weights = 0;
      let goOn = () => {};
      const stopped = new Promise((resolve) => (goOn = resolve));
      // Some models come, and the rest once the reader has pressed Stop.
      const until = (path) => (path.endsWith(".safetensors") && (weights += 1) > 4 ? stopped : undefined);
      await onSite({ folder: "/articles/attention and more/", lost: () => isGone, until }, async (open) => {
        let page = await open();
        await stateIs(page, "kept");
        const models = Number(/ of 0 of (\d+) models\. It takes \d\.\d MB\./.exec(await told(page, "offline-text"))[1]);
        const manifest = await page.evaluate(async () => (await fetch(document.querySelector("link[rel=manifest]").href)).json());
        assert.deepEqual([manifest.start_url, manifest.scope], ["./", "./"]);
        for (const { src, sizes } of manifest.icons) {
          const width = await page.evaluate((src) => new Promise((resolve) => Object.assign(new Image(), { src, onload: ({ target }) => resolve(target.naturalWidth), onerror: () => resolve(0) })), src);
          assert.ok(sizes === "any" ? width > 0 : sizes === `${width}x${width}`, `${src} is ${width} pixels wide`);
        }

        // All of it is wanted, then not, then again.
        await press(page, "offline-all");
        await page.waitForFunction((bar) => document.querySelector(bar)?.value > 0, {}, `${byId("offline-progress")} progress`);
        // One more than come at a time is asked for when one has come.
        while (weights <= 4) await new Promise((resolve) => setTimeout(resolve, 20));
        await page.$eval(`${byId("offline-progress")} button`, (button) => button.click());
        goOn();
        await page.waitForSelector(`${byId("offline-all")}:not([hidden])`);
        assert.doesNotMatch(await told(page, "offline-text"), / of 0 of /);
        await press(page, "offline-all");
        await page.waitForFunction((text, models) => document.querySelector(text).textContent.includes(`of ${models} of ${models} models`), {}, byId("offline-text"), models);
        await page.$eval(byId("help"), (button) => button.click());
        await page.$eval(byId("offline"), (section) => section.scrollIntoView());
        await picture(page, `${name}-offline`);
        await page.close();

        isGone = true;
        page = await open("#identities/full-window-is-causal.py?device=cpu");
        const see = reader(page);
        assert.equal(await see.state("error"), null);
        assert.ok((await see.drawn(`${byId("tensor")} canvas`)) > 0, "no tensor is drawn");
        await stateIs(page, "kept");
        for (const [fragment, id] of [["#catalogue", `${byId("card")} canvas`], ["#costs", `${byId("costs-table")} td`], ["#models/generate.py?model=qwen3-shakespeare&device=cpu", `${byId("layers-table")} canvas`]]) {
          await page.evaluate((fragment) => (location.hash = fragment), fragment);
          await page.waitForSelector(id, { timeout: 60_000 });
        }
        await see.idle();
        assert.match(await see.text("output"), /tokens a second/);
      });
    });

    test("a new version is opened at once, and an open page says so, waits, and loses nothing that was typed", async () => {
      const ways = { changed: {} };
      await onSite(ways, async (open) => {
        const old = await open();
        await stateIs(old, "kept");
        assert.equal(await version(old), VERSION);
        await old.keyboard.press("e");
        await old.keyboard.type("print('typed')\n");
        await reader(old).idle();

        ways.changed = another("0123456789abcdef");
        const fresh = await open();
        assert.equal(await version(fresh), "0123456789abcdef");
        await old.bringToFront();
        await old.waitForSelector(`${byId("outdated")}:not([hidden])`);
        assert.equal(await fresh.$(`${byId("outdated")}:not([hidden])`), null, "a page of the new version says that there is one");
        // As long as it is open, Chromium at times does not look for another worker, though it is asked to.
        await fresh.close();
        assert.equal(await version(old), VERSION, "the page was loaded again before its reader said so");
        await picture(old, `${name}-outdated`);
        await Promise.all([old.waitForNavigation(), press(old, "reload")]);
        await old.waitForFunction(() => window.playground !== undefined);
        await reader(old).idle();
        assert.equal(await version(old), "0123456789abcdef");
        assert.match(await reader(old).state("code"), /^print\('typed'\)$/m);
        assert.match(await reader(old).text("output"), /^typed$/m);
        const end = Date.now() + 60_000;
        while ((await cacheNames(old)).map((cache) => cache.split(" ").at(-1)).join() !== "0123456789abcdef") {
          assert.ok(Date.now() < end, `the new version was not kept, or not alone: ${await workers(old)}`);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
    });

    test("an open page says that the host has another version, even one that cannot be kept", async () => {
      const ways = { changed: {} };
      await onSite(ways, async (open) => {
        const old = await open();
        await stateIs(old, "kept");
        // Its worker does not come.
        ways.changed = { "index.html": another("0123456789abcdef")["index.html"] };
        const fresh = await open();
        assert.equal(await version(fresh), "0123456789abcdef");
        await old.bringToFront();
        await old.waitForSelector(`${byId("outdated")}:not([hidden])`);
        await Promise.all([old.waitForNavigation(), press(old, "reload")]);
        await old.waitForFunction(() => window.playground !== undefined);
        await reader(old).idle();
        assert.equal(await version(old), "0123456789abcdef");
      });
    });

    test("a reader takes it away, and a host takes it away from all", async () => {
      const ways = { changed: {} };
      await onSite(ways, async (open) => {
        const page = await open();
        await stateIs(page, "kept");
        await page.evaluate(() => caches.open("another page's"));
        await press(page, "offline-remove");
        await stateIs(page, "off");
        const left = () => page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, ...(await caches.keys())]);
        assert.deepEqual(await left(), [0, "another page's"]);
        await page.reload();
        await stateIs(page, "off");
        assert.deepEqual(await left(), [0, "another page's"]);
        await press(page, "offline-keep");
        await stateIs(page, "kept");

        ways.changed = { "service-worker.js": dist("later/no-service-worker.js") };
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
        await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistrations()).length === 0 && (await caches.keys()).length === 1);
        assert.equal(await reader(page).state("error"), null);
      });
    });

    test("where nothing may be stored the page works, and says so where one looks", async () => {
      await onSite({ types: { "service-worker.js": "text/plain" } }, async (open) => {
        const page = await open();
        await stateIs(page, "impossible");
        await page.close();
        const refusing = await open(undefined, () => {
          const refuse = { get: () => { throw new DOMException("The operation is insecure.", "SecurityError"); } };
          for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) Object.defineProperty(window, name, refuse);
          Object.defineProperty(Navigator.prototype, "serviceWorker", refuse);
        });
        await stateIs(refusing, "impossible");
        const see = reader(refusing);
        assert.equal(await see.state("error"), null);
        assert.ok((await see.drawn(`${byId("tensor")} canvas`)) > 0, "no tensor is drawn");
        assert.match(await told(refusing, "offline-text"), /needs the network each time/);
        assert.doesNotMatch(await see.state("notice"), /stor|secur/i);
      });
    });
  });
}

/** The page in another language than English, and at any width, where German has the longer words. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { texts as later } from "../../www/src/texts-later.js";
import { texts as first } from "../../www/src/texts.js";
import { texts as german } from "../../www/src/texts.de.js";
import { NAMES, PLAYGROUND, VIEWS, byId, launch, openPlayground, reader } from "./browsers.js";

/** What WCAG 1.4.12 says that a reader may set. */
const SPACING = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }";

/** Texts of the catalogue that German says otherwise; a single small word may be the name of a program's variable. */
const english = new Set(Object.entries({ ...first, ...later }).flatMap(([section, texts]) => Object.entries(texts).flatMap(([name, text]) => (typeof text === "string" && /\p{L}{3}/u.test(text) && !/^\p{Ll}+$/u.test(text.trim()) && german[section][name] !== text ? [text.trim()] : []))));

for (const name of NAMES) {
  describe(`languages in ${name}`, () => {
    let browser;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    test("English loads no other language; a button opens the page in German as it was, which the browser remembers", async () => {
      const page = await browser.newPage();
      const requests = [];
      page.on("request", (request) => requests.push(request.url()));
      await page.goto(`${PLAYGROUND}#attention/causal-attention.py?device=cpu&step=4`);
      await page.waitForFunction(() => window.playground !== undefined);
      await page.evaluate(() => window.playground.ready);
      assert.equal(await page.$eval("html", ({ lang }) => lang), "en");
      assert.deepEqual(requests.filter((url) => /texts\.\w\w/.test(url)), []);
      await Promise.all([page.waitForNavigation(), page.click(byId("in-de"))]);
      await page.waitForFunction(() => window.playground !== undefined);
      await page.evaluate(() => window.playground.whenIdle());
      assert.equal(await page.$eval("html", ({ lang }) => lang), "de");
      const see = reader(page);
      assert.equal(await see.text("to-catalogue"), "Katalog");
      assert.match(await see.text("where"), /^Schritt 5 von \d+ · Zeile \d+/);
      assert.equal(await page.$eval(byId("code"), (element) => element.closest("[lang]").lang), "en");
      // Another visit, without a word of it in the address.
      await page.goto(`${PLAYGROUND}#catalogue`);
      await page.reload();
      await page.waitForFunction(() => window.playground !== undefined);
      await page.evaluate(() => window.playground.ready);
      assert.equal(await page.$eval("html", ({ lang }) => lang), "de");
      await page.evaluate(() => localStorage.clear());
      await page.close();
    });

    test("in German and at any width: no English is left of the page's own, and nothing is beside the page", async () => {
      const page = await openPlayground(browser, "?lang=de");
      await page.evaluate(() => window.playground.ready);
      const complaints = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      const problems = [];
      for (const [view, fragment] of Object.entries(VIEWS)) {
        await page.setViewport({ width: 800, height: 900 });
        await page.evaluate((fragment) => (location.hash = fragment), fragment);
        await page.waitForFunction((fragment) => decodeURIComponent(location.hash).startsWith(fragment.split(/[?&]/)[0]), {}, fragment);
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
        await page.evaluate(() => window.playground.whenIdle());
        for (const width of [800, 320]) {
          if (width !== 800) await page.setViewport({ width, height: 900 });
          await page.evaluate(() => window.playground.whenIdle());
          problems.push(...(await page.evaluate(overflowing)).map((what) => `${view}, ${width} wide: ${what}`));
        }
        // 320 wide is 400 % of 1280; here with a reader's own spacing as well.
        await page.evaluate((css) => document.head.append(Object.assign(document.createElement("style"), { id: "spacing", textContent: css })), SPACING);
        problems.push(...(await page.evaluate(overflowing)).map((what) => `${view}, with wider spacing: ${what}`));
        await page.evaluate(() => document.getElementById("spacing").remove());
        const left = (await page.evaluate(saidOnPage)).filter((text) => english.has(text));
        problems.push(...[...new Set(left)].map((text) => `${view} says "${text}"`));
      }
      assert.deepEqual(problems, []);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  });
}

/** What the page scrolls sideways for, and controls that stand outside of what holds them. In the page. */
function overflowing() {
  const wide = document.documentElement.scrollWidth > innerWidth ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
  const scrolls = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth) return true;
    return false;
  };
  const cut = [...document.querySelectorAll("button, input, select, a, summary")].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    // Labels of a drawing stand where its points are, and are no wider for it; a table has them as text.
    if (width === 0 || element.closest(".off-screen, .cm-editor, svg")) return false;
    // Its own cell of a grid, too, is what holds it.
    const cell = element.closest(".control")?.getBoundingClientRect();
    return (left < -1 || right > innerWidth + 1 || (cell && right > cell.right + 1)) && !scrolls(element);
  });
  return [...wide, ...cut.map((element) => `${element.localName} "${element.id || element.textContent || element.title}" is cut off`)];
}

/** The texts on the page and the names of its parts, without what is marked as English. In the page. */
function saidOnPage() {
  const all = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node instanceof Element ? node : node.parentElement;
    if (element.closest('[lang="en"]') || element.closest("script, style")) continue;
    if (node instanceof Element) all.push(...["title", "aria-label", "placeholder", "aria-valuetext"].flatMap((name) => node.getAttribute(name) ?? []));
    else all.push(node.data);
  }
  return all.map((text) => text.trim()).filter(Boolean);
}

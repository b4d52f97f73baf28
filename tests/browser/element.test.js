/**
 * `<attention-playground>` in articles of others. Pictures of it are kept under tests/output.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { NAMES, ROOT, launch, picture } from "./browsers.js";
import { host } from "./other-sites.js";

const PROGRAM = `import torch
torch.manual_seed(1)
x = torch.randn(3, 4)
scores = x @ x.T
weights = torch.softmax(scores, dim=-1)
print("done")
`;
const ARTICLE = (body, head = "") => `<!doctype html><meta charset="utf-8"><title>An article</title><style>button { background: gold } main { border: 9px solid red }</style>${head}<body>${body}</body>`;
const MODULE = (address) => `<script type="module" src="${address}playground/attention-playground.js"></script>`;
const FILLER = `<div style="height: 4000px">The article.</div>`;

for (const name of NAMES) {
  describe(`the element in ${name}`, () => {
    let browser, page, library;
    const sites = [];

    before(async () => {
      browser = await launch(name);
      library = await host({ "/shared.py": PROGRAM }, { isShared: true });
      sites.push(library);
    });
    after(async () => {
      sites.forEach((site) => site.close());
      await browser?.close();
    });
    afterEach(() => page?.close());

    /** Opens an article of another origin, which loads the module from the library. @param {string} body @param {{ head?: string, prepare?: () => void }} [options] */
    async function open(body, { head = MODULE(library.address), prepare } = {}) {
      const site = await host({ "/": ARTICLE(body, head), "/own.py": PROGRAM.replace("(3, 4)", "(5, 6)") });
      sites.push(site);
      page = await browser.newPage();
      await page.setViewport({ width: 1200, height: 900 });
      await page.evaluateOnNewDocument(() => {
        window.workers = 0;
        window.Worker = class extends Worker {
          constructor(...words) {
            super(...words);
            window.workers += 1;
          }
        };
      });
      if (prepare) await page.evaluateOnNewDocument(prepare);
      await page.goto(site.address);
      return site;
    }

    /** Runs a function in the page with an element, which has run. */
    const inElement = (id, action) =>
      page.evaluate(`(async () => {
        const element = document.getElementById("${id}");
        await customElements.whenDefined("attention-playground");
        return await (${action})(element, element.shadowRoot);
      })()`);
    const ran = (id) => inElement(id, (element) => element.whenIdle());

    test("shows its code at once, and loads what runs it when it comes near the view", async () => {
      const before = library.asked.length;
      await open(`${FILLER}<attention-playground id="a" program="causal-attention"></attention-playground>`);
      await page.waitForFunction(() => document.getElementById("a").shadowRoot?.querySelector(".plain-line"));
      await new Promise((resolve) => setTimeout(resolve, 500));
      const early = library.asked.slice(before);
      assert.ok(early.includes("programs/attention/causal-attention.py"), early.join());
      assert.deepEqual(early.filter((path) => /element-live|code-mirror|\.wasm$|worker/.test(path)), []);
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await ran("a");
      assert.equal(await inElement("a", (element) => element.lastRun.ok), true);
      assert.ok(await inElement("a", (_, root) => root.querySelectorAll('[data-testid="tensor"][data-state="drawn"]').length > 0));
      assert.equal(await inElement("a", () => document.activeElement === document.body), true, "it took the focus");
      const late = library.asked.slice(before);
      assert.deepEqual(late.filter((path) => path.includes("code-mirror")), [], "an editor was loaded for nobody");
      await picture(page, `${name}-element`);
    });

    test("two on a page share one engine, and each keeps its numbers", async () => {
      await open(`<attention-playground id="a" device="cpu"><pre>${PROGRAM}</pre></attention-playground><attention-playground id="b" device="cpu" lazy="no"><script type="text/python">\n  ${PROGRAM.replace("(1)", "(2)").replaceAll("\n", "\n  ")}</script></attention-playground>`);
      await ran("a");
      await ran("b");
      const printed = await Promise.all(["a", "b"].map((id) => inElement(id, (element) => element.lastRun.stdout)));
      assert.deepEqual(printed, ["done\n", "done\n"]);
      /** Where the first number of scores comes from, as it is told, and the number itself. */
      const origin = (id) =>
        inElement(id, async (element, root) => {
          const cell = root.querySelector('[data-name="scores"] .cell');
          cell.focus();
          const end = Date.now() + 20_000;
          let told = "";
          while (!told && Date.now() < end) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            told = root.querySelector(".arithmetic")?.textContent ?? "";
          }
          const value = root.querySelector(".provenance output").textContent;
          const sources = root.querySelectorAll(".source-tensor").length;
          cell.blur();
          return { told, value, sources };
        });
      const [a, b, again] = [await origin("a"), await origin("b"), await origin("a")];
      assert.notEqual(a.value, b.value);
      assert.deepEqual(again, a, "what was told of the first changed when the second was asked");
      for (const { told, sources } of [a, b]) assert.ok(/x|·|×/.test(told) && sources > 0, told);
      assert.equal(await page.evaluate(() => window.workers), 1);
    });

    test("its attributes, properties and events say the same", async () => {
      await open(`<attention-playground id="a" device="cpu" view="tensors" line="4"><pre>${PROGRAM}</pre></attention-playground>`);
      await ran("a");
      const seen = await inElement("a", async (element, root) => {
        const events = [];
        for (const type of ["run", "step", "error", "edit"]) element.addEventListener(type, ({ detail }) => events.push([type, detail.line ?? detail.device ?? detail.type]));
        const first = element.line;
        element.line = 5;
        const [line, attribute] = [element.line, element.getAttribute("line")];
        element.code = "import torch\ny = torch.ones(2)\nraise ValueError('no')\n";
        await element.whenIdle();
        const failed = element.shadowRoot.querySelector('[data-testid="error"]').textContent;
        element.setAttribute("program", "self-attention");
        element.removeAttribute("code");
        element.height = 300;
        await new Promise((resolve) => element.addEventListener("run", resolve, { once: true }));
        await element.whenIdle();
        return { first, line, attribute, failed, events, height: element.clientHeight, isProgram: element.code.includes("# %%"), device: element.device, dataset: root.querySelector("main").dataset.view };
      });
      assert.deepEqual([seen.first, seen.line, seen.attribute], [4, 5, "5"]);
      assert.ok(seen.failed.includes("ValueError in line 3: no"), seen.failed);
      assert.ok(seen.events.some(([type, detail]) => type === "error" && detail === 3), JSON.stringify(seen.events));
      assert.ok(seen.events.some(([type, detail]) => type === "run" && detail === "cpu"));
      assert.deepEqual([seen.height, seen.isProgram, seen.device, seen.dataset], [300, true, "cpu", "tensors"]);
      assert.deepEqual(seen.events.filter(([type]) => type === "edit"), [], "what the article's script set is no edit of the reader's");
    });

    test("takes neither wheel nor keys before it has the focus, nor the article's style", async () => {
      await open(`<attention-playground id="a" device="cpu" program="causal-attention"></attention-playground>${FILLER}`);
      await ran("a");
      const style = await inElement("a", (_, root) => [getComputedStyle(root.querySelector("main")).borderTopWidth, getComputedStyle(root.querySelector("[data-testid=run]")).backgroundColor]);
      assert.equal(style[0], "0px");
      assert.notEqual(style[1], "rgb(255, 215, 0)");
      const place = () => inElement("a", (element, root) => ({ article: scrollY, trace: root.querySelector(".trace").scrollTop, line: element.line }));
      const box = await inElement("a", (_, root) => root.querySelector(".trace").getBoundingClientRect().toJSON());
      // It still glides to its line when it has been drawn.
      await inElement("a", async (_, root) => {
        const trace = root.querySelector(".trace");
        for (let top = -1; top !== trace.scrollTop; ) {
          top = trace.scrollTop;
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      });
      const before = await place();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.wheel({ deltaY: 120 });
      await page.waitForFunction(() => scrollY > 0);
      await page.keyboard.press("n");
      const after = await place();
      assert.deepEqual([after.trace, after.line], [before.trace, before.line]);
      await page.evaluate(() => scrollTo(0, 0));
      await page.waitForFunction(() => scrollY === 0);
      // Given the focus by a press, it scrolls by itself and steps.
      await page.mouse.click(box.x + box.width - 30, box.y + box.height - 4);
      await page.mouse.wheel({ deltaY: 120 });
      await page.waitForFunction((top) => document.getElementById("a").shadowRoot.querySelector(".trace").scrollTop > top, {}, before.trace);
      await page.keyboard.press("n");
      assert.ok((await place()).line > 0 && (await place()).line !== before.line);
      assert.equal((await place()).article, 0);
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
      // From a number, too: the first Escape lets go of it, the second leaves.
      await inElement("a", (_, root) => root.querySelector(".cell[tabindex='0']").focus());
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(() => document.activeElement.id), "a");
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
    });

    test("waits for the reader where the author says so, and keeps the focus when it begins", async () => {
      await open(`<attention-playground id="a" device="cpu" lazy="click"><pre>${PROGRAM}</pre></attention-playground><attention-playground id="listed" lazy="click" theme="dark" program="full-window-is-causal"></attention-playground><attention-playground id="unknown" lazy="click" program="none"></attention-playground>`);
      await page.waitForFunction(() => ["a", "listed", "unknown"].every((id) => document.getElementById(id).shadowRoot?.querySelector("[data-testid=start], .fatal:not([hidden])")));
      // Colours, and a picture of the first tensors, before anything that runs is loaded.
      assert.deepEqual(await inElement("a", (_, root) => [root.querySelector(".tok-keyword").textContent, root.querySelector("[data-testid=still]")]), ["import", null]);
      await page.waitForFunction(() => document.getElementById("listed").shadowRoot.querySelector("[data-testid=still]")?.naturalWidth > 300);
      assert.match(await inElement("listed", (_, root) => root.querySelector("[data-testid=still]").currentSrc), /\/later\/stills\/identities\/full-window-is-causal-dark\.svg$/);
      assert.equal(await inElement("unknown", (_, root) => root.querySelector("[data-testid=still]")), null);
      await picture(page, `${name}-stills`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.equal(await page.evaluate(() => window.workers), 0);
      await inElement("a", (_, root) => root.querySelector("[data-testid=start]").focus());
      await page.keyboard.press("Enter");
      await ran("a");
      assert.equal(await inElement("a", (element) => element.lastRun.ok && document.activeElement === element), true);
      await page.keyboard.press("n");
      assert.equal(await inElement("a", (element) => element.line), 4);
    });

    test("reads a program of its own site and of one that shares it, and says what it cannot read", async () => {
      const site = await open(`<attention-playground id="own" device="cpu" src="own.py" readonly></attention-playground><attention-playground id="shared" device="cpu" src="${library.address}shared.py"></attention-playground><attention-playground id="none" src="none.py"></attention-playground><attention-playground id="unknown" program="no-such-thing"></attention-playground><attention-playground id="empty"></attention-playground>`);
      await ran("own");
      await ran("shared");
      assert.equal(await inElement("own", (element) => element.code.includes("(5, 6)") && element.lastRun.ok), true);
      assert.equal(await inElement("shared", (element) => element.code.includes("(3, 4)") && element.lastRun.ok), true);
      const told = async (id) => (await ran(id), await inElement(id, (_, root) => root.querySelector(".fatal").textContent));
      assert.equal(await told("none"), `${site.address}none.py could not be loaded (404).`);
      assert.equal(await told("unknown"), `No program of the playground is called "no-such-thing".`);
      assert.match(await told("empty"), /^There is no program here/);
      // Code that is only read has no editor, even under a press.
      await inElement("own", (_, root) => root.querySelector(".plain-code").dispatchEvent(new Event("pointerdown")));
      assert.equal(await inElement("own", (_, root) => root.querySelector(".cm-editor")), null);
    });

    test("is edited, and its controls turn the code", async () => {
      await open(`<attention-playground id="a" device="cpu"><pre>import torch\nwidth = 4  #@param {type:"slider", min:1, max:8}\nx = torch.ones(width)\nprint(x.sum())\n</pre></attention-playground>`);
      await ran("a");
      const edits = await inElement("a", async (element, root) => {
        const edits = [];
        element.addEventListener("edit", ({ detail }) => edits.push(detail.code));
        const slider = root.querySelector("input[type=range][id='control-width']");
        slider.value = "7";
        slider.dispatchEvent(new Event("input"));
        await element.whenIdle();
        return [edits.length, element.lastRun.stdout, element.code.includes("width = 7")];
      });
      assert.deepEqual(edits, [1, "tensor(7.)\n", true]);
      await inElement("a", (_, root) => root.querySelector(".plain-code").focus());
      await page.waitForFunction(() => document.getElementById("a").shadowRoot.querySelector(".cm-editor.cm-focused"));
      await page.keyboard.down("Control");
      await page.keyboard.press("End");
      await page.keyboard.up("Control");
      await page.keyboard.type("print(width)");
      await page.waitForFunction(() => document.getElementById("a").lastRun.stdout.endsWith("7\n"));
    });

    test("has the theme that the author says, and colours of the article's", async () => {
      await open(`<style>#b { --accent: rgb(1, 2, 3) }</style><attention-playground id="a" theme="dark" device="cpu" lazy="no"><pre>${PROGRAM}</pre></attention-playground><attention-playground id="b" theme="light" device="cpu" lazy="no"><pre>${PROGRAM}</pre></attention-playground>`);
      await ran("a");
      await ran("b");
      const paper = (id) => inElement(id, (element, root) => [getComputedStyle(element).backgroundColor, getComputedStyle(root.querySelector("[data-testid=run]")).backgroundColor]);
      assert.equal((await paper("a"))[0], "rgb(23, 25, 29)");
      assert.deepEqual(await paper("b"), ["rgb(255, 255, 255)", "rgb(1, 2, 3)"]);
      await picture(page, `${name}-element-themes`);
      await inElement("a", (element) => (element.theme = "light"));
      assert.equal((await paper("a"))[0], "rgb(255, 255, 255)");
    });

    test("leaves its code to be read where there is no script, and where there is no WebAssembly", async () => {
      const body = `<attention-playground id="a" lazy="no"><pre>${PROGRAM}</pre></attention-playground>`;
      await open(body, { head: `<meta http-equiv="Content-Security-Policy" content="script-src 'none'">${MODULE(library.address)}` });
      assert.ok(await page.$eval("pre", (pre) => pre.checkVisibility() && pre.textContent.includes("softmax")));
      await page.close();
      await open(body, { prepare: () => delete globalThis.WebAssembly });
      await ran("a");
      assert.match(await inElement("a", (_, root) => root.querySelector(".fatal").textContent), /^This browser has WebAssembly switched off/);
      assert.ok(await inElement("a", (_, root) => root.querySelector(".plain-code").textContent.includes("softmax")));
    });

    test("keeps to the policy that docs/embedding.md names", async () => {
      const [, policy] = /^(script-src https:.*)$/m.exec(readFileSync(join(ROOT, "docs/embedding.md"), "utf8"));
      const head = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${policy.replaceAll("https://your.site", new URL(library.address).origin)}">${MODULE(library.address)}`;
      await open(`<attention-playground id="a" program="causal-attention" view="keys" lazy="no"></attention-playground>`, {
        head,
        prepare: () => {
          window.violations = [];
          document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => window.violations.push(`${violatedDirective} ${blockedURI}`));
        },
      });
      await ran("a");
      await inElement("a", (_, root) => root.querySelector(".plain-code").focus());
      await page.waitForFunction(() => document.getElementById("a").shadowRoot.querySelector(".cm-editor.cm-focused"));
      // The frame of the favicon is the browser's own.
      assert.deepEqual(await page.evaluate(() => window.violations.filter((violation) => !violation.includes("favicon"))), []);
      assert.equal(await inElement("a", (element) => element.lastRun.ok), true);
    });

    test("twelve on a page run in one worker, and each has all its tensors", async () => {
      const code = (seed) => PROGRAM.replace("(1)", `(${seed})`);
      await open(Array.from({ length: 12 }, (_, index) => `<attention-playground id="e${index}" device="cpu" lazy="no" controls="none" height="200"><pre>${code(index)}</pre></attention-playground>`).join(""));
      const sums = [];
      for (let index = 0; index < 12; index += 1) {
        await ran(`e${index}`);
        sums.push(await inElement(`e${index}`, (element, root) => [...root.querySelectorAll('[data-name="x"] [role=gridcell]')].map((cell) => cell.getAttribute("aria-label")).join()));
      }
      assert.equal(new Set(sums).size, 12, sums.join("\n"));
      assert.ok(sums.every((label) => /^x\[0, 0\].* = -?\d/.test(label)), sums.join("\n"));
      assert.equal(await page.evaluate(() => window.workers), 1);
    });

    test("gives back its worker when the last is taken out of the page, and keeps what the reader wrote", async () => {
      await open(`<attention-playground id="a" device="cpu" lazy="no"><pre>${PROGRAM}</pre></attention-playground>`);
      await ran("a");
      await inElement("a", async (element) => {
        element.code = "import torch\nx = torch.ones(3)\n";
        await element.whenIdle();
        window.kept = element;
        element.remove();
      });
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      const [workers, code] = await page.evaluate(async () => {
        document.body.append(window.kept);
        await window.kept.whenIdle();
        return [window.workers, window.kept.lastRun.code];
      });
      assert.deepEqual([workers, code], [2, "import torch\nx = torch.ones(3)\n"]);
    });
  });
}


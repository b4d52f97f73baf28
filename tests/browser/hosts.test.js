/**
 * The built site on hosts as they are: under another folder, with the strictest policy that it can live with, with wrong
 * types of files. On each a reader goes through all pages, and nothing is asked of any other host.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMES, byId, launch, reader } from "./browsers.js";
import { serve } from "./own-site.js";

/**
 * What docs/embedding.md tells hosts that send a policy to send. The editor brings its own style sheets, and colours are
 * computed: these are styles written in the page. Everything else is forbidden that is not of this host.
 */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Reports every text that would become HTML or a script; the addresses of the page's own workers are all that there is. */
const NO_HTML = "require-trusted-types-for 'script'";

/** A host's ways; those that have nothing to do with each other go together. @type {Record<string, import("./own-site.js").Ways>} */
const HOSTS = {
  "with a strict policy, under a folder whose address is given without its slash": { folder: "/articles/attention and more/", headers: { "Content-Security-Policy": POLICY, "Content-Security-Policy-Report-Only": NO_HTML, "X-Content-Type-Options": "nosniff" } },
  "where pages are isolated, that calls every file it does not know text": {
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    types: { ".wasm": "text/plain", ".py": "text/plain", ".json": "text/plain", ".safetensors": "text/plain" },
  },
};

for (const name of NAMES) {
  describe(`hosts in ${name}`, () => {
    let browser;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());

    for (const [host, options] of Object.entries(HOSTS)) {
      test(host, async () => {
        const server = await serve(options);
        const page = await browser.newPage();
        const [asked, complaints] = [[], []];
        page.on("request", (request) => asked.push(request.url()));
        page.on("pageerror", (error) => complaints.push(error.message));
        await page.evaluateOnNewDocument(() => {
          window.violations = [];
          document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => window.violations.push(`${violatedDirective} ${blockedURI} ${sample}`));
        });
        try {
          await tour(page, server.address);
          const violations = await page.evaluate(() => window.violations);
          const isWorker = (violation) => /^require-trusted-types-for trusted-types-sink (Worker constructor|ServiceWorkerContainer register)\|/.test(violation);
          assert.deepEqual(violations.filter((violation) => !isWorker(violation)), [], "the policy forbids what the page does");
          // Firefox complains of what is reported as well.
          assert.deepEqual(complaints.filter((complaint) => !complaint.startsWith("Content-Security-Policy: (Report-Only policy)")), [], "the page threw");
          const elsewhere = asked.filter((url) => !url.startsWith(server.address.slice(0, -1)) && !/^(data|blob):/.test(url));
          assert.deepEqual(elsewhere, [], "something was asked of another host");
          assert.ok(asked.some((url) => url.endsWith("/held-out.json") || url.includes("/models/")), "no model was asked for");
        } finally {
          await page.close();
          await server.close();
        }
      });
    }
  });
}

/** Through every page, and one model that writes. */
async function tour(page, address) {
  const see = reader(page);
  const go = async (fragment) => {
    await page.evaluate((fragment) => (location.hash = fragment), fragment);
    await page.evaluate(() => window.playground.whenIdle());
  };
  await page.setViewport({ width: 1400, height: 900 });
  await page.goto(`${address.replace(/\/$/, "")}#attention/causal-attention.py?device=cpu`);
  await page.waitForFunction(() => window.playground !== undefined);
  await see.idle();
  assert.equal(await see.state("error"), null);
  assert.ok((await see.drawn(`${byId("tensor")} canvas`)) > 0, "no tensor is drawn");
  await page.waitForSelector(".cm-content");
  for (const [fragment, id] of [["#catalogue", "card"], ["#compare?a=attention/multi-head-attention.py&b=attention/grouped-query-attention.py", "verdict"], ["#costs", "costs-table"], ["#trade", "trade-answers"]]) {
    await go(fragment);
    await page.waitForSelector(byId(id), { timeout: 60_000 });
  }
  await go("#models/generate.py?model=qwen3-shakespeare&device=cpu");
  await page.waitForSelector(`${byId("layers-table")} canvas`, { timeout: 60_000 });
  await see.idle();
  assert.match(await see.text("output"), /tokens a second/);
}

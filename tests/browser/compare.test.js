/**
 * Two programs side by side: what agrees, where they part, what proves that they are one, and the link to it.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { NAMES, byId, launch, openPlayground, picture, reader } from "./browsers.js";

const PAIR = "a=attention/grouped-query-attention.py&b=attention/multi-head-attention.py";

for (const name of NAMES) {
  describe(`the comparison in ${name}`, () => {
    let browser, page, see, complaints;

    before(async () => {
      browser = await launch(name);
    });
    after(() => browser?.close());
    afterEach(async () => {
      await page?.close();
      assert.deepEqual(complaints, [], "the page threw");
    });

    async function open(fragment, viewport) {
      complaints = [];
      page = await openPlayground(browser, fragment, viewport);
      page.on("pageerror", (error) => complaints.push(error.message));
      see = reader(page);
    }

    const rows = () => page.$$eval(byId("compare-row"), (all) => all.map((row) => [row.dataset.name, row.className.replace(/compare-row\s*/, "")]));

    test("grouped-query and multi-head attention are proven one, and measured", async () => {
      await open(`#compare?${PAIR}&num_kv_heads=4`);
      assert.match(await see.text("proofs"), /^provenGrouped-query attention with as many groups as heads is multi-head attention(equal to the last bit|largest difference [\d.]+e−\d+), measured just now$/);
      const found = await rows();
      for (const tensor of ["x", "W_query", "W_key", "W_value", "q", "k", "v", "weights", "out"]) assert.ok(found.some(([row, kind]) => row === tensor && kind === "equal"), `${tensor} is not equal: ${JSON.stringify(found)}`);
      assert.match(await see.text("compare-costs"), /cache bytes2,0482·T·G·D·42,0482·T·H·D·4/);
      await picture(page, `${name}-compare`);
    });

    test("with two groups they part at the keys' weights, and a shared control turns both", async () => {
      await open(`#compare?${PAIR}`);
      assert.match(await see.text("verdict"), /They first part at W_key: \[16, 8\] against \[16, 16\]\./);
      assert.match(await see.text("compare-costs"), /cache bytes1,024.*2,048/);
      assert.deepEqual((await rows()).filter(([, kind]) => kind.includes("parting")), [["W_key", "differs parting"]]);
      await see.turn("#compare-model_width", 32);
      await see.idle();
      assert.match(await see.text("verdict"), /\[32, 16\] against \[32, 32\]/);
      await see.address("model_width=32");
      const hash = await see.hash();
      const verdict = await see.text("verdict");
      const costs = await see.text("compare-costs");
      await page.close();
      await open(hash);
      assert.equal(await see.text("verdict"), verdict);
      assert.equal(await see.text("compare-costs"), costs);
    });

    test("a difference is drawn, and a pointed cell is told from both", async () => {
      await open("#compare?a=attention/sliding-window-attention.py&b=attention/multi-head-attention.py");
      assert.match(await see.text("verdict"), /They first part at visible: \[16, 16\] differ in \d+ of 256 cells/);
      const figures = await page.$$eval(`${byId("compare-row")}.parting ${byId("tensor")}`, (all) => all.map(({ dataset }) => [dataset.name, dataset.state]));
      assert.deepEqual(figures, [["visible", "drawn"], ["visible", "drawn"], ["difference", "drawn"]]);
      await page.focus(`${byId("compare-row")}.parting [role="gridcell"]`);
      await page.keyboard.press("End");
      assert.match(await page.$eval(".reading", ({ textContent }) => textContent), /^visible\[0, 15\]: 0 in Sliding-window attention, 0 in Multi-head attention, difference 0$/);
    });

    test("a wrong setting gets the program's own sentence, and the rest stays", async () => {
      await open(`#compare?${PAIR}`);
      await see.turn("#compare-num_heads", 3);
      await see.idle();
      assert.match(await see.text("compare-error"), /Grouped-query attention: choose a number of heads that divides the model width/);
      assert.ok((await rows()).length > 5);
      await see.turn("#compare-num_heads", 2);
      await see.idle();
      assert.equal(await see.text("compare-error"), "");
    });

    test("fits a phone", async () => {
      await open(`#compare?${PAIR}`, { width: 390, height: 844 });
      assert.equal(await see.scrollsSideways(), false);
    });
  });
}

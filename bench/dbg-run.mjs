import { launch } from "../tests/browser/browsers.js";
const b = await launch("chromium"); const p = await b.newPage();
p.on("console", m => console.log(m.text().slice(0,300))); p.on("workercreated", w => w.on("console", m => console.log(m.text().slice(0,300)))); p.on("pageerror", e => console.log("ERR", e.message));
await p.goto("http://localhost:8204/dbg.html"); await p.waitForFunction(() => window.dbg, {timeout: 200000});
console.log(JSON.stringify(await p.evaluate(() => window.dbg), null, 1)); await b.close();

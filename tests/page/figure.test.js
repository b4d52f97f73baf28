import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { LOOKS } from "../../www/src/export/figure.js";
import { withWords } from "../../www/src/export/png.js";
import { namedTensors } from "../../www/src/export/run-tensors.js";
import { elementSnippet, frameSnippet, imageSnippet, linkOf } from "../../www/src/export/snippets.js";
import { clipped, writable } from "../../www/src/export/svg.js";

test("a figure has the colours of the page", () => {
  const style = readFileSync(new URL("../../www/style.css", import.meta.url), "utf8");
  const [light, dark] = style.split("@media (prefers-color-scheme: dark)").map((part) => Object.fromEntries([...part.matchAll(/--(ink|muted|paper|cell-line): (#\w+);/g)].map(([, name, value]) => [name.replace("cell-", ""), value])));
  for (const [theme, colours] of [["light", light], ["dark", dark]]) assert.deepEqual({ ...LOOKS[theme] }, { ink: colours.ink, muted: colours.muted, paper: colours.paper, line: colours.line }, theme);
});

test("what no XML may hold is replaced, and what it may is kept", () => {
  assert.equal(writable("a\u0000\u001b\ud800b\ufffe\t🎉"), "a\ufffd\ufffd\ufffdb\ufffd\t🎉");
  assert.equal(clipped("🎉🎉🎉🎉", 3), "🎉🎉…");
});

test("a PNG with words stays one, and every chunk has its sum", () => {
  const chunk = (type, content) => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])), chunk("IDAT", deflateSync(Buffer.from([0, 0]))), chunk("IEND", Buffer.alloc(0))]);
  const written = Buffer.from(withWords(png, { Title: "weights → 令牌", Source: "", Software: "Attention Playground" }));
  const found = [];
  for (let at = 8; at < written.length; ) {
    const length = written.readUInt32BE(at);
    const body = written.subarray(at + 4, at + 8 + length);
    assert.equal(written.readUInt32BE(at + 8 + length), crc32(body));
    found.push(body.subarray(0, 4).toString());
    at += 12 + length;
  }
  assert.deepEqual(found, ["IHDR", "IDAT", "iTXt", "iTXt", "IEND"]);
  assert.ok(written.includes("Title\0\0\0\0\0weights → 令牌"));
});

test("each tensor of a run has a name of its own in the file of all", () => {
  const name = (name, id, kind = "tensor") => ({ name, id, kind });
  const steps = [{ names: [name("x", 1), name("n", 2, "value")] }, { names: [name("y", 3)] }, { names: [name("y", 4)] }, { names: [name("y", 4), name("z", 5, "dropped"), { ...name("w", 6), device: "meta" }] }];
  const found = namedTensors(/** @type {any} */ (steps)).map(({ key, name, step }) => [key, name.id, step]);
  assert.deepEqual(found, [["x", 1, 0], ["y@1", 3, 1], ["y", 4, 2]]);
  assert.deepEqual(namedTensors(/** @type {any} */ (steps), 1, 2).map(({ key }) => key), ["y"]);
});

test("code for articles is HTML whatever the program holds", () => {
  const look = { view: "keys", theme: "dark", controls: "min", height: 480, isReadOnly: true };
  const own = { site: "https://a.site/p/", fragment: "#1.abc-_", program: "", code: 'x = "</pre><script>&amp;"\n', title: 'A "title" <b>', step: 3 };
  assert.equal(linkOf(own), "https://a.site/p/#1.abc-_");
  assert.equal(
    elementSnippet(own, look),
    `<script type="module" src="https://a.site/p/attention-playground.js"></script>\n<attention-playground step="3" view="keys" theme="dark" controls="min" height="480" readonly="true"><pre>x = &quot;&lt;/pre&gt;&lt;script&gt;&amp;amp;&quot;\n</pre></attention-playground>\n`,
  );
  const listed = { ...own, program: "attention/alibi.py", fragment: "#attention/alibi.py?step=3" };
  assert.match(elementSnippet(listed, { ...look, theme: "auto" }), /<attention-playground program="attention\/alibi" step="3"[^>]*><img src="https:\/\/a.site\/p\/later\/stills\/attention\/alibi.svg" alt="[^"]+" loading="lazy"><\/attention-playground>/);
  assert.match(frameSnippet(listed, look), /^<iframe title="A &quot;title&quot; &lt;b&gt;" src="https:\/\/a\.site\/p\/embed\.html\?view=keys&amp;theme=dark&amp;controls=min&amp;readonly=true&amp;height=100vh#attention\/alibi\.py\?step=3" sandbox="allow-scripts" /);
  assert.match(imageSnippet(own, { svg: "<svg>→</svg>", name: "weights", width: "10", height: "20" }), /^<a href="https:\/\/a.site\/p\/#1.abc-_"><img src="data:image\/svg\+xml;base64,PHN2Zz7ihpI8L3N2Zz4=" alt="weights, A &quot;title&quot; &lt;b&gt;" width="10" height="20"><\/a>\n$/);
});

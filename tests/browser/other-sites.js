/**
 * Sites of others, for tests of what they embed: each is an origin of its own.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { PLAYGROUND } from "./browsers.js";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".py": "text/x-python" };

/**
 * Serves pages by path, and the playground's own files under `/playground/`.
 * @param {Record<string, string>} pages HTML or Python
 * @param {{ isShared?: boolean, folder?: string, before?: Record<string, string> }} [options] whether other sites' pages may read what is served, as most hosts of static files allow; a folder to be served under `/folder/`; what scripts of the playground begin with here, by path
 */
export async function host(pages, { isShared = false, folder, before = {} } = {}) {
  /** Which of the playground's files were asked for. @type {string[]} */
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const headers = isShared ? { "access-control-allow-origin": "*" } : {};
    if (pathname.startsWith("/playground/")) {
      const path = pathname.slice("/playground/".length);
      asked.push(path);
      const answer = await fetch(new URL(path, PLAYGROUND));
      const type = answer.headers.get("content-type") ?? "application/octet-stream";
      // Some hosts call every page of theirs UTF-8; the browser hears that before it reads what the page says.
      const charset = searchParams.get("charset");
      response.writeHead(answer.status, { ...headers, "content-type": charset ? `${type.split(";")[0]}; charset=${charset}` : type });
      return response.end(Buffer.concat([Buffer.from(before[path] ?? ""), Buffer.from(await answer.arrayBuffer())]));
    }
    if (folder && pathname.startsWith("/folder/")) {
      const file = await readFile(join(folder, pathname.slice("/folder/".length))).catch(() => null);
      response.writeHead(file ? 200 : 404, { ...headers, "content-type": TYPES[extname(pathname)] ?? "text/plain" });
      return response.end(file);
    }
    const page = pages[pathname];
    response.writeHead(page === undefined ? 404 : 200, { ...headers, "content-type": pathname.endsWith(".py") ? "text/x-python" : "text/html; charset=utf-8" });
    response.end(page);
  });
  await new Promise((resolve) => server.listen(0, resolve));
  return {
    /** Its address, with a slash at its end. */
    address: `http://localhost:${server.address().port}/`,
    asked,
    pages,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

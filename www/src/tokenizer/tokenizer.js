/**
 * A checkpoint's tokenizer as the page uses it; `tokenizer.d.ts` has its types and what they mean.
 *
 * It has a worker of its own: a file of ten megabytes takes a second to read, and the page must not miss a frame.
 */
import { Connection, WorkerLost } from "../connection.js";

/** A call that takes longer hangs: half a million characters take a few seconds. */
const SECONDS = 60;

/** @type {typeof import("./tokenizer").createTokenizer} */
export async function createTokenizer(file) {
  const tokenizer = new Tokenizer(file instanceof Blob ? file : new Blob([file]));
  try {
    await tokenizer.open();
  } catch (error) {
    tokenizer.close();
    throw error;
  }
  return tokenizer;
}

class Tokenizer {
  vocabularySize = 0;

  #file;
  /** @type {Connection} */
  #connection;
  #isClosed = false;
  #lastStream = 0;

  /** @param {Blob} file */
  constructor(file) {
    this.#file = file;
  }

  async open() {
    this.#connection = new Connection("tokenizer/worker.js", "The tokenizer crashed and was started anew.");
    this.vocabularySize = await this.#call("open", [this.#file]);
  }

  encode(text, { addSpecialTokens = true } = {}) {
    return this.#ask("encode", [String(text), addSpecialTokens]);
  }

  async decode(ids, { skipSpecialTokens = true } = {}) {
    return this.#ask("decode", [numbers(ids), skipSpecialTokens]);
  }

  async pieces(ids, { skipSpecialTokens = false } = {}) {
    return this.#ask("pieces", [numbers(ids), skipSpecialTokens]);
  }

  async tokens(ids) {
    return this.#ask("tokens", [numbers(ids)]);
  }

  async token(id) {
    return (await this.tokens([id]))[0];
  }

  id(token) {
    return this.#ask("id", [String(token)]);
  }

  stream({ skipSpecialTokens = true } = {}) {
    const number = ++this.#lastStream;
    const started = this.#ask("startStream", [number, skipSpecialTokens]);
    started.catch(() => {}); // told by the first push
    return {
      push: async (...ids) => started.then(() => this.#ask("push", [number, numbers(ids)])),
      finish: () => started.then(() => this.#ask("finish", [number])),
    };
  }

  close() {
    this.#isClosed = true;
    this.#connection.end({ type: "RuntimeError", message: "This tokenizer was closed." });
  }

  /** Asks the worker; if that loses it, there is a new one before the error is thrown. */
  async #ask(method, args) {
    const connection = this.#connection;
    try {
      return await this.#call(method, args);
    } catch (error) {
      if (error instanceof WorkerLost && !this.#isClosed && connection === this.#connection) await this.open();
      throw error;
    }
  }

  async #call(method, args) {
    const connection = this.#connection;
    const hangs = () => connection.end({ type: "TimeoutError", message: `The tokenizer did not answer within ${SECONDS} seconds and was started anew.` });
    const watch = setTimeout(hangs, SECONDS * 1000);
    try {
      return await connection.call(method, args);
    } finally {
      clearTimeout(watch);
    }
  }
}

/** Ids as the worker takes them, from numbers of any kind: int64 tensors hold bigints. */
function numbers(ids) {
  const all = Array.from(ids, Number);
  const wrong = all.find((id) => !Number.isInteger(id) || id < 0 || id > 0xffffffff);
  if (wrong !== undefined) throw new Error(`${wrong} is no token's id.`);
  return Uint32Array.from(all);
}

/**
 * A worker with one tokenizer in it; `tokenizer.js` is the page's side.
 */
import { answer } from "../answer.js";
import { openTokenizer } from "./open.js";

/** What `open` was given. @type {Blob} */
let file;
/** @type {Awaited<ReturnType<typeof openTokenizer>>} */
let tokenizer;
/** The texts that still grow, by the number that the page gave them. @type {Map<number, ReturnType<typeof tokenizer.stream>>} */
const streams = new Map();

/** The tokenizer; another where the one before crashed. */
async function opened() {
  if (!tokenizer || tokenizer.isLost()) {
    streams.clear();
    tokenizer = await openTokenizer(file);
  }
  return tokenizer;
}

answer({
  /** @param {Blob} given */
  async open(given) {
    file = given;
    return (await opened()).vocabularySize();
  },
  encode: async (text, addSpecialTokens) => (await opened()).encode(text, addSpecialTokens),
  decode: async (ids, skipSpecialTokens) => (await opened()).decode(ids, skipSpecialTokens),
  /** What each token adds to the text; the last also what is left at the end. */
  async pieces(ids, skipSpecialTokens) {
    const stream = (await opened()).stream(skipSpecialTokens);
    const pieces = Array.from(ids, (id) => stream.push(id));
    if (pieces.length > 0) pieces[pieces.length - 1] += stream.finish();
    return pieces;
  },
  async tokens(ids) {
    const { token } = await opened();
    return Array.from(ids, (id) => token(id));
  },
  id: async (token) => (await opened()).id(token),
  async startStream(number, skipSpecialTokens) {
    streams.set(number, (await opened()).stream(skipSpecialTokens));
  },
  push: (number, ids) => Array.from(ids, (id) => streamOf(number).push(id)).join(""),
  finish(number) {
    const text = streamOf(number).finish();
    streams.delete(number);
    return text;
  },
});

function streamOf(number) {
  const stream = streams.get(number);
  if (!stream) throw new Error("This stream was finished, or ended when the tokenizer was started anew.");
  return stream;
}

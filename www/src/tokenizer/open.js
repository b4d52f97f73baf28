/**
 * Opens a checkpoint's tokenizer in the worker that this runs in. The wasm module is loaded when there is one to open.
 */

/** How many modules trapped so far. */
let lost = 0;
/** The module's files, where the page has them in itself. @type {{ script: Blob, wasm: Blob } | undefined} */
let carried;

/** @param {Blob | undefined} script @param {Blob | undefined} wasm */
export function carryTokenizer(script, wasm) {
  if (script && wasm) carried = { script, wasm };
}

/** The tokenizer of a `tokenizer.json`. @param {Blob} file */
export async function openTokenizer(file) {
  const { open, mostBytes } = await tokenizerModule();
  // Of a file that is too long, no more is read than shows it.
  return open(new Uint8Array(await file.slice(0, mostBytes + 1).arrayBuffer()));
}

/**
 * The module that opens tokenizers: `open` takes the content of a `tokenizer.json`, and gives a tokenizer whose methods
 * answer at once, and are those of `crate/tokenizer`.
 *
 * The library that reads it panics on some files that nobody would publish. A module that trapped is in no known state:
 * its tokenizers are gone, and the next is opened by a module of its own.
 */
export async function tokenizerModule() {
  const mine = lost;
  // Its own address for each, since the same one would give the same module.
  const script = carried ? URL.createObjectURL(carried.script) : new URL(`../tokenizer/attention_playground_tokenizer.js?${mine}`, import.meta.url).href;
  const { default: start, Tokenizer } = await import(script);
  await start(carried && { module_or_path: carried.wasm.arrayBuffer() });
  /** @template T @param {() => T} call @returns {T} */
  const guard = (call) => {
    if (mine !== lost) throw new Error("The tokenizer crashed before, and has to be opened anew.");
    try {
      return call();
    } catch (error) {
      // What the module returns is an Error; a trap is a RuntimeError, a stack that is full a RangeError or InternalError.
      if (error?.name === "Error") throw error;
      lost++;
      throw new Error(`The tokenizer crashed: its tokenizer.json asks for what the library cannot do, or this text is too much for it. (${error?.message ?? error})`);
    }
  };
  /** @param {Uint8Array} bytes */
  const open = (bytes) => {
    const tokenizer = guard(() => Tokenizer.fromJson(bytes));
    return {
      isLost: () => mine !== lost,
      /** @param {string} text @param {boolean} addSpecialTokens @returns {Uint32Array} */
      encode: (text, addSpecialTokens) => guard(() => tokenizer.encode(text, addSpecialTokens)),
      /** @param {Uint32Array} ids @param {boolean} skipSpecialTokens @returns {string} */
      decode: (ids, skipSpecialTokens) => guard(() => tokenizer.decode(ids, skipSpecialTokens)),
      /** @param {number} id @returns {string | undefined} */
      token: (id) => guard(() => tokenizer.token(id)),
      /** @param {string} token @returns {number | undefined} */
      id: (token) => guard(() => tokenizer.id(token)),
      /** @returns {number} */
      vocabularySize: () => guard(() => tokenizer.vocabularySize()),
      /** Text that grows token by token. @param {boolean} skipSpecialTokens */
      stream(skipSpecialTokens) {
        const stream = guard(() => tokenizer.stream(skipSpecialTokens));
        return {
          /** @param {number} id @returns {string} */
          push: (id) => guard(() => stream.push(id)),
          /** @returns {string} */
          finish: () => guard(() => stream.finish()),
        };
      },
    };
  };
  return { open, mostBytes: Tokenizer.mostBytes() };
}

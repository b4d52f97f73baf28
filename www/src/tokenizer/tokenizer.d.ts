/**
 * A checkpoint's `tokenizer.json`, read by Hugging Face's `tokenizers` in a worker of its own. The wasm module is loaded
 * by the first call.
 *
 * Every call is answered: by a value, or by an error with a sentence. A text that the library cannot do, or that takes a
 * minute, costs the tokenizer its worker; there is a new one before the error is thrown, and what streams held is gone.
 * @throws bytes that are no tokenizer, or more than 64 MB of them
 */
export function createTokenizer(file: Blob | ArrayBuffer | Uint8Array): Promise<Tokenizer>;

/** The ids of tokens, as int64 tensors hold them too. */
export type Ids = Iterable<number | bigint>;

export interface Tokenizer {
  /** How many tokens there are, added ones among them. Models often have room for more. */
  readonly vocabularySize: number;
  /** The tokens of a text of at most half a million characters, by default with those around it that the model was trained with. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): Promise<Uint32Array>;
  /** The text of tokens, by default without special ones. An id without a token has none. */
  decode(ids: Ids, options?: { skipSpecialTokens?: boolean }): Promise<string>;
  /** What each token adds to the text, by default with special ones: "" where it is the beginning of a character. */
  pieces(ids: Ids, options?: { skipSpecialTokens?: boolean }): Promise<string[]>;
  /** Tokens as the vocabulary writes them, `Ġthe` or `▁the`; undefined where there is none. */
  tokens(ids: Ids): Promise<(string | undefined)[]>;
  token(id: number | bigint): Promise<string | undefined>;
  /** The id of a token as the vocabulary writes it, `<|endoftext|>`. */
  id(token: string): Promise<number | undefined>;
  /** The text of tokens that come one after the other. */
  stream(options?: { skipSpecialTokens?: boolean }): TextStream;
  /** Ends the worker and frees what it held. */
  close(): void;
}

export interface TextStream {
  /** What these tokens add to the text: nothing yet, where a character is not complete. */
  push(...ids: (number | bigint)[]): Promise<string>;
  /** What was held back; the stream ends. */
  finish(): Promise<string>;
}

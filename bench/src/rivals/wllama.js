/**
 * wllama, which is llama.cpp: it starts a worker of its own from this one.
 */
import { LoggerWithoutDebug, Wllama } from "@wllama/wllama";
import { answer } from "../../../www/src/answer.js";

/** How many of the likeliest tokens are compared. */
const COMPARED = 8;

let wllama;
let asked;

answer({
  /** @param {{ model: Blob, prompt: string, tokens: number }} job */
  async prepare({ model, prompt, tokens }) {
    wllama = new Wllama({ default: new URL("./wllama.wasm", import.meta.url).href }, { suppressNativeLog: true, logger: LoggerWithoutDebug });
    await wllama.loadModel([model], { n_threads: 1, n_gpu_layers: 0, n_ctx: 512, n_batch: 512, n_parallel: 1, warmup: false });
    asked = { prompt, max_tokens: tokens, temperature: 0, ignore_eos: true, cache_prompt: false };
    const { choices } = await wllama.createCompletion({ ...asked, max_tokens: 1, logprobs: COMPARED, n_probs: COMPARED });
    console.log("DBG", JSON.stringify(choices).slice(0,1500)); const likeliest = choices[0].logprobs.content[0].top_logprobs;
    return { data: Float32Array.from(likeliest.flatMap(({ id, logprob }) => [id, logprob])), version: "3.8.1" };
  },
  /** Milliseconds of a token. */
  async sample() {
    const { timings } = await wllama.createCompletion(asked);
    return timings.predicted_per_token_ms;
  },
});

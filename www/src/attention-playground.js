/** What other pages may import: `import { createEngine, createTokenizer } from "./attention-playground.js"`. */
export { createEngine } from "./engine/engine.js";
export { createTokenizer } from "./tokenizer/tokenizer.js";

/** What other pages may import: `import { createEngine } from "./attention-playground.js"`. */
export { createEngine } from "./engine/engine.js";

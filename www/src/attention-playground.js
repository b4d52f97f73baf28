/**
 * What other pages may import: `import { createEngine, createTokenizer } from "./attention-playground.js"`. It defines
 * the element `<attention-playground>`; what that consists of is loaded when there is one.
 */
import { setAssetBase } from "./assets.js";
import { AttentionPlayground } from "./element.js";

setAssetBase(new URL(".", import.meta.url));
// A page may load two copies of this module; the first one's element stays.
if (globalThis.customElements && !customElements.get("attention-playground")) customElements.define("attention-playground", AttentionPlayground);

export { setAssetBase, AttentionPlayground };
export { createEngine } from "./engine/engine.js";
export { createTokenizer } from "./tokenizer/tokenizer.js";

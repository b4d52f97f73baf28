/** The views of a program beside its tensors. */
import { createKeysSeen } from "./keys-seen.js";
import { createLayers } from "./layers.js";
import { createTokens } from "./tokens.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {import("../side-engine.js").SideEngine} side
 * @param {import("../playground.js").Playground["turn"]} turn
 */
export function createBeside(store, session, side, turn) {
  return {
    keys: createKeysSeen(store, session, side).element,
    tokens: createTokens(store, session).element,
    layers: createLayers(store, session, turn).element,
  };
}

/** The pages beside the program's, and the views beside its tensors; a reader who opens a program has it before these are loaded. */
import { createBeside } from "./beside.js";
import { createCatalogue } from "./catalogue.js";
import { createCompare } from "./compare.js";
import { createHelp } from "./help.js";
import { createModelCosts } from "./model-costs.js";
import { createModels } from "./models.js";
import { createOffline } from "./offline.js";
import { createTrade } from "./trade.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 * @param {import("../navigation.js").Navigation} navigation
 * @param {readonly [import("../side-engine.js").SideEngine, import("../side-engine.js").SideEngine]} sides
 * @param {import("../playground.js").Playground["turn"]} turn
 */
export function createOthers(store, session, navigation, sides, turn) {
  const offline = createOffline(store, navigation);
  return {
    pages: {
      catalogue: createCatalogue(store, navigation, sides[0]),
      models: createModels(store, navigation),
      costs: createModelCosts(store, navigation, [...sides]),
      trade: createTrade(store, navigation, sides[0]),
      compare: createCompare(store, navigation, [...sides]),
    },
    help: createHelp(offline.element),
    views: createBeside(store, session, sides[0], turn),
    offline,
  };
}

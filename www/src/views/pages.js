/** The pages beside the program's; a reader who opens a program has it before these are loaded. */
import { createCatalogue } from "./catalogue.js";
import { createCompare } from "./compare.js";
import { createModelCosts } from "./model-costs.js";
import { createModels } from "./models.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../navigation.js").Navigation} navigation
 * @param {readonly [import("../side-engine.js").SideEngine, import("../side-engine.js").SideEngine]} sides
 */
export function createPages(store, navigation, sides) {
  return {
    catalogue: createCatalogue(store, navigation, sides[0]),
    models: createModels(store, navigation),
    costs: createModelCosts(store, navigation, [...sides]),
    compare: createCompare(store, navigation, [...sides]),
  };
}

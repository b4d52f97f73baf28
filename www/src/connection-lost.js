/** What both sides of a connection call it when a file of the worker's did not come from its host. */
export const NOT_LOADED = "could not be loaded";

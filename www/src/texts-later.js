/** What the page says in what it loads after the first tensors: as in `texts.js`, a section per file. */
import { catalogue } from "./language.js";

export const texts = catalogue({});

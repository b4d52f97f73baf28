/** What is kept of the page in this browser, in the help; and that there is a new version, above the page. */
import { h, setText } from "../dom.js";
import { bytesText } from "../number.js";
import { createCopy } from "../offline/copy.js";
import { texts } from "../texts-later.js";

/** @param {import("../state.js").Store} store @param {import("../navigation.js").Navigation} navigation */
export function createOffline(store, navigation) {
  const { framed, impossible, off, starting } = texts.offline;
  const sentences = { "one-file": texts.offline.oneFile, framed, impossible, off, starting, failed: texts.offline.notWhole, kept: "" };
  const text = h("p", { role: "status", "data-testid": "offline-text" });
  const problem = h("p", { class: "error-line", role: "status", "data-testid": "offline-problem" });
  const bar = h("progress", { "aria-label": texts.offline.storing });
  const how = h("span", null);
  const progress = h("p", { class: "loading", hidden: true, "data-testid": "offline-progress" }, bar, h("button", { type: "button", class: "quiet", onclick: () => copy.stop() }, texts.offline.stop), how);
  const button = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => unknown} */ act) => h("button", { type: "button", hidden: true, "data-testid": `offline-${id}`, onclick: act }, label);
  const all = button("all", "", () => copy.keepAll());
  const keep = button("keep", texts.offline.keep, () => copy.keepPage());
  const remove = button("remove", texts.offline.remove, () => copy.remove());
  const element = h("section", { "data-testid": "offline" }, h("h3", null, texts.offline.title), text, progress, problem, h("p", null, all, " ", keep, " ", remove));
  const notice = h("p", { class: "comparison", role: "status", hidden: true, "data-testid": "outdated" });
  const copy = createCopy({ changed: draw, outdated: tellOutdated });

  return { element, notice, start: copy.start };

  /** @param {import("../offline/copy.js").Copy} state */
  function draw({ is, kept, progress: going, problem: what }) {
    const weights = kept?.weights ?? [];
    const rest = weights.reduce((sum, { bytes }) => sum + bytes, 0);
    element.dataset.state = is;
    setText(text, is === "kept" && kept ? texts.offline.kept(bytesText(kept.bytes), kept.models - weights.length, kept.models) : sentences[is]);
    setText(problem, what === "" ? "" : texts.offline[what]);
    progress.hidden = going === null;
    if (going) {
      bar.max = Math.max(1, going.of);
      bar.value = going.done;
      setText(how, texts.offline.progress(bytesText(going.done), bytesText(going.of)));
    }
    setText(all, texts.offline.keepAll(bytesText(rest)));
    all.hidden = is !== "kept" || rest === 0 || going !== null;
    keep.hidden = is !== "off" && is !== "failed";
    setText(keep, is === "failed" ? texts.offline.again : texts.offline.keep);
    remove.hidden = is !== "kept" && is !== "failed";
  }

  /** The page never reloads by itself: what the reader is doing goes on until they say so. @param {() => Promise<void>} reload */
  function tellOutdated(reload) {
    const { checkpoint } = store.state;
    const press = async () => {
      // The address carries all that was typed.
      if (await navigation.isInAddress()) await reload();
      else said.textContent = texts.offline.unsaved;
    };
    const said = h("span", null, checkpoint !== null && checkpoint.address === "" ? texts.offline.outdatedOwn : texts.offline.outdated);
    notice.replaceChildren(said, " ", h("button", { type: "button", "data-testid": "reload", onclick: press }, texts.offline.reload), " ", h("button", { type: "button", class: "quiet", onclick: () => (notice.hidden = true) }, texts.offline.later));
    notice.hidden = false;
  }
}

/** The page: a playground with all that stands around it; opens what the address asks for, and keeps the address true. */
import { fetchAsset } from "./assets.js";
import { createEngine } from "./engine/engine.js";
import { h } from "./dom.js";
import { language, speak, wantedLanguage } from "./language.js";
import { createNavigation } from "./navigation.js";
import { createPlayground, listenToKeys } from "./playground.js";
import { createSession } from "./session.js";
import { createSideEngine } from "./side-engine.js";
import { createStore, initialState } from "./state.js";
import { createHeader } from "./views/header.js";
import { createMissing } from "./views/missing.js";
import { droppedFiles } from "./checkpoint.js";
import { texts } from "./texts.js";
import { copyText } from "./views/output.js";

const store = createStore(initialState());
const started = start();

/** What tests and curious readers may hold on to. */
Object.assign(window, {
  playground: {
    /** Resolves when the first program has run and can be edited. */
    ready: started.then(() => undefined),
    get state() {
      return { ...store.state };
    },
    /** What the engine holds, in bytes. */
    memory: () => started.then(({ memory }) => memory()),
    /** Resolves when nothing runs and everything in view is drawn. */
    async whenIdle() {
      const { whenDrawn, editor } = await started;
      do await whenDrawn(document);
      while (editor.isWaiting());
    },
  },
});

async function start() {
  const root = /** @type {HTMLElement} */ (document.getElementById("page"));
  const speaking = speak(wantedLanguage(location)).then(() => (document.documentElement.lang = language()));
  // Asked for while the engine starts.
  const programs = programList();
  let engine;
  try {
    engine = await createEngine({ device: "auto" });
  } catch (error) {
    const again = h("button", { type: "button", "data-testid": "again", onclick: () => location.reload() }, texts.missing.again);
    root.replaceChildren(h("p", { class: "fatal", role: "alert" }, texts.main.notStarted(error instanceof Error ? error.message : String(error)), " ", again));
    throw error;
  }
  addEventListener("pageshow", ({ persisted }) => persisted && engine.revive());
  await speaking;
  const session = createSession(store, engine);
  const navigation = createNavigation(store, session);
  const sides = /** @type {const} */ ([createSideEngine(), createSideEngine()]);
  const playground = createPlayground(store, session);
  const header = createHeader(store, session, navigation, { share, openHelp });
  const comparison = h("p", { class: "comparison", role: "status", "data-testid": "comparison" });
  /** Nothing, where it did not come. @type {Promise<ReturnType<typeof import("./views/others.js").createOthers> | undefined> | undefined} */
  let othersLoading;
  const pages = {
    program: playground.element,
    catalogue: h("main", { class: "page" }),
    compare: h("main", { class: "page" }),
    models: h("main", { class: "page" }),
    costs: h("main", { class: "page" }),
    trade: h("main", { class: "page" }),
  };
  root.replaceChildren(header.element, createMissing(store), comparison, ...Object.values(pages));
  store.on(["comparison"], (state) => {
    comparison.textContent = state.comparison.text;
    comparison.hidden = state.comparison.state === "none";
  });
  store.on(["page"], async ({ page }) => {
    for (const [name, element] of Object.entries(pages)) element.hidden = name !== page;
    session.pause();
    // Who comes from elsewhere on the page goes on by keyboard; who follows a link has not begun.
    const hasBegun = document.activeElement !== null && document.activeElement !== document.body;
    if (page === "program") return;
    const others = await loadOthers();
    if (hasBegun && store.state.page === page) others?.pages[page].focus();
  });
  store.on(["view"], ({ view }) => view !== "tensors" && void loadOthers());
  const actions = {
    ...playground.actions,
    previous: () => navigation.turnPage(-1),
    next: () => navigation.turnPage(1),
    catalogue: navigation.toCatalogue,
    models: navigation.toModels,
    trade: navigation.toTrade,
    compare: () => navigation.compareWith(""),
    // On the program's own page Escape leads out of what has the focus, back to the page.
    program: () => (store.state.page === "program" ? /** @type {HTMLElement | null} */ (document.activeElement)?.blur() : navigation.toProgram()),
    link: copyLink,
    open: () => header.openPicker(),
    help: openHelp,
  };
  listenToKeys(document, actions, (action) => store.state.page === "program" || EVERYWHERE.has(action));
  listenToDrops(root, async (files) => (store.state.page === "costs" ? (await loadOthers())?.pages.costs ?? navigation : navigation).openFiles(files));
  store.set(await programs);
  await navigation.start();
  if (store.state.view !== "tensors") await loadOthers();
  // What these would have delayed is on display now.
  await playground.whenDrawn(document);
  const [others] = await Promise.all([loadOthers(), playground.editor.load()]);
  others?.offline.start();
  return { ...playground, memory: () => engine.memory() };

  /** Puts the other pages, and the other views of a program, into their places. */
  function loadOthers() {
    othersLoading ??= import("./views/others.js").then(
      ({ createOthers }) => {
        const others = createOthers(store, session, navigation, sides, playground.turn);
        for (const name of /** @type {(keyof typeof others.pages)[]} */ (Object.keys(others.pages))) pages[name].append(others.pages[name].element);
        playground.addViews(others.views);
        root.append(others.help.element);
        comparison.before(others.offline.notice);
        return others;
      },
      () => {
        othersLoading = undefined;
        store.set({ missing: { text: texts.main.othersFailed, again: againOthers } });
        return undefined;
      },
    );
    return othersLoading;
  }

  /** Firefox asks for a module once: where the host answers by now, the page is loaded anew, with all that was typed in its address. */
  async function againOthers() {
    if (await loadOthers()) return;
    const isThere = await fetchAsset("later/others.js").then(({ ok }) => ok, () => false);
    const isOwnModel = store.state.checkpoint?.address === "";
    if (isThere && !isOwnModel && (await navigation.isInAddress())) location.reload();
  }

  async function openHelp() {
    (await loadOthers())?.help.open();
  }

  async function share() {
    try {
      const { openShare } = await import("./views/exports.js");
      openShare(store, session);
    } catch (error) {
      store.set({ notice: texts.exports.failed(error instanceof Error ? error.message : String(error)) });
    }
  }

  async function copyLink() {
    // Who may not copy gets the dialog that shows what it would be.
    if (!(await copyText(await navigation.link()))) return share();
    store.set({ notice: texts.main.copied });
  }
}

/** @param {HTMLElement} element @param {(files: { path: string, file: File }[]) => unknown} openFiles */
function listenToDrops(element, openFiles) {
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("dropping");
  });
  element.addEventListener("dragleave", (event) => event.relatedTarget === null && element.classList.remove("dropping"));
  // Before the editor's own listener, which would paste the file's text where it was dropped.
  element.addEventListener(
    "drop",
    async (event) => {
      element.classList.remove("dropping");
      if (!event.dataTransfer || event.dataTransfer.files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      try {
        await openFiles(await droppedFiles(event.dataTransfer));
      } catch {
        store.set({ notice: texts.main.undroppable });
      }
    },
    { capture: true },
  );
}

/** @returns {Promise<Pick<import("./state.js").State, "programs" | "chapters" | "modules" | "models"> | Pick<import("./state.js").State, "missing">>} */
async function programList() {
  try {
    const response = await fetchAsset("programs/index.json");
    const { chapters, modules } = await response.json();
    // A site may have no models.
    const models = await fetchAsset("models/index.json").then((answer) => (answer.ok ? answer.json() : []), () => []).catch(() => []);
    return { chapters, modules, models, programs: chapters.flatMap((/** @type {any} */ { title, programs }) => programs.map((/** @type {any} */ entry) => ({ ...entry, group: title }))) };
  } catch {
    return { missing: { text: texts.main.noList, again: () => location.reload() } };
  }
}

/** Where a key acts while another page than the program's is shown. */
const EVERYWHERE = new Set(["catalogue", "models", "trade", "compare", "program", "link", "open", "help"]);

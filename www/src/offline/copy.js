/**
 * The page's side of its service worker: whether it is kept for use without a network, how much of it, and whether the
 * host has another version by now. Nothing here is needed for anything else: where it is not to be had, the page works.
 */
import { assetUrl, carriedAsset } from "../assets.js";

/** Under this address of the page, a reader who wanted nothing kept said so. */
const CHOICE = () => `attention-playground ${assetUrl("").pathname} offline`;
/** A page that stays open asks this often whether there is another version, when it is looked at. */
const ASK_AGAIN_AFTER_MILLISECONDS = 60 * 60 * 1000;
/** A version that waits may take over within this time; the reader does not wait for longer. */
const TAKE_OVER_MILLISECONDS = 1000;
/** Files that are kept at a time when all are. */
const AT_ONCE = 2;

/** @typedef {{ bytes: number, page: Missing[], weights: Missing[], models: number }} Kept what the worker has, in bytes, what it has not, and how many models there are */
/** @typedef {{ path: string, bytes: number }} Missing */
/** @typedef {{ is: "one-file" | "framed" | "impossible" | "off" | "starting" | "kept" | "failed", kept: Kept | null, progress: { done: number, of: number } | null, problem: "" | "full" | "unreachable" | "unsaid" }} Copy `problem` is why not all of it was kept, or not taken away */
/** @typedef {ReturnType<typeof createCopy>} CopyOfPage */

/** @param {{ changed: (copy: Copy) => void, outdated: (reload: () => Promise<void>) => void }} listeners `outdated` is told when the host has another version, and given what opens it */
export function createCopy({ changed, outdated }) {
  /** @type {Copy} */
  let copy = { is: "starting", kept: null, progress: null, problem: "" };
  /** @type {ServiceWorkerRegistration | null} */
  let registration = null;
  /** @type {AbortController | null} */
  let keeping = null;
  let isReloading = false;
  let isOutdated = false;

  /** @param {Partial<Copy>} patch */
  function set(patch) {
    copy = { ...copy, ...patch };
    changed(copy);
  }

  return {
    /** Keeps the page, unless the reader does not want that. */
    async start() {
      const is = whyNot();
      if (is) return set({ is });
      if (isUnwanted()) return set({ is: "off" });
      await register();
    },
    /** The reader wants it kept. */
    async keepPage() {
      choose(null);
      await register();
    },
    /** Keeps the weights of all models as well, now and of later versions. */
    async keepAll() {
      const mine = new AbortController();
      keeping = mine;
      try {
        // A browser that clears up leaves what its reader asked for; some ask again whether it may.
        void navigator.storage?.persist?.().catch(() => {});
        await ask("everything");
        await keepWeights(copy.kept?.weights ?? [], mine.signal);
        set({ problem: "" });
      } catch (error) {
        set({ problem: /** @type {any} */ (error)?.isFull ? "full" : "unreachable" });
      } finally {
        keeping = null;
        await look();
        set({ progress: null });
      }
    },
    stop: () => keeping?.abort(),
    /** Takes away everything that is kept. */
    async remove() {
      keeping?.abort();
      const isSaid = choose("off");
      await registration?.unregister();
      registration = null;
      const family = `attention-playground ${assetUrl("").pathname} `;
      for (const name of await caches.keys()) if (name.startsWith(family)) await caches.delete(name);
      set({ is: "off", kept: null, problem: isSaid ? "" : "unsaid" });
    },
  };

  async function register() {
    set({ is: "starting", problem: "" });
    try {
      registration = await navigator.serviceWorker.register(assetUrl("service-worker.js"));
    } catch {
      // Hosts may have it under a wrong type, and browsers may refuse it.
      return set({ is: "impossible" });
    }
    // Browsers look for a new version by themselves, but in their own time.
    if (registration.active) void registration.update().catch(() => {});
    try {
      await isActive(registration.active ?? registration.waiting ?? registration.installing);
      await ask("fill");
      // What this page loaded before there was a worker.
      for (const path of weightsLoaded()) await ask("keep", path);
      await look();
    } catch {
      set({ is: "failed" });
    }
    // Only now: in Chromium, one that is to take over while its predecessor has work waits for half a minute.
    watch(registration);
  }

  async function look() {
    const kept = /** @type {Kept | null} */ (await ask("state").catch(() => null));
    if (kept && registration) set({ is: kept.page.length === 0 ? "kept" : "failed", kept });
  }

  /** @param {Missing[]} weights @param {AbortSignal} signal */
  async function keepWeights(weights, signal) {
    const waiting = [...weights];
    const of = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    set({ progress: { done, of }, problem: "" });
    const next = async () => {
      for (let one = waiting.pop(); one && !signal.aborted; one = waiting.pop()) {
        await ask("keep", one.path);
        done += one.bytes;
        set({ progress: { done, of } });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /** Tells when there is another version; a page that is of it already lets it take over. @param {ServiceWorkerRegistration} own */
  function watch(own) {
    const consider = async (/** @type {ServiceWorker | null} */ worker) => {
      if (!worker || !navigator.serviceWorker.controller) return;
      const version = await askWorker(worker, "version").catch(() => ownVersion());
      if (version === ownVersion()) void askWorker(worker, "takeOver").catch(() => {});
      else tellOutdated();
    };
    const follow = (/** @type {ServiceWorker | null} */ worker) => worker?.addEventListener("statechange", () => worker.state === "installed" && void consider(worker));
    void consider(own.waiting);
    // The browser may have found it before this page asked.
    follow(own.installing);
    own.addEventListener("updatefound", () => follow(own.installing));
    let askedAt = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || Date.now() - askedAt < ASK_AGAIN_AFTER_MILLISECONDS) return;
      askedAt = Date.now();
      void own.update().catch(() => {});
    });
    // The worker saw another page of the host's. That version may never be kept here, and browsers take their time.
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (typeof data?.hostHas === "string" && data.hostHas !== ownVersion()) tellOutdated();
    });
    navigator.serviceWorker.addEventListener("controllerchange", async () => {
      if (isReloading) return location.reload();
      // Another tab of it took the new version, and its files are the ones that this one would load now.
      const version = await ask("version").catch(() => ownVersion());
      if (version !== ownVersion()) tellOutdated();
    });
  }

  /** Once: a reader who wants to go on with this version has been asked. */
  function tellOutdated() {
    if (!isOutdated) outdated(reload);
    isOutdated = true;
  }

  /** The kept version that waits takes over first, in case the host is gone by now. */
  async function reload() {
    isReloading = true;
    const waiting = registration?.waiting;
    if (waiting) {
      void askWorker(waiting, "takeOver").catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, TAKE_OVER_MILLISECONDS));
    }
    location.reload();
  }

  /** @param {string} what @param {unknown} [word] */
  async function ask(what, word) {
    const worker = registration?.active ?? navigator.serviceWorker.controller;
    if (!worker) throw new Error("there is no service worker");
    return await askWorker(worker, what, word);
  }
}

/** @param {ServiceWorker} worker @param {string} ask @param {unknown} [word] */
function askWorker(worker, ask, word) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => {
      port1.close();
      if (data.problem === undefined) resolve(data.value);
      else reject(Object.assign(new Error(data.problem), { isFull: data.isFull }));
    };
    worker.postMessage({ ask, word }, [port2]);
  });
}

/** Resolves when the worker has kept the page and answers for it. @param {ServiceWorker | null} worker */
function isActive(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker?.state === "activated") resolve(undefined);
      if (!worker || worker.state === "redundant") reject(new Error("it was not installed"));
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

/** Why there can be no copy of it here; "" where there can. @returns {"one-file" | "framed" | "impossible" | ""} */
function whyNot() {
  if (carriedAsset("main.js")) return "one-file";
  if (window.top !== window) return "framed";
  try {
    return location.protocol !== "file:" && navigator.serviceWorker && globalThis.caches ? "" : "impossible";
  } catch {
    return "impossible";
  }
}

/** Whether this reader said so, or has a browser that is to load little. */
function isUnwanted() {
  try {
    if (localStorage.getItem(CHOICE()) === "off") return true;
  } catch {
    // What cannot be asked was not said.
  }
  return /** @type {any} */ (navigator).connection?.saveData === true;
}

/** @param {"off" | null} choice @returns {boolean} whether it will be known the next time */
function choose(choice) {
  try {
    if (choice === null) localStorage.removeItem(CHOICE());
    else localStorage.setItem(CHOICE(), choice);
    return true;
  } catch {
    return false;
  }
}

/** The version that the page itself is of. */
function ownVersion() {
  return document.querySelector('meta[name="version"]')?.getAttribute("content");
}

function weightsLoaded() {
  const base = assetUrl("").href;
  const names = performance.getEntriesByType("resource").map(({ name }) => name);
  return names.filter((name) => name.startsWith(base) && name.endsWith(".safetensors")).map((name) => decodeURIComponent(name.slice(base.length)));
}

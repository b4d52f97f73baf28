/**
 * `<attention-playground>`: a program in an article, with its tensors. docs/embedding.md has the table of what it takes.
 *
 * This file is what every page with one pays for: attributes, properties and when to begin. `element-still.js` draws
 * the code until the element is near the view, and `element-live.js` runs it from then on.
 */

import { NotCome } from "./assets.js";

/** An element this far outside the view begins to run. */
const NEAR = "600px 0px";
/** An element that was taken out of the page for longer gives back what it held. */
const FORGET_AFTER_MILLISECONDS = 10_000;

/** Attributes that a property of the same name mirrors, and what each may be; null for any text. */
const CHOICES = /** @type {const} */ ({
  program: null,
  src: null,
  height: null,
  view: ["tensors", "keys", "tokens", "layers"],
  device: ["auto", "webgpu", "cpu"],
  theme: ["auto", "light", "dark"],
  controls: ["all", "min", "none"],
  lazy: ["view", "click", "no"],
});
/** @typedef {keyof typeof CHOICES} Name */

/** What makes another program of it. */
const SOURCES = ["program", "src", "code"];

// A module may be imported where there is no page, to run programs alone.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

export class AttentionPlayground extends Base {
  static observedAttributes = [...Object.keys(CHOICES), "code", "line", "step", "readonly"];

  /** @type {Promise<typeof import("./element-still.js")> | undefined} */
  #parts;
  /** @type {import("./element-still.js").Frame | undefined} */
  #frame;
  /** @type {import("./element-live.js").Live | undefined} */
  #live;
  /** Counts what was begun: what an earlier one brings comes too late. */
  #begun = 0;
  /** Whether it was asked to run, near the view or not. */
  #isWanted = false;
  /** Which of those was told to run. */
  #starting = -1;
  /** @type {IntersectionObserver | undefined} */
  #nearing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #forgetting;
  /** The code, once it is known: the author's, then what the reader made of it. */
  #code = "";
  /** What the reader had made of it when the element was taken out of the page. @type {string | undefined} */
  #kept;
  /** Resolves when it runs. @type {{ promise: Promise<void>, resolve: () => void }} */
  #running = pending();

  connectedCallback() {
    clearTimeout(this.#forgetting);
    if (this.#live || this.#frame) return;
    // What stands between the tags may not have been read yet.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.isConnected && this.#begin(), { once: true });
    else void this.#begin();
  }

  disconnectedCallback() {
    this.#live?.rest();
    this.#forgetting = setTimeout(() => this.#forget(), FORGET_AFTER_MILLISECONDS);
  }

  /** @param {string} name @param {string | null} before @param {string | null} value */
  attributeChangedCallback(name, before, value) {
    if (before === value || !this.#frame) return;
    if (SOURCES.includes(name)) {
      this.#kept = undefined;
      return void this.#begin();
    }
    if (name === "readonly") return this.#restart();
    this.#frame.show();
    if (name === "line") this.#live?.goToLine(this.#wanted("line"));
    if (name === "step") this.#live?.goTo(this.#wanted("step"));
    if (name === "view" || name === "device") this.#live?.set(name, this[name]);
  }

  /** The code as it is now; setting it is another program. */
  get code() {
    return this.#live?.code() ?? this.#code;
  }
  set code(code) {
    this.#code = String(code);
    if (this.#live) this.#live.open(this.#code);
    else if (this.getAttribute("code") === this.#code) void this.#begin();
    else this.setAttribute("code", this.#code);
  }

  /** The line of the current step, from 1; 0 where there is none. */
  get line() {
    return this.#live?.line() ?? this.#wanted("line");
  }
  set line(line) {
    this.setAttribute("line", String(line));
    this.#live?.goToLine(Number(line));
  }

  /** The current step, from 0. */
  get step() {
    return this.#live?.step() ?? this.#wanted("step");
  }
  set step(step) {
    this.setAttribute("step", String(step));
    this.#live?.goTo(Number(step));
  }

  get readonly() {
    return this.hasAttribute("readonly");
  }
  set readonly(isReadOnly) {
    this.toggleAttribute("readonly", Boolean(isReadOnly));
  }

  /** What the newest run left: as `createEngine`'s `run` gives it; null before. */
  get lastRun() {
    return this.#live?.run() ?? null;
  }

  /** Runs the program now, wherever it stands on the page. Resolves when it has ended. */
  async run() {
    const wasLive = this.#live !== undefined;
    this.#isWanted = true;
    void this.#start();
    await this.#running.promise;
    await (wasLive ? this.#live?.runAgain() : this.whenIdle());
    return this.lastRun;
  }

  stop() {
    this.#live?.stop();
  }

  /** @param {1 | -1} direction */
  stepBy(direction) {
    this.#live?.stepBy(direction < 0 ? -1 : 1);
  }

  /** Resolves when it runs nothing and everything in view is drawn; for one that has not begun, when it has. */
  async whenIdle() {
    await this.#running.promise;
    await this.#live?.whenIdle();
  }

  /** Shows the code, and runs it when it is time. */
  async #begin() {
    const mine = ++this.#begun;
    this.#parts ??= import("./element-still.js");
    const parts = await this.#parts.catch(() => null);
    if (!parts) return this.#waitForParts();
    const { createFrame, sourceOf, speakAs } = parts;
    await speakAs(this);
    if (mine !== this.#begun) return;
    this.#frame ??= createFrame(this, () => void this.#start());
    try {
      this.#code = this.#kept ?? (await sourceOf(this));
    } catch (error) {
      if (mine === this.#begun) this.#fail(error);
      return;
    }
    if (mine !== this.#begun) return;
    if (this.#live) return this.#live.open(this.#code);
    this.#frame.still(this.#code);
    this.#nearing?.disconnect();
    if (this.lazy === "no" || this.#isWanted) return void this.#start();
    if (this.lazy === "click") return;
    this.#nearing = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && void this.#start(), { rootMargin: NEAR });
    this.#nearing.observe(this);
  }

  async #start() {
    this.#nearing?.disconnect();
    const mine = this.#begun;
    if (this.#live || !this.#frame || this.#starting === mine) return;
    this.#starting = mine;
    const frame = this.#frame;
    try {
      const { createLive } = await import("./element-live.js").catch(() => {
        throw new NotCome();
      });
      if (mine !== this.#begun) return;
      const live = await createLive(this, { code: this.#code, line: this.#wanted("line"), step: this.hasAttribute("step") ? this.#wanted("step") : undefined });
      if (mine !== this.#begun) return live.close();
      this.#live = live;
      // Who pressed Run in what this replaces goes on from here.
      const hadFocus = frame.page.contains(this.shadowRoot?.activeElement ?? null);
      frame.page.replaceChildren(live.missing, live.element);
      if (hadFocus) live.element.focus({ preventScroll: true });
      this.#running.resolve();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Not even what shows the code came: what stands between the tags is what there is, until the network is back. */
  #waitForParts() {
    this.#parts = undefined;
    this.#fail(new NotCome("The playground did not come: its host could not be reached."));
    addEventListener("online", () => this.isConnected && !this.#frame && void this.#begin(), { once: true });
  }

  /** @param {unknown} error */
  #fail(error) {
    const message = error instanceof Error ? error.message : String(error);
    this.#starting = -1;
    this.#frame?.tell(message, error instanceof NotCome ? () => this.#again() : undefined);
    this.dispatchEvent(new CustomEvent("error", { detail: { type: "Error", message, line: null } }));
    this.#running.resolve();
  }

  /** The reader has seen that something did not come. */
  #again() {
    this.#isWanted = true;
    this.#running = pending();
    void this.#begin();
  }

  /** Builds it anew, with the code that the reader has. */
  #restart() {
    if (!this.#live) return;
    this.#code = this.#live.code();
    this.#live.close();
    this.#live = undefined;
    this.#begun += 1;
    this.#running = pending();
    this.#frame?.still(this.#code);
    void this.#start();
  }

  #forget() {
    if (this.isConnected) return;
    this.#nearing?.disconnect();
    if (this.#live) this.#kept = this.#live.code();
    this.#live?.close();
    this.#live = this.#frame = undefined;
    this.#begun += 1;
    this.#running = pending();
  }

  /** @param {"line" | "step"} name */
  #wanted(name) {
    const number = Number(this.getAttribute(name));
    return Number.isSafeInteger(number) && number > 0 ? number : 0;
  }
}

for (const [name, choices] of Object.entries(CHOICES)) {
  Object.defineProperty(AttentionPlayground.prototype, name, {
    /** @this {AttentionPlayground} */
    get() {
      const text = this.getAttribute(name) ?? "";
      return choices ? (choices.find((choice) => choice === text) ?? choices[0]) : text;
    },
    /** @this {AttentionPlayground} @param {unknown} value */
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    },
    enumerable: true,
    configurable: true,
  });
}

/** A promise and what resolves it. */
function pending() {
  /** @type {() => void} */
  let resolve = () => {};
  const promise = new Promise((done) => (resolve = () => done(undefined)));
  return { promise, resolve };
}

/** Playing a run: from step to step by a clock, which waits while nobody sees it. */

/**
 * @param {import("./state.js").Store} store
 * @param {{ goTo: (index: number) => void, nextStop: (direction: 1 | -1) => number | undefined }} moves
 */
export function createPlaying(store, { goTo, nextStop }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isHeld = false;

  function tick() {
    clearTimeout(timer);
    if (isHeld) return;
    timer = setTimeout(() => {
      const { run, playing } = store.state;
      if (!run || !playing) return;
      const next = nextStop(1);
      if (next !== undefined) goTo(next);
      if (nextStop(1) === undefined) pause();
      else tick();
    }, 1000 / store.state.speed);
  }

  function pause() {
    clearTimeout(timer);
    store.set({ playing: false });
  }

  return {
    play() {
      const { run, stops } = store.state;
      if (!run || run.steps.length === 0) return;
      if (nextStop(1) === undefined) goTo(stops?.[0] ?? 0);
      store.set({ playing: true });
      tick();
    },
    pause,
    /** Lets it wait where it is, or go on from there. @param {boolean} isToWait */
    hold(isToWait) {
      if (isHeld === isToWait) return;
      isHeld = isToWait;
      clearTimeout(timer);
      if (store.state.playing) tick();
    },
    /** @param {number} speed steps a second */
    setSpeed(speed) {
      store.set({ speed });
      if (store.state.playing) tick();
    },
  };
}

/**
 * From navigation to the first tensor drawn, in a browser whose server is warm and whose cache is empty.
 */
const SAMPLES = 7;

/** @param {import("puppeteer-core").Browser} browser @param {string} address of the playground @returns {Promise<import("./src/figures.js").Figure>} */
export async function startup(browser, address) {
  const times = [];
  for (let at = 0; at <= SAMPLES; at += 1) times.push(await firstTensor(browser, address));
  const sorted = times.slice(1).sort((a, b) => a - b);
  const seconds = (milliseconds) => milliseconds / 1000;
  return {
    name: "startup",
    title: "from navigation to the first tensor drawn, warm server, empty cache",
    value: seconds(sorted[Math.floor(SAMPLES / 2)]),
    unit: "s",
    must: 1.5,
    aim: 0.7,
    note: `the median of ${SAMPLES}, from ${seconds(sorted[0]).toFixed(2)} to ${seconds(sorted.at(-1)).toFixed(2)}`,
  };
}

/** Milliseconds. */
async function firstTensor(browser, address) {
  const context = await browser.createBrowserContext();
  try {
    const tab = await context.newPage();
    await tab.setViewport({ width: 1400, height: 900 });
    await tab.evaluateOnNewDocument(() => {
      const watch = new MutationObserver(() => {
        if (!document.querySelector('[data-testid="tensor"][data-state="drawn"]')) return;
        window.firstTensorAt = performance.now();
        watch.disconnect();
      });
      watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
    });
    await tab.goto(address);
    await tab.waitForFunction(() => window.firstTensorAt !== undefined, { timeout: 120_000 });
    return await tab.evaluate(() => window.firstTensorAt);
  } finally {
    await context.close();
  }
}

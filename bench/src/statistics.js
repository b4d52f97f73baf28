/**
 * Two sides measured in pairs, and what can be said of their ratio.
 */
import { generator } from "./random.js";

/** Rounds that are not counted: engines compile hot code in them, and drivers their pipelines. One is enough where it takes long. */
const WARM_UP = 3;
/** Fewer say nothing; where even these take long, `LEAST_SLOW`. */
const LEAST = 5;
const LEAST_SLOW = 3;
const RESAMPLES = 2000;

/**
 * Samples both in turn, the order swapped every round, so that what slows the machine for a while slows both.
 * @param {() => Promise<number>} ours milliseconds
 * @param {() => Promise<number>} theirs
 * @param {{ rounds: number, seconds: number, isStopped?: () => boolean }} budget ends with the first that is spent
 */
export async function pairs(ours, theirs, { rounds, seconds, isStopped = () => false }) {
  const sampled = { ours: [], theirs: [] };
  let started = performance.now();
  const spent = () => (performance.now() - started) / 1000;
  for (let round = -WARM_UP; round < rounds; round += 1) {
    if (round > -WARM_UP && round < 0 && spent() > seconds / 2) round = 0;
    if (round === 0) started = performance.now();
    if (round >= LEAST_SLOW && spent() > (round >= LEAST ? seconds : 2 * seconds)) break;
    if (isStopped()) throw new Error("stopped");
    const pair = { ours: 0, theirs: 0 };
    for (const side of round % 2 === 0 ? ["ours", "theirs"] : ["theirs", "ours"]) pair[side] = await (side === "ours" ? ours : theirs)();
    if (round < 0) continue;
    sampled.ours.push(pair.ours);
    sampled.theirs.push(pair.theirs);
  }
  const ratios = sampled.ours.map((milliseconds, round) => sampled.theirs[round] / milliseconds);
  return { ours: median(sampled.ours), theirs: median(sampled.theirs), ratio: median(ratios), interval: bootstrap(ratios), rounds: ratios.length };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Between which two values the median of such samples lies in 95 of 100 draws (Efron, Annals of Statistics 7, 1979). @param {number[]} values */
function bootstrap(values) {
  const next = generator(1);
  const medians = Array.from({ length: RESAMPLES }, () => median(values.map(() => values[Math.floor(next() * values.length)])));
  medians.sort((a, b) => a - b);
  return [medians[Math.floor(0.025 * RESAMPLES)], medians[Math.floor(0.975 * RESAMPLES)]];
}

/**
 * The same numbers on every machine and on both sides.
 */

/** Numbers from 0 to 1 from a seed: Marsaglia's xorshift with 32 bits ("Xorshift RNGs", Journal of Statistical Software 8, 2003). @param {number} seed */
export function generator(seed) {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Evenly from -limit to limit. @param {number[]} shape @param {number} seed */
export function uniform(shape, seed, limit = 1) {
  const next = generator(Math.imul(seed, 0x9e3779b1));
  // The first numbers of neighbouring seeds are alike.
  for (let skip = 0; skip < 16; skip += 1) next();
  const size = shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({ length: size }, () => limit * (2 * next() - 1));
}

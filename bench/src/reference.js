/**
 * What both sides are compared with before anything is timed: the same in float64, as plainly as it can be written.
 */

/** a [M, K] times b [K, N]. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function product(a, b, M, K, N) {
  const c = new Float64Array(M * N);
  for (let m = 0; m < M; m += 1) {
    for (let k = 0; k < K; k += 1) {
      const factor = a[m * K + k];
      for (let n = 0; n < N; n += 1) c[m * N + n] += factor * b[k * N + n];
    }
  }
  return c;
}

/**
 * softmax(q kᵀ / √D) v for q [H, T, D], k and v [G, T, D], over the keys that a query sees.
 * @param {{ q: { data: ArrayLike<number> }, k: { data: ArrayLike<number> }, v: { data: ArrayLike<number> } }} inputs
 * @param {{ H: number, G: number, T: number, D: number, isVisible: (query: number, key: number) => boolean }} sizes
 */
export function attention({ q, k, v }, { H, G, T, D, isVisible }) {
  const y = new Float64Array(H * T * D);
  for (let h = 0; h < H; h += 1) {
    const shared = Math.floor(h / (H / G)) * T;
    for (let t = 0; t < T; t += 1) {
      const at = (h * T + t) * D;
      const keys = Array.from({ length: T }, (_, s) => s).filter((s) => isVisible(t, s));
      const scores = keys.map((s) => {
        let sum = 0;
        for (let d = 0; d < D; d += 1) sum += q.data[at + d] * k.data[(shared + s) * D + d];
        return sum / Math.sqrt(D);
      });
      const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((a, b) => a + b, 0);
      keys.forEach((s, index) => {
        for (let d = 0; d < D; d += 1) y[at + d] += (weights[index] / total) * v.data[(shared + s) * D + d];
      });
    }
  }
  return y;
}

/** The largest difference, in parts of the largest value; NaN where a value is none. @param {ArrayLike<number>} values @param {Float64Array} reference */
export function largestError(values, reference) {
  if (values.length !== reference.length) return NaN;
  let [difference, largest] = [0, 0];
  for (let at = 0; at < reference.length; at += 1) {
    const error = Math.abs(values[at] - reference[at]);
    if (!(error <= Infinity)) return NaN;
    difference = Math.max(difference, error);
    largest = Math.max(largest, Math.abs(reference[at]));
  }
  return difference / largest;
}

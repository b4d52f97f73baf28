/** [.., A, B, D] with the two middle dimensions exchanged. @param {Float32Array} data @param {number} A @param {number} B @param {number} D */
export function tokensFirst(data, A, B, D) {
  const turned = new Float32Array(data.length);
  for (let a = 0; a < A; a += 1) for (let b = 0; b < B; b += 1) turned.set(data.subarray((a * B + b) * D, (a * B + b + 1) * D), (b * A + a) * D);
  return turned;
}

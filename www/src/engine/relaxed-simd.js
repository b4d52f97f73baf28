/**
 * Whether the browser has instructions that multiply and add at once. The modules that use them hold the same functions
 * as the plain ones, which a page that carries its files in itself has alone.
 */
export function hasRelaxedSimd() {
  // (module (func unreachable f32x4.relaxed_madd drop))
  return WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0, 253, 133, 2, 26, 11));
}

/** Numbers as text: short inside a cell, exact where somebody asks. */
import { decimal } from "./language.js";
import { texts } from "./texts.js";

/** Two or three significant digits, at most six characters or so. @param {number | bigint} value @returns {string} */
export function shortNumber(value) {
  if (typeof value === "bigint") return value.toString();
  if (!Number.isFinite(value)) return specialNumber(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (Number.isInteger(value) && size < 1e5) return signed(value, String(size));
  if (size >= 1e4 || size < 0.005) return signed(value, size.toExponential(0).replace("e+", "e").replace("e-", "e−"));
  return signed(value, size >= 100 ? size.toFixed(0) : size >= 10 ? size.toFixed(1) : size.toFixed(2));
}

/** The shortest decimal that is this very value in its dtype. @param {number | bigint | boolean} value @param {string} dtype */
export function exactNumber(value, dtype) {
  if (dtype.endsWith("bool")) return value ? "True" : "False";
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return specialNumber(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  if (dtype.endsWith("float64")) return String(value);
  // float16 and bfloat16 values are float32 values too, so one search serves all three.
  for (let digits = 1; digits <= 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
}

/** A time in the unit that suits it. @param {number} microseconds */
export function duration(microseconds) {
  if (microseconds < 0.05) return decimal("< 0.1 µs");
  if (microseconds < 1000) return decimal(`${microseconds.toFixed(microseconds < 10 ? 1 : 0)} µs`);
  if (microseconds < 1e6) return decimal(`${(microseconds / 1000).toPrecision(3)} ms`);
  return decimal(`${(microseconds / 1e6).toPrecision(3)} s`);
}

/** A size in the unit that suits it, a thousand to the next. @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1000) return texts.number.bytes(decimal(String(bytes)));
  const [unit, size] = bytes < 1e6 ? ["KB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : bytes < 1e12 ? ["GB", 1e9] : ["TB", 1e12];
  const value = bytes / Number(size);
  return `${decimal(value.toFixed(value < 10 ? 1 : 0))} ${unit}`;
}

/** @param {number} value */
function specialNumber(value) {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "−inf";
}

/** A true minus sign, as wide as a digit. @param {number} value @param {string} magnitude */
function signed(value, magnitude) {
  return value < 0 ? `−${magnitude}` : magnitude;
}

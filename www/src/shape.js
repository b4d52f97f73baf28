/** Arithmetic on shapes. */

/** How many cells a tensor of this shape has. @param {number[]} shape */
export function cellCount(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

/** The place of an index in the row-major values. @param {number[]} shape @param {number[]} index */
export function offsetFromIndex(shape, index) {
  return index.reduce((offset, at, axis) => offset * shape[axis] + at, 0);
}

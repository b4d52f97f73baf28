/** Arithmetic on shapes, and which tensors are more than a shape. */

/** How many cells a tensor of this shape has. @param {number[]} shape */
export function cellCount(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether a step's name is of a tensor that can be read: one on the device meta has no values. @param {Pick<import("./engine/engine").Name, "kind" | "device">} name */
export function hasValues({ kind, device }) {
  return kind === "tensor" && device !== "meta";
}

/** The place of an index in the row-major values. @param {number[]} shape @param {number[]} index */
export function offsetFromIndex(shape, index) {
  return index.reduce((offset, at, axis) => offset * shape[axis] + at, 0);
}

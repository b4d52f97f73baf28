/**
 * ONNX graphs as bytes ([onnx.proto](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto)), so that running the benchmark needs no Python.
 */

/** The newest sets of operators that ONNX Runtime Web 1.30 has all of. */
const OPSETS = [{ domain: "", version: 21 }, { domain: "com.microsoft", version: 1 }];
const IR_VERSION = 10;

const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;
const DTYPES = new Map([[Float32Array, FLOAT], [Uint8Array, UINT8], [Int8Array, INT8], [Int32Array, INT32], [BigInt64Array, INT64]]);
const DTYPE_OF_NAME = { float32: FLOAT, uint8: UINT8, int8: INT8, int32: INT32, int64: INT64 };

/**
 * A node: `node("MatMul", ["a", "b"], ["c"])`. Attributes are numbers (whole ones become INT, `{ float }` FLOAT), lists of whole numbers, or strings.
 * @param {string} op @param {string[]} inputs "" for one that is left out @param {string[]} outputs
 */
export function node(op, inputs, outputs, attributes = {}, domain = "") {
  return { op, inputs, outputs, attributes, domain };
}

/**
 * @param {{
 *   nodes: ReturnType<typeof node>[],
 *   inputs: Record<string, { dtype: string, shape: (number | string)[] }>,
 *   outputs: Record<string, { dtype: string, shape: (number | string)[] }>,
 *   weights?: Record<string, { shape: number[], data: ArrayBufferView }>,
 * }} graph
 */
export function model({ nodes, inputs, outputs, weights = {} }) {
  const graph = message(
    ...nodes.map((one) => field(1, nodeProto(one))),
    field(2, text("graph")),
    ...Object.entries(weights).map(([name, tensor]) => field(5, tensorProto(name, tensor))),
    ...Object.entries(inputs).map(([name, value]) => field(11, valueProto(name, value))),
    ...Object.entries(outputs).map(([name, value]) => field(12, valueProto(name, value))),
  );
  const opsets = OPSETS.map(({ domain, version }) => field(8, message(field(1, text(domain)), number(2, version))));
  return bytesOf(message(number(1, IR_VERSION), field(7, graph), ...opsets));
}

function nodeProto({ op, inputs, outputs, attributes, domain }) {
  return message(
    ...inputs.map((name) => field(1, text(name))),
    ...outputs.map((name) => field(2, text(name))),
    field(4, text(op)),
    ...Object.entries(attributes).map(([name, value]) => field(5, attributeProto(name, value))),
    field(7, text(domain)),
  );
}

function attributeProto(name, value) {
  const [content, type] = attributeContent(value);
  return message(field(1, text(name)), ...content, number(20, type));
}

/** The fields with a value, and AttributeProto.AttributeType. */
function attributeContent(value) {
  if (typeof value === "string") return [[field(4, text(value))], 3];
  if (Array.isArray(value)) return [value.map((one) => number(8, one)), 7];
  if (typeof value === "object") return [[{ head: [(2 << 3) | 5], parts: [new Uint8Array(new Float32Array([value.float]).buffer)] }], 1];
  return [[number(3, value)], 2];
}

function tensorProto(name, { shape, data }) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(...shape.map((size) => number(1, size)), number(2, DTYPES.get(data.constructor)), field(8, text(name)), field(9, { size: bytes.length, parts: [bytes] }));
}

function valueProto(name, { dtype, shape }) {
  const dimensions = shape.map((size) => field(1, typeof size === "number" ? message(number(1, size)) : message(field(2, text(size)))));
  const tensor = message(number(1, DTYPE_OF_NAME[dtype]), field(2, message(...dimensions)));
  return message(field(1, text(name)), field(2, message(field(1, tensor))));
}

// Protocol buffers: a message is fields one after another; a field is its number and wire type, then a varint, or a length and bytes.
// Weights are tens of megabytes, so that a message stays a list of parts until all is there.

/** @param {{ head: number[], parts: Uint8Array[] }[]} fields */
function message(...fields) {
  const parts = fields.flatMap(({ head, parts }) => [Uint8Array.from(head), ...parts]);
  return { parts, size: parts.reduce((size, part) => size + part.length, 0) };
}

function field(index, { parts, size }) {
  return { head: [...varint((index << 3) | 2), ...varint(size)], parts };
}

function number(index, value) {
  return { head: [...varint(index << 3), ...varint(value)], parts: [] };
}

function text(string) {
  const bytes = new TextEncoder().encode(string);
  return { size: bytes.length, parts: [bytes] };
}

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function bytesOf({ parts, size }) {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

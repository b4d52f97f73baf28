/**
 * The product of two matrices of 512 × 512 float32.
 */
import { node, model } from "../onnx.js";
import { uniform } from "../random.js";
import { product } from "../reference.js";

const N = 512;
const SHAPE = [N, N];

const CODE = `
from safetensors.torch import load_file

inputs = load_file("inputs.safetensors")
a, b = inputs["a"], inputs["b"]
c = a @ b
`;

/** @param {"cpu" | "webgpu"} device @returns {import("../row").Row} */
export function matmul(device, goals) {
  const inputs = { a: { shape: SHAPE, data: uniform(SHAPE, 1) }, b: { shape: SHAPE, data: uniform(SHAPE, 2) } };
  const whole = { device, operation: "matmul", inputs };
  return {
    name: `matmul-512-${device}`,
    title: "f32 matrix product 512³",
    device,
    inputs,
    ours: { code: CODE, result: "c" },
    includes: "the operation; matrices and result stay with the engine",
    flops: 2 * N ** 3,
    reference: () => product(inputs.a.data, inputs.b.data, N, N, N),
    tolerance: { relative: N * 2 ** -24, reason: "what 512 float32 additions in any order can lose" },
    rivals: {
      ort: {
        includes: device === "cpu" ? "session.run, b a weight of the graph; a is copied in and c out, 2 MB" : "session.run until the queue is done, all on the GPU",
        job: () => ({ device, graph: graph(device === "cpu" ? { b: inputs.b } : {}), inputs: device === "cpu" ? { a: inputs.a } : inputs, output: "c" }),
        goals: goals.ort,
      },
      ...(device === "cpu"
        ? {
            tfjs: { includes: "tf.matMul, all in its memory", job: () => whole, goals: goals.other },
            candle: { includes: "Tensor::matmul, all in its memory", job: () => whole, goals: goals.other },
          }
        : {}),
      jax: { includes: "jit(numpy.matmul) until ready, all in its memory", job: () => whole, goals: device === "cpu" ? goals.other : goals.jax },
    },
  };
}

/** c = a b, where b is a weight, which ONNX Runtime packs once, or an input. */
function graph(weights) {
  const matrix = { dtype: "float32", shape: SHAPE };
  const inputs = "b" in weights ? { a: matrix } : { a: matrix, b: matrix };
  return model({ nodes: [node("MatMul", ["a", "b"], ["c"])], inputs, outputs: { c: matrix }, weights });
}

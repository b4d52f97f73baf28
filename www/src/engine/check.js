/**
 * Whether the GPU computes what the CPU computes: a few operations with the numbers of a small attention, whose shaders
 * programs need anyway. Drivers get shaders wrong, and then nothing else says so.
 */

/** A name of the program below, and what its values are of. */
const COMPUTED = { scores: "a matrix product", weights: "softmax", total: "a sum", out: "attention" };

const PROGRAM = `import torch
import torch.nn.functional as F
x = (torch.arange(96) % 13 - 6).reshape(8, 12) / 6
scores = x @ x.T
weights = torch.softmax(scores, dim=-1)
total = x.sum(dim=0)
out = F.scaled_dot_product_attention(x, x, x, is_causal=True)
`;

/**
 * How far the two may be apart, as a part of the value, and of 1 where it is smaller: sums of twelve float32 products
 * in another order are a few 1e-7 apart, and WGSL lets exp(x) be wrong by 3 + 2 |x| units in the last place, which is
 * 4e-6 for the scores here. What is wrong is wrong in its first digits.
 */
const TOLERANCE = 1e-4;

/**
 * What differs, as part of a sentence; "" if nothing does, null if it is not known since the GPU was lost or is full.
 * @param {import("./attention_playground.js").Engine} engine one that nobody else uses
 * @returns {Promise<string | null>}
 */
export async function check(engine) {
  const right = await computed(engine, "cpu");
  const found = await computed(engine, "webgpu");
  if (right === null || typeof right === "string" || found === null) return null;
  if (typeof found === "string") return found;
  for (const [name, what] of Object.entries(COMPUTED)) {
    const at = right[name].findIndex((value, index) => !(Math.abs(found[name][index] - value) <= TOLERANCE * Math.max(1, Math.abs(value))));
    if (at >= 0) return `${what} gave ${found[name][at].toPrecision(5)} where the CPU gives ${right[name][at].toPrecision(5)}`;
  }
  return "";
}

/** The values by name, or why there are none: a sentence's part, null where that says nothing of the GPU. */
async function computed(engine, device) {
  const { error, steps, deviceLost } = await engine.run(PROGRAM, { device, limits: {}, files: {}, modules: {}, untraced: [], arguments: [] }, () => {});
  if (deviceLost) return null;
  if (error) return reason(error.message);
  const values = {};
  try {
    for (const { name, id } of steps.flatMap(({ names }) => names)) if (name in COMPUTED) values[name] = (await engine.read(id)).data;
  } catch (failure) {
    return reason(String(failure?.message ?? failure));
  }
  return values;
}

/** A GPU that is lost or full may be right all the same. @param {string} message */
const reason = (message) => (/memory|lost|hand over/.test(message) ? null : message);

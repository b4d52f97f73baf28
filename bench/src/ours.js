/**
 * Our side, through the engine's public surface (`www/src/engine/engine.d.ts`).
 */
import { createEngine } from "./playground/attention-playground.js";
import { safetensors } from "./safetensors.js";

/** Programs of models keep nothing for a reader. */
const UNTRACED = { trace: 0 };

/**
 * @typedef {{ code: string, result?: string, modules?: Record<string, string> }} Program
 *   `result` is the name of the tensor whose making is timed; without one the program times itself and prints
 *   `milliseconds NUMBER`, and the values that are checked after `values`, as a list.
 */

export class Ours {
  /** @type {Awaited<ReturnType<typeof createEngine>>} */
  #engine;
  #device;
  #id = 0;
  /** The program that times itself, to be run again. @type {(() => Promise<{ milliseconds: number, data: Float32Array }>) | undefined} */
  #again;

  /** @param {"cpu" | "webgpu"} device */
  static async start(device) {
    const ours = new Ours();
    ours.#device = device;
    ours.#engine = await createEngine({ device, threads: 1 });
    if (ours.#engine.device !== device) throw new Error(ours.#engine.deviceReason);
    return ours;
  }

  get adapter() {
    return this.#engine.adapter;
  }

  /** @param {Program} program @param {Record<string, { shape: number[], data: any }>} inputs */
  async prepare({ code, result, modules = {} }, inputs) {
    const files = { "inputs.safetensors": safetensors(inputs) };
    const run = async (limits) => {
      const answer = await this.#engine.run(code, { device: this.#device, files, modules, limits: { seconds: 600, ...limits } });
      if (!answer.ok) throw new Error(`${answer.error.type}: ${answer.error.message} (line ${answer.error.line})`);
      return answer;
    };
    if (result === undefined) {
      this.#again = async () => {
        const { stdout } = await run(UNTRACED);
        const line = (/** @type {string} */ word) => stdout.split("\n").find((one) => one.startsWith(`${word} `))?.slice(word.length + 1) ?? "";
        return { milliseconds: Number(line("milliseconds")), data: Float32Array.from(JSON.parse(line("values"))) };
      };
      return (await this.#again()).data;
    }
    this.#again = undefined;
    const { steps } = await run({});
    const named = steps.flatMap(({ names }) => names).filter(({ name, kind }) => name === result && kind === "tensor");
    this.#id = named.at(-1).id;
    return /** @type {Float32Array} */ ((await this.#engine.read(this.#id)).data);
  }

  /** Milliseconds of one run. */
  async sample() {
    if (this.#again) return (await this.#again()).milliseconds;
    return /** @type {number} */ (await this.#engine.time(this.#id)) / 1000;
  }

  close() {
    this.#engine.close();
  }
}

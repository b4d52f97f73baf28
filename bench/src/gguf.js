/**
 * The decoder as a GGUF file with weights of 8 bits, for llama.cpp
 * ([the format](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)).
 */
import { CONFIG, D, H, L, M, N, V } from "./decoder.js";

const ALIGNMENT = 32;
const BLOCK = 32;
/** The types of tensors. */
const F32 = 0;
const Q8_0 = 8;

/** Chinese characters, of which there are more than tokens. */
const FIRST_CHARACTER = 0x4e00;

const NAMES = {
  input_layernorm: "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
  post_attention_layernorm: "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
};

/** @param {import("./decoder").Weights} weights */
export function gguf(weights) {
  const tensors = Object.entries(weights).map(([name, { shape, data }]) => {
    const isMatrix = shape.length === 2;
    const rows = /[qk]_proj/.test(name) ? paired(data) : data;
    return { name: nameOf(name), shape: [...shape].reverse(), type: isMatrix ? Q8_0 : F32, bytes: isMatrix ? blocks(rows) : new Uint8Array(data.buffer) };
  });
  const head = new Writer();
  const metadata = entries();
  head.text("GGUF").u32(3).u64(tensors.length).u64(metadata.length);
  for (const [key, write] of metadata) write(head.string(key));
  let offset = 0;
  for (const { name, shape, type, bytes } of tensors) {
    head.string(name).u32(shape.length);
    for (const size of shape) head.u64(size);
    head.u32(type).u64(offset);
    offset += aligned(bytes.length);
  }
  const gap = (size) => new Uint8Array(aligned(size) - size);
  return new Blob([head.bytes(), gap(head.size), ...tensors.flatMap(({ bytes }) => [bytes, gap(bytes.length)])]);
}

/** The text of these tokens. @param {number[]} ids */
export function textOf(ids) {
  return ids.map((id) => token(id).text).join("");
}

const aligned = (/** @type {number} */ size) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;

function nameOf(/** @type {string} */ name) {
  if (name === "model.embed_tokens.weight") return "token_embd.weight";
  if (name === "model.norm.weight") return "output_norm.weight";
  const [, layer, part] = /^model\.layers\.(\d+)\.(.*)\.weight$/.exec(name);
  return `blk.${layer}.${NAMES[part]}.weight`;
}

/** The rows of each head in the order in which llama.cpp turns them: pair d are rows 2 d and 2 d + 1. */
function paired(data) {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < H * D; row += 1) {
    const [head, d] = [Math.floor(row / D), row % D];
    const to = head * D + (d % (D / 2)) * 2 + Math.floor(d / (D / 2));
    turned.set(data.subarray(row * M, (row + 1) * M), to * M);
  }
  return turned;
}

/** Blocks of a float16 scale and 32 whole numbers. @param {Float32Array} data */
function blocks(data) {
  const { cells, scales } = quantized(data);
  const bytes = new Uint8Array(scales.length * (BLOCK + 2));
  const view = new DataView(bytes.buffer);
  scales.forEach((scale, block) => {
    const at = block * (BLOCK + 2);
    view.setUint16(at, float16(scale), true);
    bytes.set(new Uint8Array(cells.buffer, block * BLOCK, BLOCK), at + 2);
  });
  return bytes;
}

/** What `Q8_0` makes of numbers: whole ones, and a scale for each 32, which float16 holds. @param {Float32Array} data */
export function quantized(data) {
  const cells = new Int8Array(data.length);
  const scales = new Float32Array(data.length / BLOCK);
  for (let block = 0; block < scales.length; block += 1) {
    const values = data.subarray(block * BLOCK, (block + 1) * BLOCK);
    const scale = values.reduce((most, one) => Math.max(most, Math.abs(one)), 0) / 127;
    const unit = 2 ** (Math.floor(Math.log2(scale)) - 10);
    scales[block] = scale === 0 ? 0 : Math.round(scale / unit) * unit;
    values.forEach((one, index) => (cells[block * BLOCK + index] = scale === 0 ? 0 : Math.round(one / scale)));
  }
  return { cells, scales };
}

/** A positive number that is one of float16's normal ones, as its bits. */
function float16(value) {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + (value / 2 ** exponent - 1) * 1024;
}

/** What llama.cpp wants to know, each with the function that writes it. */
function entries() {
  const u32 = (value) => (to) => to.u32(4).u32(value);
  const f32 = (value) => (to) => to.u32(6).f32(value);
  const boolean = (value) => (to) => to.u32(7).u8(Number(value));
  const string = (value) => (to) => to.u32(8).string(value);
  const list = (type, values, write) => (to) => {
    to.u32(9).u32(type).u64(values.length);
    for (const value of values) write(to, value);
  };
  const tokens = Array.from({ length: V }, (_, id) => token(id));
  const sizes = {
    context_length: CONFIG.max_position_embeddings, embedding_length: M, block_count: L, feed_forward_length: N, vocab_size: V,
    "attention.head_count": H, "attention.head_count_kv": CONFIG.num_key_value_heads, "rope.dimension_count": D,
  };
  return [
    ["general.architecture", string("llama")],
    ["general.name", string("random")],
    ["general.file_type", u32(7)],
    ...Object.entries(sizes).map(([name, size]) => [`llama.${name}`, u32(size)]),
    ["llama.attention.layer_norm_rms_epsilon", f32(CONFIG.rms_norm_eps)],
    ["llama.rope.freq_base", f32(CONFIG.rope_theta)],
    ["tokenizer.ggml.model", string("llama")],
    ["tokenizer.ggml.tokens", list(8, tokens.map(({ text }) => text), (to, text) => to.string(text))],
    ["tokenizer.ggml.scores", list(6, tokens.map((_, id) => -id), (to, score) => to.f32(score))],
    ["tokenizer.ggml.token_type", list(5, tokens.map(({ type }) => type), (to, type) => to.u32(type))],
    ["tokenizer.ggml.add_bos_token", boolean(false)],
    ["tokenizer.ggml.add_space_prefix", boolean(false)],
    ["tokenizer.ggml.unknown_token_id", u32(0)],
    ["tokenizer.ggml.bos_token_id", u32(1)],
    ["tokenizer.ggml.eos_token_id", u32(2)],
  ];
}

/** A SentencePiece vocabulary must have a token for each byte. The others are one character each, so that a text is its ids. */
function token(/** @type {number} */ id) {
  if (id < 3) return { text: ["<unk>", "<s>", "</s>"][id], type: id === 0 ? 2 : 3 };
  if (id < 259) return { text: `<0x${(id - 3).toString(16).toUpperCase().padStart(2, "0")}>`, type: 6 };
  return { text: String.fromCodePoint(FIRST_CHARACTER + id), type: 1 };
}

/** Numbers and texts one after another, little-endian. */
class Writer {
  /** @type {Uint8Array[]} */
  #parts = [];
  size = 0;

  #add(bytes) {
    this.#parts.push(bytes);
    this.size += bytes.length;
    return this;
  }

  text(text) {
    return this.#add(new TextEncoder().encode(text));
  }

  u8(value) {
    return this.#add(Uint8Array.of(value));
  }

  u32(value) {
    return this.#add(new Uint8Array(Uint32Array.of(value).buffer));
  }

  u64(value) {
    return this.#add(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  f32(value) {
    return this.#add(new Uint8Array(Float32Array.of(value).buffer));
  }

  string(text) {
    const bytes = new TextEncoder().encode(text);
    return this.u64(bytes.length).#add(bytes);
  }

  bytes() {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

"""Makes the GGUF files beside it, and what transformers computes from the same weights: needs torch, transformers, gguf.

    python tests/gguf/make.py

The names and the changes of weights are those of llama.cpp's converter; gguf's own `dequantize` says what the stored
blocks stand for, and transformers computes with that in float32. Together the files hold every type that is read.
"""

import json
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

HERE = Path(__file__).parent
TYPES = gguf.GGMLQuantizationType
GREEDY_TOKENS = 12
LAYER = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
NORMS = {"post_attention_layernorm": "ffn_norm"}
GEMMA_NORMS = {
    "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
COMMON = {"vocab_size": 96, "max_position_embeddings": 256, "bos_token_id": 1, "eos_token_id": 2}
# Widths that the blocks fill: 256 for the K types, 32 for the others.
MODELS = {
    "llama": {
        "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 8,
        "num_key_value_heads": 2, "head_dim": 32, "rms_norm_eps": 1e-5, "attention_bias": True,
        "rope_parameters": {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
                            "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
    },
    "qwen3": {
        "hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 2, "num_attention_heads": 6,
        "num_key_value_heads": 3, "head_dim": 32, "tie_word_embeddings": True, "attention_bias": False,
        "rope_parameters": {"rope_type": "yarn", "rope_theta": 100000.0, "factor": 4.0,
                            "original_max_position_embeddings": 64},
    },
    "gemma3_text": {
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 7, "num_attention_heads": 4,
        "num_key_value_heads": 1, "head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 8,
        "rope_parameters": {"full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
                            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}},
    },
}
# The type of a layer's matrices by their name; what is not here is float32.
STORED = {
    "llama": {"attn_q": "Q4_K", "attn_k": "Q4_0", "attn_v": "Q6_K", "attn_output": "Q8_0", "ffn_gate": "Q4_K",
              "ffn_up": "Q4_K", "ffn_down": "Q6_K", "token_embd": "Q6_K", "output": "Q6_K"},
    "qwen3": {"attn_q": "F16", "attn_k": "BF16", "attn_v": "Q8_0", "attn_output": "Q4_0", "ffn_gate": "Q8_0",
              "ffn_up": "BF16", "ffn_down": "F16", "token_embd": "Q8_0"},
    "gemma3_text": {"attn_q": "Q4_0", "attn_k": "Q8_0", "attn_v": "BF16", "attn_output": "F16", "ffn_gate": "Q4_0",
                    "ffn_up": "Q4_0", "ffn_down": "Q8_0", "token_embd": "Q8_0"},
}


def published(name, norms):
    for beginning, instead in {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}.items():
        if name.startswith(beginning):
            return instead + name[len(beginning):]
    layer, rest = name.removeprefix("model.layers.").split(".", 1)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{ {**LAYER, **norms}[part] }.{kind}"


def blocks(weight, kind, random):
    """The stored bytes of a matrix. There is no quantizer of K types in gguf: theirs are random in every bit."""
    if kind not in ("Q4_K", "Q6_K"):
        return quantize(weight, TYPES[kind])
    size = gguf.GGML_QUANT_SIZES[TYPES[kind]][1]
    stored = random.integers(0, 256, (*weight.shape[:-1], weight.shape[-1] // 256, size), dtype=np.uint8)
    scale = (random.random(stored.shape[:-1]) * 5e-4 + 5e-5).astype(np.float16)
    if kind == "Q4_K":
        minimum = (scale.astype(np.float32) * 7.5).astype(np.float16)
        stored[..., :4] = np.stack([scale, minimum], -1).view(np.uint8)
    else:
        stored[..., -2:] = (scale / 4)[..., None].view(np.uint8)
    return stored.reshape(*weight.shape[:-1], -1)


def take_turns(weight, heads):
    """The rows of a head's first half and of its second half take turns, as llama.cpp's rotation has it."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def separate(weight, heads):
    return weight.reshape(heads, weight.shape[0] // heads // 2, 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def note(writer, config, model):
    kind, heads = config.model_type, config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    rope = config.rope_parameters
    if kind == "gemma3_text":
        writer.add_sliding_window(config.sliding_window)
        rope = rope["full_attention"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType[rope["rope_type"].upper()])
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if rope["rope_type"] == "llama3":
        D = config.head_dim
        usual = 1 / rope["rope_theta"] ** (torch.arange(0, D, 2).float() / D)
        writer.add_rope_dimension_count(D)
        writer.add_tensor("rope_freqs.weight", (usual / model.model.rotary_emb.inv_freq).numpy().astype(np.float32))


def make(kind, number):
    torch.manual_seed(number)
    random = np.random.default_rng(number)
    config = AutoConfig.for_model(kind, **COMMON, **MODELS[kind])
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    architecture = kind.removesuffix("_text")
    norms = GEMMA_NORMS if architecture == "gemma3" else NORMS
    folder = HERE / architecture
    folder.mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(folder / "model.gguf", architecture)
    note(writer, config, model)
    tied, values = config.tie_word_embeddings, {}
    for name, parameter in model.named_parameters():
        if name == "lm_head.weight" and tied:
            continue
        # Large enough that every part counts, and norms around one.
        noise = torch.randn(parameter.shape) * (0.3 if parameter.ndim == 1 else 1.5 / parameter.shape[-1] ** 0.5)
        weight = (noise + (1.0 if architecture != "gemma3" and "norm" in name else 0.0)).numpy()
        theirs = published(name, norms)
        stored = STORED[kind].get(theirs.split(".")[-2] if parameter.ndim == 2 else "", "F32")
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
        turns = architecture == "llama" and heads
        weight = take_turns(weight, heads) if turns else weight
        weight = weight + np.float32(1) if architecture == "gemma3" and "norm" in name else weight
        data = blocks(weight, stored, random)
        writer.add_tensor(theirs, data, raw_dtype=TYPES[stored])
        value = dequantize(data, TYPES[stored]).reshape(weight.shape)
        value = separate(value, heads) if turns else value
        value = value - np.float32(1) if architecture == "gemma3" and "norm" in name else value
        values[name] = torch.tensor(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    model.load_state_dict(values, strict=not tied)
    ids = torch.randint(3, 96, (1, 24))
    with torch.no_grad():
        out = model(ids, output_hidden_states=True, use_cache=False)
        greedy = ids
        for _ in range(GREEDY_TOKENS):
            greedy = torch.cat([greedy, model(greedy, use_cache=False).logits[:, -1].argmax(-1, keepdim=True)], 1)
    expected = {"input_ids": ids, "logits": out.logits, "greedy_ids": greedy}
    expected |= {f"hidden_states.{n}": x.contiguous().clone() for n, x in enumerate(out.hidden_states)}
    save_file(expected, folder / "expected.safetensors")
    print(architecture, "logits of standard deviation", out.logits.std().item(), json.dumps(sorted(set(STORED[kind].values()))))


for number, kind in enumerate(MODELS):
    make(kind, number)

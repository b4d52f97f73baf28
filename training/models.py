"""The models that are trained: one for each mechanism, alike in all else that their architectures let be alike.

Each is 6 layers deep and 96 wide, has 4 query heads and reads 256 tokens; feed-forward layers are dense where the
architecture has dense ones. Windows, block sizes and the number of chosen entries are scaled down with the context,
so that 256 tokens are long for each mechanism as its own context is for the published model.
"""

import transformers

WIDTH, LAYERS, HEADS, HEAD_WIDTH, CONTEXT = 96, 6, 4, 24, 256
INNER = 256                 # of a gated feed-forward layer; GPT-2's, of two matrices and not three, is wider by half
GROUPS = 2                  # key/value heads, where query heads share them
WINDOW = 32
ROPE = {"rope_type": "default", "rope_theta": 10000.0}

COMMON = {
    "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "initializer_range": 0.05,
    "max_position_embeddings": CONTEXT, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}
DENSE = {**COMMON, "intermediate_size": INNER}
GROUPED = {"num_key_value_heads": GROUPS, "head_dim": HEAD_WIDTH}
# A latent of 32 numbers and a rotated key of 8 stand for the keys and values of all heads.
LATENT = {
    "num_key_value_heads": HEADS, "kv_lora_rank": 32, "qk_nope_head_dim": HEAD_WIDTH, "qk_rope_head_dim": 8,
    "v_head_dim": HEAD_WIDTH, "rope_parameters": ROPE,
}
# Some classes want the sizes of experts although every layer here is dense: those have no effect.
MODELS = {
    "gpt2": {
        "title": "GPT-2", "mechanism": "multi-head-attention", "class": transformers.GPT2LMHeadModel,
        "config": {
            "n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_inner": INNER * 3 // 2, "n_positions": CONTEXT,
            "initializer_range": 0.05, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
            "bos_token_id": None, "eos_token_id": None,
        },
    },
    "qwen3": {
        "title": "Qwen3", "mechanism": "grouped-query-attention", "class": transformers.Qwen3ForCausalLM,
        "config": {**DENSE, **GROUPED, "rope_parameters": ROPE, "tie_word_embeddings": True},
    },
    "qwen3_multi_head": {
        "title": "Qwen3 with multi-head attention", "mechanism": "multi-head-attention", "architecture": "qwen3",
        "class": transformers.Qwen3ForCausalLM,
        "config": {
            **DENSE, "num_key_value_heads": HEADS, "head_dim": HEAD_WIDTH, "rope_parameters": ROPE,
            "tie_word_embeddings": True,
        },
    },
    "gemma3_text": {
        "title": "Gemma 3", "mechanism": "sliding-window-attention", "class": transformers.Gemma3ForCausalLM,
        "config": {
            **DENSE, **GROUPED, "sliding_window": WINDOW, "query_pre_attn_scalar": HEAD_WIDTH,
            "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
            "rope_parameters": {"sliding_attention": ROPE, "full_attention": ROPE},
        },
    },
    "deepseek_v3": {
        "title": "DeepSeek V3", "mechanism": "multi-head-latent-attention", "class": transformers.DeepseekV3ForCausalLM,
        "config": {**DENSE, **LATENT, "q_lora_rank": 48, "first_k_dense_replace": LAYERS, "moe_intermediate_size": 32},
    },
    "deepseek_v32": {
        "title": "DeepSeek V3.2", "mechanism": "deepseek-sparse-attention",
        "class": transformers.DeepseekV32ForCausalLM,
        "config": {
            **DENSE, **LATENT, "q_lora_rank": 48, "mlp_layer_types": ["dense"] * LAYERS, "moe_intermediate_size": 32,
            "index_n_heads": 4, "index_head_dim": 16, "index_topk": 32,
        },
    },
    "qwen3_next": {
        "title": "Qwen3-Next", "mechanism": "gated-delta-rule", "class": transformers.Qwen3NextForCausalLM,
        "config": {
            **DENSE, **GROUPED, "linear_num_key_heads": 2, "linear_num_value_heads": HEADS,
            "linear_key_head_dim": HEAD_WIDTH, "linear_value_head_dim": HEAD_WIDTH, "linear_conv_kernel_dim": 4,
            "layer_types": ["linear_attention"] * 3 + ["full_attention"] + ["linear_attention"] * 2,
            "mlp_only_layers": list(range(LAYERS)), "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32,
            "num_experts": 2, "num_experts_per_tok": 1, "rope_parameters": {**ROPE, "partial_rotary_factor": 0.25},
        },
    },
    "kimi_linear": {
        "title": "Kimi Linear", "mechanism": "kimi-delta-attention", "class": transformers.KimiLinearForCausalLM,
        "config": {
            **{k: v for k, v in DENSE.items() if k != "max_position_embeddings"}, "model_max_length": CONTEXT,
            **{k: v for k, v in LATENT.items() if k != "rope_parameters"}, "q_lora_rank": None,
            "linear_num_heads": HEADS, "linear_head_dim": HEAD_WIDTH, "linear_conv_kernel_dim": 4,
            "layer_types": ["linear_attention"] * 3 + ["full_attention"] + ["linear_attention"] * 2,
            "mlp_layer_types": ["dense"] * LAYERS, "moe_intermediate_size": 32, "num_experts": 2,
            "num_experts_per_token": 1,
        },
    },
    "gemma4_text": {
        "title": "Gemma 4", "mechanism": "cross-layer-kv-sharing", "class": transformers.Gemma4ForCausalLM,
        "config": {
            **DENSE, **GROUPED, "sliding_window": WINDOW, "num_kv_shared_layers": LAYERS // 2,
            "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
            "per_layer_config": {n: {"head_dim": 2 * HEAD_WIDTH} for n in (2, 5)},
            "hidden_size_per_layer_input": 16,
            "rope_parameters": {
                "sliding_attention": ROPE,
                "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 10000.0},
            },
        },
        "vocabulary": ["vocab_size", "vocab_size_per_layer_input"],
    },
    "zaya": {
        "title": "ZAYA1", "mechanism": "compressed-convolutional-attention", "class": transformers.ZayaForCausalLM,
        # Attention happens at half the model's width; experts are part of the architecture: one of two is chosen.
        "config": {
            **COMMON, "head_dim": HEAD_WIDTH // 2, "num_key_value_heads": GROUPS, "num_experts": 2,
            "moe_intermediate_size": INNER, "router_hidden_size": 16,
            "rope_parameters": {"hybrid": {**ROPE, "partial_rotary_factor": 0.5},
                                "hybrid_sliding": {**ROPE, "partial_rotary_factor": 0.5}},
        },
    },
    "deepseek_v4": {
        "title": "DeepSeek V4", "mechanism": "compressed-sparse-attention", "class": transformers.DeepseekV4ForCausalLM,
        # One vector of 48 numbers is key and value of all heads. Experts are part of the architecture: two of four
        # are chosen, and one is shared.
        "config": {
            **COMMON, "head_dim": 48, "q_lora_rank": 48, "o_groups": 2, "o_lora_rank": 48, "qk_rope_head_dim": 12,
            "sliding_window": 16,
            "compress_rates": {"compressed_sparse_attention": 4, "heavily_compressed_attention": 16},
            "layer_types": ["sliding_attention"] + ["compressed_sparse_attention", "heavily_compressed_attention"] * 2
            + ["compressed_sparse_attention"],
            "index_n_heads": 4, "index_head_dim": 24, "index_topk": 8, "hc_mult": 4,
            "mlp_layer_types": ["hash_moe"] + ["moe"] * (LAYERS - 1), "n_routed_experts": 4, "num_experts_per_tok": 2,
            "n_shared_experts": 1, "moe_intermediate_size": 80,
        },
    },
}


def architecture(name):
    return MODELS[name].get("architecture", name)


def build(name, vocabulary, changes=None):
    """The model of this name, its configuration changed, with fresh weights drawn from torch's random numbers."""
    model = MODELS[name]
    sizes = {field: vocabulary for field in model.get("vocabulary", ["vocab_size"])}
    config = model["class"].config_class(**{**model["config"], **sizes, **(changes or {})})
    # Attention that gives its shares back: the indexers learn from them.
    implementation = "eager" if name in ("deepseek_v32", "deepseek_v4") else "sdpa"
    return model["class"]._from_config(config, attn_implementation=implementation)

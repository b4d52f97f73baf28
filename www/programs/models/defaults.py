# %% [markdown]
# # What configurations may leave out
#
# A `config.json` names what differs from the defaults of the class in [transformers](https://github.com/huggingface/transformers) that reads it, and older files lack what came later.
# Here are these defaults, by `model_type`: the fields that the architecture's program reads, `None` for what follows from others.

# %%
DEFAULTS = {
    "gpt2": {
        "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": None,
        "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False, "tie_word_embeddings": True,
    },
    "llama": {
        "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": None, "head_dim": None, "hidden_act": "silu",
        "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False,
    },
    "qwen3": {
        "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "hidden_act": "silu",
        "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": False,
        "use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 28, "layer_types": None,
    },
    "gemma3_text": {
        "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": True,
        "query_pre_attn_scalar": 256, "sliding_window": 4096, "layer_types": None, "sliding_window_pattern": 6,
        "final_logit_softcapping": None, "attn_logit_softcapping": None, "use_bidirectional_attention": False,
    },
    "gpt_oss": {
        "vocab_size": 201088, "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 36,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072,
        "num_local_experts": 128, "num_experts_per_tok": 4, "sliding_window": 128, "layer_types": None,
        "rms_norm_eps": 1e-5, "attention_bias": True, "tie_word_embeddings": False,
        "swiglu_alpha": 1.702, "swiglu_limit": 7.0, "rope_parameters": {
            "rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
            "original_max_position_embeddings": 4096,
        },
    },
    "deepseek_v3": {
        "vocab_size": 129280, "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
        "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": None, "q_lora_rank": 1536,
        "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
        "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "n_group": 8, "topk_group": 4,
        "first_k_dense_replace": 3, "norm_topk_prob": True, "routed_scaling_factor": 2.5, "hidden_act": "silu",
        "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_interleave": True, "attention_bias": False,
        "tie_word_embeddings": False, "mlp_layer_types": None,
    },
    "deepseek_v32": {
        "max_position_embeddings": 163840, "index_topk": 2048, "index_head_dim": 128, "index_n_heads": 64,
        "layer_types": None,
    },
    "deepseek_v4": {
        "vocab_size": 129280, "hidden_size": 4096, "moe_intermediate_size": 2048, "num_hidden_layers": 43,
        "num_attention_heads": 64, "num_key_value_heads": 1, "head_dim": 512, "q_lora_rank": 1024, "o_groups": 8,
        "o_lora_rank": 1024, "sliding_window": 128, "index_n_heads": 64, "index_head_dim": 128, "index_topk": 512,
        "layer_types": None, "compress_ratios": None, "compress_rates": None, "mlp_layer_types": None,
        "num_hash_layers": 3, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 6,
        "scoring_func": "sqrtsoftplus", "norm_topk_prob": True, "routed_scaling_factor": 1.5, "swiglu_limit": 10.0,
        "hc_mult": 4, "hc_sinkhorn_iters": 20, "hc_eps": 1e-6, "max_position_embeddings": 1048576,
        "rope_theta": 10000.0, "compress_rope_theta": 160000.0, "partial_rotary_factor": None, "qk_rope_head_dim": 64,
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "mlp_bias": False,
    },
    "qwen3_next": {
        "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 48,
        "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "hidden_act": "silu",
        "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "attention_bias": False,
        "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
        "linear_num_key_heads": 16, "linear_num_value_heads": 32, "decoder_sparse_step": 1, "mlp_only_layers": None,
        "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "num_experts_per_tok": 10,
        "num_experts": 512, "norm_topk_prob": True, "layer_types": None, "full_attention_interval": 4,
        "partial_rotary_factor": 0.25,
    },
    "kimi_linear": {
        "vocab_size": 163840, "hidden_size": 2304, "intermediate_size": 9216, "moe_intermediate_size": 1024,
        "num_hidden_layers": 27, "num_attention_heads": 32, "num_key_value_heads": None, "num_shared_experts": 1,
        "routed_scaling_factor": 2.446, "kv_lora_rank": 512, "q_lora_rank": None, "qk_rope_head_dim": 64,
        "v_head_dim": 128, "qk_nope_head_dim": 128, "num_expert_group": 1, "topk_group": 1, "num_experts": 256,
        "num_experts_per_token": 8, "moe_renormalize": True, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "attention_bias": False, "tie_word_embeddings": False, "layer_types": None, "mlp_layer_types": None,
        "linear_head_dim": 128, "linear_num_heads": 32, "linear_conv_kernel_dim": 4, "first_k_dense_replace": 1,
        "model_max_length": 1048576,
    },
    "minimax": {
        "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": None, "hidden_act": "silu",
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "sliding_window": None,
        "num_experts_per_tok": 2, "num_local_experts": 8, "layer_types": None, "block_size": 256,
        "full_attn_alpha_factor": 1, "full_attn_beta_factor": 1, "linear_attn_alpha_factor": 1,
        "linear_attn_beta_factor": 1, "mlp_alpha_factor": 1, "mlp_beta_factor": 1,
    },
    "nemotron_h": {
        "vocab_size": 131072, "hidden_size": 4096, "intermediate_size": 21504, "layers_block_type": None,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "mlp_hidden_act": "relu2",
        "mlp_bias": False, "use_bias": False, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": False,
        "mamba_num_heads": 128, "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8, "conv_kernel": 4,
        "use_conv_bias": True, "mamba_hidden_act": "silu", "time_step_min": 0.001, "chunk_size": 128,
        "n_routed_experts": 8, "moe_intermediate_size": 7688, "moe_shared_expert_intermediate_size": 7688,
        "moe_latent_size": None, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "norm_topk_prob": True,
        "routed_scaling_factor": 1.0,
    },
    "gemma4_text": {
        "vocab_size": 262144, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 30,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": True,
        "sliding_window": 512, "layer_types": None, "final_logit_softcapping": None, "attention_k_eq_v": False,
        "use_bidirectional_attention": None, "vocab_size_per_layer_input": 262144, "hidden_size_per_layer_input": 256,
        "num_kv_shared_layers": 0, "use_double_wide_mlp": False, "enable_moe_block": False, "num_experts": None,
        "top_k_experts": None, "moe_intermediate_size": None, "per_layer_config": None, "global_head_dim": 512,
        "num_global_key_value_heads": None, "rope_parameters": {
            "sliding_attention": {"rope_theta": 10000.0},
            "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1000000.0},
        },
    },
    "laguna": {
        "vocab_size": 100352, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 40,
        "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128, "hidden_act": "silu",
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "attention_bias": False,
        "sliding_window": 512, "layer_types": None, "mlp_layer_types": None, "num_attention_heads_per_layer": None,
        "gating": True, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "num_experts": 256,
        "num_experts_per_tok": 8, "moe_routed_scaling_factor": 1.0, "moe_router_logit_softcapping": 0.0,
        "moe_apply_router_weight_on_input": False, "rope_parameters": {
            "full_attention": {"rope_theta": 500000.0, "partial_rotary_factor": 0.5},
            "sliding_attention": {"rope_theta": 10000.0, "partial_rotary_factor": 1.0},
        },
    },
    "zaya": {
        "vocab_size": 262272, "hidden_size": 2048, "num_hidden_layers": 40, "num_attention_heads": 8,
        "num_key_value_heads": 2, "head_dim": 128, "hidden_act": "silu", "max_position_embeddings": 131072,
        "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "lm_head_bias": False, "attention_bias": False,
        "sliding_window": None, "layer_types": None, "cca_time0": 2, "cca_time1": 2, "moe_intermediate_size": 2048,
        "num_experts": 16, "num_experts_per_tok": 1, "router_hidden_size": 256, "rope_parameters": {
            "hybrid": {"rope_theta": 5000000.0, "partial_rotary_factor": 0.5},
            "hybrid_sliding": {"rope_theta": 10000.0, "partial_rotary_factor": 0.5},
        },
    },
}

# %% [markdown]
# # gpt-oss
#
# Every second layer sees a window of 128 tokens, the others see everything, and each feed-forward layer is a choice of four experts among many.
# Each query head has a sink: a learned score that takes its share of the softmax and gives nothing, so that a head that has nothing to say can look away.
# YaRN stretches the rotary positions from the 4,096 tokens of the first training to 131,072.
#
# **Special** are the sinks, the biases on all projections, and experts whose gate is clamped, with a sigmoid of its own steepness and an `up` moved by one.
#
# **Used by** gpt-oss-20b and gpt-oss-120b
#
# Sources: [OpenAI 2025](https://arxiv.org/abs/2508.10925), section 2; [OpenAI's reference code](https://github.com/openai/gpt-oss/blob/main/gpt_oss/torch/model.py); [Xiao et al. 2023](https://arxiv.org/abs/2309.17453) for sinks; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gpt_oss/modeling_gpt_oss.py).

# %%
import torch

from layers import append, attend, attention_shapes, causal_mask, embed, linear, linear_shapes, mixture
from layers import project, rms_norm, rope_parameters, rotary, rotate_halves, split_heads

# What a configuration may leave out, as transformers' GptOssConfig has it.
DEFAULTS = {
    "vocab_size": 201088, "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 36,
    "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072,
    "num_local_experts": 128, "num_experts_per_tok": 4, "sliding_window": 128, "layer_types": None,
    "rms_norm_eps": 1e-5, "attention_bias": True, "tie_word_embeddings": False,
    "swiglu_alpha": 1.702, "swiglu_limit": 7.0, "rope_parameters": None,
}
DEFAULT_ROPE = {
    "rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
    "original_max_position_embeddings": 4096,
}


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, (
        "the experts are quantized (MXFP4), which is not supported: use a checkpoint in bfloat16"
    )
    if config["num_key_value_heads"] is None:
        config["num_key_value_heads"] = config["num_attention_heads"]
    if config["head_dim"] is None:
        config["head_dim"] = config["hidden_size"] // config["num_attention_heads"]
    if config["layer_types"] is None:
        layers = range(config["num_hidden_layers"])
        config["layer_types"] = ["full_attention" if n % 2 else "sliding_attention" for n in layers]
    if config["rope_parameters"] is None:
        config["rope_parameters"] = DEFAULT_ROPE
    return config


# %% [markdown]
# ## Weights
#
# The experts of a layer are stacked, input by output.

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, N, E = (config[key] for key in ("vocab_size", "hidden_size", "intermediate_size", "num_local_experts"))
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    bias = config["attention_bias"]

    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = [M]
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, bias))
        shapes[f"{at}.self_attn.sinks"] = [H]
        shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        shapes.update(linear_shapes(f"{at}.mlp.router", E, M, bias=True))
        shapes[f"{at}.mlp.experts.gate_up_proj"] = [E, M, 2 * N]
        shapes[f"{at}.mlp.experts.gate_up_proj_bias"] = [E, 2 * N]
        shapes[f"{at}.mlp.experts.down_proj"] = [E, N, M]
        shapes[f"{at}.mlp.experts.down_proj_bias"] = [E, M]
    return shapes


# %% [markdown]
# ## Attention

# %%
def attention(x, weights, name, config, rotation, window, kept):
    D = config["head_dim"]
    q = split_heads(project(x, weights, f"{name}.q_proj"), D)          # [B, H, T, D]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)          # [B, G, T, D]
    q, k = rotate_halves(q, *rotation), rotate_halves(k, *rotation)
    k, v = append(kept, "k", k, window), append(kept, "v", v, window)  # [B, G, S, D]
    mask = causal_mask(x.shape[1], k.shape[2], window, x.device)       # [T, S]
    heads = attend(q, k, v, mask, D**-0.5, sinks=weights[f"{name}.sinks"])
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## Experts
#
# The router's best K scores become shares by a softmax among themselves.

# %%
def experts(x, weights, name, config):
    rows = x.flatten(0, 1)                                             # [B · T, M]
    scores, chosen = project(rows, weights, f"{name}.router").topk(config["num_experts_per_tok"], dim=-1)
    shares = torch.softmax(scores, dim=-1)                             # [B · T, K]

    def weight(part, e):
        return weights[f"{name}.experts.{part}"][e]

    def expert(e, rows):                                               # [N, M]
        gate_up = linear(rows, weight("gate_up_proj", e).T, weight("gate_up_proj_bias", e))
        gate, up = gate_up[:, 0::2], gate_up[:, 1::2]                  # neighbours, not halves
        gate = gate.clamp(max=config["swiglu_limit"])
        up = up.clamp(min=-config["swiglu_limit"], max=config["swiglu_limit"])
        gated = gate * torch.sigmoid(gate * config["swiglu_alpha"]) * (up + 1)
        return linear(gated, weight("down_proj", e).T, weight("down_proj_bias", e))

    return mixture(rows, chosen, shares, expert).view(x.shape)


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return {"length": 0, "layers": [{} for _ in range(complete(config)["num_hidden_layers"])]}


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = rms_norm(x, weights["model.norm.weight"], config["rms_norm_eps"])
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    return linear(x, head), x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    T, eps = input_ids.shape[1], config["rms_norm_eps"]
    rope = rope_parameters(config, theta=150000.0)
    rotation = rotary(rope, config["head_dim"], cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        window = config["sliding_window"] if config["layer_types"][layer] == "sliding_attention" else None
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, window, kept)
        normed = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

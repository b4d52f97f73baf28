# %% [markdown]
# # Qwen3
#
# A decoder of Llama's plan whose queries and keys are normed head by head before they are turned by their positions.
# Without that norm the scores of a head can grow until its softmax sees one key alone and training diverges; when it came, the biases of Qwen2 went.
# A head's width is a number of its own, so that `H · D` need not be the model width.
#
# **Special** is the norm of queries and keys, one weight of width `D` for all heads of a layer. A configuration may also give its upper layers a sliding window.
#
# **Used by** Qwen3 0.6B to 32B and their embedding models
#
# Sources: [Yang et al. 2025](https://arxiv.org/abs/2505.09388), section 2; [Dehghani et al. 2023](https://arxiv.org/abs/2302.05442), section 2, for the norm; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3/modeling_qwen3.py).

# %%
from layers import append, attend, attention_shapes, causal_mask, embed, gated_feed_forward
from layers import gated_feed_forward_shapes, linear, project, rms_norm, rope_parameters, rotary, rotate_halves
from layers import split_heads

# What a configuration may leave out, as transformers' Qwen3Config has it.
DEFAULTS = {
    "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "hidden_act": "silu",
    "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": False,
    "use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 28, "layer_types": None,
}


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    if config["num_key_value_heads"] is None:
        config["num_key_value_heads"] = config["num_attention_heads"]
    if not config["use_sliding_window"]:
        config["sliding_window"] = None
    if config["layer_types"] is None:
        first = config["num_hidden_layers"] if config["sliding_window"] is None else config["max_window_layers"]
        layers = range(config["num_hidden_layers"])
        config["layer_types"] = ["sliding_attention" if n >= first else "full_attention" for n in layers]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, N = config["vocab_size"], config["hidden_size"], config["intermediate_size"]
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    bias = config["attention_bias"]

    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = [M]
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, bias))
        shapes[f"{at}.self_attn.q_norm.weight"] = [D]
        shapes[f"{at}.self_attn.k_norm.weight"] = [D]
        shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, N))
    return shapes


# %% [markdown]
# ## Attention
#
# Norm first, rotation second: a rotation keeps lengths, so that the norm holds at every position.

# %%
def attention(x, weights, name, config, rotation, window, kept):
    D, eps = config["head_dim"], config["rms_norm_eps"]
    q = split_heads(project(x, weights, f"{name}.q_proj"), D)          # [B, H, T, D]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)          # [B, G, T, D]
    q = rotate_halves(rms_norm(q, weights[f"{name}.q_norm.weight"], eps), *rotation)
    k = rotate_halves(rms_norm(k, weights[f"{name}.k_norm.weight"], eps), *rotation)
    k, v = append(kept, "k", k, window), append(kept, "v", v, window)  # [B, G, S, D]
    mask = causal_mask(x.shape[1], k.shape[2], window, x.device)       # [T, S]
    heads = attend(q, k, v, mask, D**-0.5)                             # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


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
    rotation = rotary(rope_parameters(config), config["head_dim"], cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        window = config["sliding_window"] if config["layer_types"][layer] == "sliding_attention" else None
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, window, kept)
        normed = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

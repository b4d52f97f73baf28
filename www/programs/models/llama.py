# %% [markdown]
# # Llama
#
# The decoder that most open models start from: every layer adds what attention found to the residual stream, then what a feed-forward layer made of it.
# Queries and keys are turned by their positions instead of adding a position to the input, and the norm in front of each part divides by the root mean square alone.
# From Llama 3 on, in every size, a group of query heads shares one key head and one value head.
#
# **Special** is how little there is: no biases, no dropout, one kind of layer.
#
# **Used by** Llama 1 to 3.3, and under its name SmolLM2, TinyLlama, Vicuna, Yi
#
# Sources: [Touvron et al. 2023](https://arxiv.org/abs/2302.13971), section 2.2; [Grattafiori et al. 2024](https://arxiv.org/abs/2407.21783), section 3.2, for grouped queries and the base frequency; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/modeling_llama.py).

# %%
from layers import append, attend, attention_shapes, causal_mask, embed, gated_feed_forward
from layers import gated_feed_forward_shapes, linear, project, rms_norm, rope_parameters, rotary, rotate_halves
from layers import split_heads

# What a configuration may leave out, as transformers' LlamaConfig has it.
DEFAULTS = {
    "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": None, "head_dim": None, "hidden_act": "silu",
    "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "attention_bias": False, "mlp_bias": False,
    "tie_word_embeddings": False,
}


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    H = config["num_attention_heads"]
    if config["num_key_value_heads"] is None:
        config["num_key_value_heads"] = H
    if config["head_dim"] is None:
        config["head_dim"] = config["hidden_size"] // H
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, N = config["vocab_size"], config["hidden_size"], config["intermediate_size"]
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    attention_bias, mlp_bias = config["attention_bias"], config["mlp_bias"]

    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = [M]
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, attention_bias))
        shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, N, bias=mlp_bias))
    return shapes


# %% [markdown]
# ## Attention
#
# The cache keeps the keys after they were turned, so that no earlier token is ever touched again.

# %%
def attention(x, weights, name, config, rotation, mask, kept):
    D = config["head_dim"]
    q = split_heads(project(x, weights, f"{name}.q_proj"), D)          # [B, H, T, D]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)          # [B, G, T, D]
    q, k = rotate_halves(q, *rotation), rotate_halves(k, *rotation)
    k, v = append(kept, "k", k), append(kept, "v", v)                  # [B, G, S, D]
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
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    rotation = rotary(rope_parameters(config), config["head_dim"], start, T, device)
    mask = causal_mask(T, start + T, device=device)                    # [T, S]

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, mask, kept)
        normed = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

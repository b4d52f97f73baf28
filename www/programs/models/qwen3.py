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
from cache import attend_to_kept, empty_cache
from configuration import attention_shapes, gated_feed_forward_shapes, model_shapes, shapes_at, with_defaults
from layers import embed, gated_feed_forward, normed_and_unembedded, project, queries_keys_values, rms_norm
from positions import rope_parameters, rotary, rotate_halves



def complete(config):
    config = with_defaults(config, "qwen3")
    if not config["use_sliding_window"]:
        config["sliding_window"] = None
    if config["layer_types"] is None:
        L = config["num_hidden_layers"]
        full = L if config["sliding_window"] is None else config["max_window_layers"]
        config["layer_types"] = (["full_attention"] * full + ["sliding_attention"] * L)[:L]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, N = config["hidden_size"], config["intermediate_size"]
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    shapes = model_shapes(config)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, config["attention_bias"]))
        shapes.update(shapes_at(f"{at}.self_attn", q_norm=[D], k_norm=[D]))
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, N))
    return shapes


# %% [markdown]
# ## Attention
#
# Norm first, rotation second: a rotation keeps lengths, so that the norm holds at every position.

# %%
def attention(x, weights, name, config, rotation, window, kept):
    D, eps = config["head_dim"], config["rms_norm_eps"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    q = rotate_halves(rms_norm(q, weights, f"{name}.q_norm", eps), *rotation)
    k = rotate_halves(rms_norm(k, weights, f"{name}.k_norm", eps), *rotation)
    heads = attend_to_kept(q, k, v, kept, D**-0.5, window)             # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    return normed_and_unembedded(x, weights, complete(config))


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
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, window, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

# %% [markdown]
# # Gemma 3
#
# Five layers out of six see only a window of the last tokens, the sixth sees everything: almost all of the cache stops growing once the window is full.
# The two kinds of layers turn queries and keys at different speeds, 10,000 as the base within a window and 1,000,000 across the whole text.
# Norms stand before and after each part, on queries and keys too, and store how far their weight is from one.
#
# **Special** are the pattern of windows, the four norms of a layer, an embedding stretched by the root of the model width, and scores divided by a number of the configuration rather than by `√D`.
#
# **Used by** Gemma 3 270M to 27B, their text model
#
# Sources: [Gemma Team 2025](https://arxiv.org/abs/2503.19786), section 2, and its ablations on windows and the cache; [Gemma Team 2024](https://arxiv.org/abs/2408.00118) for norms on both sides; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gemma3/modeling_gemma3.py).

# %%
from cache import attend_to_kept, empty_cache
from configuration import attention_shapes, gated_feed_forward_shapes, model_shapes, pattern, shapes_at, with_defaults
from layers import embed, gated_feed_forward, normed_and_unembedded, project, queries_keys_values, rms_norm_from_one
from positions import rotary_of_type, rotate_halves



def complete(config):
    config = with_defaults(config, "gemma3_text")
    assert not config["use_bidirectional_attention"], "attention in both directions is not supported"
    assert config["attn_logit_softcapping"] is None, "Gemma 3 norms queries and keys and does not cap its scores"
    if config["layer_types"] is None:
        # Older files name the distance from one full layer to the next.
        every = config["sliding_window_pattern"]
        config["layer_types"] = pattern(config, "sliding_attention", "full_attention", every)
    # Also their rotary positions are fields of their own, and a scaling is meant for the full layers alone.
    given, scaling = config.get("rope_parameters") or {}, config.pop("rope_scaling", None) or {}
    base, local_base = config.get("rope_theta") or 1e6, config.get("rope_local_base_freq") or 1e4
    config["rope_parameters"] = {
        "full_attention": {"rope_theta": base, **(given.get("full_attention") or {}), **scaling},
        "sliding_attention": {"rope_theta": local_base, **(given.get("sliding_attention") or {})},
    }
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
        shapes.update(shapes_at(at, pre_feedforward_layernorm=[M], post_feedforward_layernorm=[M]))
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, config["attention_bias"]))
        shapes.update(shapes_at(f"{at}.self_attn", q_norm=[D], k_norm=[D]))
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, N))
    return shapes


# %% [markdown]
# ## Attention

# %%
def attention(x, weights, name, config, rotation, window, kept):
    D, eps = config["head_dim"], config["rms_norm_eps"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    q = rotate_halves(rms_norm_from_one(q, weights, f"{name}.q_norm", eps), *rotation)
    k = rotate_halves(rms_norm_from_one(k, weights, f"{name}.k_norm", eps), *rotation)
    heads = attend_to_kept(q, k, v, kept, config["query_pre_attn_scalar"]**-0.5, window)         # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    return normed_and_unembedded(x, weights, complete(config), rms_norm_from_one)


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    D, kinds = config["head_dim"], config["rope_parameters"]
    rotations = {kind: rotary_of_type(config, kind, D, start, T, device) for kind in kinds}

    x = embed(weights["model.embed_tokens.weight"], input_ids) * config["hidden_size"]**0.5
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)                                        # [B, T, M]
        at, kind = f"model.layers.{layer}", config["layer_types"][layer]
        window = config["sliding_window"] if kind == "sliding_attention" else None
        found = rms_norm_from_one(x, weights, f"{at}.input_layernorm", eps)
        found = attention(found, weights, f"{at}.self_attn", config, rotations[kind], window, kept)
        x = x + rms_norm_from_one(found, weights, f"{at}.post_attention_layernorm", eps)
        made = rms_norm_from_one(x, weights, f"{at}.pre_feedforward_layernorm", eps)
        made = gated_feed_forward(made, weights, f"{at}.mlp", config["hidden_activation"])
        x = x + rms_norm_from_one(made, weights, f"{at}.post_feedforward_layernorm", eps)
    logits, x = normed_and_unembedded(x, weights, config, rms_norm_from_one)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

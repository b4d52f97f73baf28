# %% [markdown]
# # Gemma 4
#
# As in Gemma 3, most layers see a window of the last tokens and a few see everything; the layers that see everything have wider heads and turn only a quarter of their pairs, so that the rest compares tokens wherever they stand.
# The small models let the upper layers have no keys and values at all: they ask the last lower layer of their kind, and the cache holds the lower layers alone.
# They also give every layer an [embedding of the token](layer_embeddings.py) of its own, which is looked up instead of computed.
#
# **Special** in the large models is that the layers that see everything have no values: a key before its norm's weight and its rotation is the value, so that one tensor is kept for both.
# Norms of queries, keys and values take the place of a scale: scores are plain products. Each layer ends by stretching the whole residual stream by one learned number.
#
# **Used by** Gemma 4 E2B and E4B (shared keys and values, embeddings by layer), 26B-A4B (experts beside a feed-forward layer) and 31B, their text models
#
# Sources: [Google's own code](https://github.com/google-deepmind/gemma/tree/main/gemma/gm/nn/gemma4); [Brandon et al. 2024](https://arxiv.org/abs/2405.12981) for keys and values shared across layers, [Barbero et al. 2024](https://arxiv.org/abs/2410.06205) for turning only some pairs; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gemma4/modeling_gemma4.py).

# %%
from cache import append, empty_cache
from configuration import attention_shapes, check_layer_types, gated_feed_forward_shapes, model_shapes, pattern
from configuration import shapes_at, with_defaults
from experts_beside import expert_shapes, experts
from layer_embeddings import embeddings_by_layer, gate_shapes, table_shapes, told
from layers import attend, causal_mask, embed, gated_feed_forward, normed_and_unembedded, project, rms_norm
from layers import rms_norm_unweighted, split_heads
from positions import rotary_of_type, rotate_halves


def complete(config):
    config = with_defaults(config, "gemma4_text")
    assert config["use_bidirectional_attention"] != "all", "attention in both directions is not supported"
    kinds = config["layer_types"] or pattern(config, "sliding_attention", "full_attention", every=6)
    config["layer_types"] = kinds[:-1] + ["full_attention"]
    check_layer_types(config, ("full_attention", "sliding_attention"))
    config["layers"] = [layer_parts(config, n) for n in range(config["num_hidden_layers"])]
    return config


def layer_parts(config, n):
    """What differs between layers: kind, G, D, whether it shares another's keys, whether its keys are its values."""
    G, D, kind = config["num_key_value_heads"], config["head_dim"], config["layer_types"][n]
    keys_are_values = config["attention_k_eq_v"] and kind == "full_attention"
    if config["per_layer_config"] is None and kind == "full_attention":
        D = config["global_head_dim"]
        G = config["num_global_key_value_heads"] or G if keys_are_values else G
    # The numbers of layers may be written with zeros in front.
    changed = {int(layer): fields for layer, fields in (config["per_layer_config"] or {}).items()}.get(n, {})
    extra = [field for field in changed if field not in ("num_key_value_heads", "head_dim")]
    assert not extra, f"layer {n} has {extra} of its own, which is not supported"
    G, D = changed.get("num_key_value_heads", G), changed.get("head_dim", D)
    own = config["num_hidden_layers"] - config["num_kv_shared_layers"]
    assert kind in config["layer_types"][:own], f"no layer of type {kind} has keys that layer {n} could share"
    return {"kind": kind, "G": G, "D": D, "shares": n >= own, "keys_are_values": keys_are_values}


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, H, N = config["hidden_size"], config["num_attention_heads"], config["intermediate_size"]
    shapes, P = model_shapes(config), config["hidden_size_per_layer_input"]
    if P:
        shapes.update(table_shapes(config))
    for layer, parts in enumerate(config["layers"]):
        at, D, shares = f"model.layers.{layer}", parts["D"], parts["shares"]
        has = "qo" if shares else "qko" if parts["keys_are_values"] else "qkvo"
        shapes.update(attention_shapes(f"{at}.self_attn", H, parts["G"], D, M, config["attention_bias"], has))
        shapes.update(shapes_at(f"{at}.self_attn", **{f"{part}_norm": [D] for part in has if part in "qk"}))
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(shapes_at(at, pre_feedforward_layernorm=[M], post_feedforward_layernorm=[M]))
        wide = config["use_double_wide_mlp"] and shares
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, 2 * N if wide else N))
        shapes[f"{at}.layer_scalar"] = [1]
        if P:
            shapes.update(gate_shapes(at, M, P))
        if config["enable_moe_block"]:
            shapes.update(expert_shapes(at, config))
    return shapes


# %% [markdown]
# ## Attention

# %%
def keys_and_values(x, weights, name, config, parts, turn, window, kept):
    """k and v [B, G, S, D] of a layer that has its own."""
    D, eps = parts["D"], config["rms_norm_eps"]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    if parts["keys_are_values"]:
        # The value is kept, and the keys of all tokens are made from it: stretched by the norm's weight, and turned.
        v = append(kept, "v", rms_norm_unweighted(k, eps))
        S = v.shape[2]
        k = v * weights[f"{name}.k_norm.weight"].float()
        return rotate_halves(k, *rotary_of_type(config, parts["kind"], D, 0, S, x.device)), v
    v = rms_norm_unweighted(split_heads(project(x, weights, f"{name}.v_proj"), D), eps)
    k = rotate_halves(rms_norm(k, weights, f"{name}.k_norm", eps), *turn)
    return append(kept, "k", k, window), append(kept, "v", v, window)


def attention(x, weights, name, config, parts, turn, window, k, v):
    q = split_heads(project(x, weights, f"{name}.q_proj"), parts["D"]) # [B, H, T, D]
    q = rotate_halves(rms_norm(q, weights, f"{name}.q_norm", config["rms_norm_eps"]), *turn)
    mask = causal_mask(x.shape[1], k.shape[2], window, x.device)       # [T, S]
    return project(attend(q, k, v, mask, 1.0), weights, f"{name}.o_proj")            # [B, T, M]


# %% [markdown]
# ## Feed-forward layers
#
# Where there are experts, they stand [beside the feed-forward layer](experts_beside.py).

# %%
def feed_forward(x, weights, name, config):
    eps = config["rms_norm_eps"]
    normed = rms_norm(x, weights, f"{name}.pre_feedforward_layernorm", eps)
    made = gated_feed_forward(normed, weights, f"{name}.mlp", config["hidden_activation"])
    if config["enable_moe_block"]:
        made = rms_norm(made, weights, f"{name}.post_feedforward_layernorm_1", eps)
        made = made + experts(x, weights, name, config)
    return rms_norm(made, weights, f"{name}.post_feedforward_layernorm", eps)


# %% [markdown]
# ## The model
#
# Layers without keys come last, so that what they share is what the last layer of their kind had in this pass: all of it, also what its window then lets go of.

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
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    widths = {(parts["kind"], parts["D"]) for parts in config["layers"]}
    turns = {kind: rotary_of_type(config, kind, D, start, T, device) for kind, D in widths}
    x = embed(weights["model.embed_tokens.weight"], input_ids) * config["hidden_size"]**0.5     # [B, T, M]
    by_layer = embeddings_by_layer(x, weights, config, input_ids) if config["hidden_size_per_layer_input"] else None
    hidden_states, read = [], {}
    for layer, (parts, kept) in enumerate(zip(config["layers"], cache["layers"])):
        hidden_states.append(x)
        at, kind, turn = f"model.layers.{layer}", parts["kind"], turns[parts["kind"]]
        window = config["sliding_window"] if kind == "sliding_attention" else None
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        if not parts["shares"]:
            read[kind] = keys_and_values(normed, weights, f"{at}.self_attn", config, parts, turn, window, kept)
        found = attention(normed, weights, f"{at}.self_attn", config, parts, turn, window, *read[kind])
        x = x + rms_norm(found, weights, f"{at}.post_attention_layernorm", eps)
        x = x + feed_forward(x, weights, at, config)
        if by_layer is not None:
            x = x + told(x, by_layer[:, :, layer], weights, at, config)
        x = x * weights[f"{at}.layer_scalar"].float()
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

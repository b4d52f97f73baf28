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
import torch

from layers import append, attend, attention_shapes, causal_mask, embed, gated_feed_forward
from layers import gated_feed_forward_shapes, linear, project, rms_norm, rope_parameters, rotary, rotate_halves
from layers import split_heads

# What a configuration may leave out, as transformers' Gemma3TextConfig has it.
DEFAULTS = {
    "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": True,
    "query_pre_attn_scalar": 256, "sliding_window": 4096, "layer_types": None, "sliding_window_pattern": 6,
    "final_logit_softcapping": None, "attn_logit_softcapping": None, "use_bidirectional_attention": False,
}


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    assert not config["use_bidirectional_attention"], "attention in both directions is not supported"
    assert config["attn_logit_softcapping"] is None, "Gemma 3 norms queries and keys and does not cap its scores"
    if config["layer_types"] is None:
        # Older files name the distance from one full layer to the next.
        every, layers = config["sliding_window_pattern"], range(config["num_hidden_layers"])
        config["layer_types"] = ["sliding_attention" if (n + 1) % every else "full_attention" for n in layers]
    return config


def rope_by_layer_type(config):
    """Rotary parameters of both kinds of layers; in older files a scaling is meant for the full layers alone."""
    given = config.get("rope_parameters") or {}
    bases = {"full_attention": config.get("rope_theta") or 1e6}
    bases["sliding_attention"] = config.get("rope_local_base_freq") or 1e4
    ropes = {}
    for layer_type, base in bases.items():
        rope = {"rope_theta": base, **(given.get(layer_type) or {})}
        if layer_type == "full_attention":
            rope.update(config.get("rope_scaling") or {})
        limit = config["max_position_embeddings"]
        ropes[layer_type] = rope_parameters({"rope_parameters": rope, "max_position_embeddings": limit})
    return ropes


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
        for norm in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
            shapes[f"{at}.{norm}_layernorm.weight"] = [M]
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, bias))
        shapes[f"{at}.self_attn.q_norm.weight"] = [D]
        shapes[f"{at}.self_attn.k_norm.weight"] = [D]
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, N))
    return shapes


# %% [markdown]
# ## Attention

# %%
def norm(x, weights, name, eps):
    """The stored weight says how far the norm's weight is from one; the sum is taken in float32, where it is exact."""
    return rms_norm(x, 1.0 + weights[f"{name}.weight"].float(), eps)


def attention(x, weights, name, config, rotation, window, kept):
    D, eps = config["head_dim"], config["rms_norm_eps"]
    q = split_heads(project(x, weights, f"{name}.q_proj"), D)          # [B, H, T, D]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)          # [B, G, T, D]
    q = rotate_halves(norm(q, weights, f"{name}.q_norm", eps), *rotation)
    k = rotate_halves(norm(k, weights, f"{name}.k_norm", eps), *rotation)
    k, v = append(kept, "k", k, window), append(kept, "v", v, window)  # [B, G, S, D]
    mask = causal_mask(x.shape[1], k.shape[2], window, x.device)       # [T, S]
    heads = attend(q, k, v, mask, config["query_pre_attn_scalar"]**-0.5)
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return {"length": 0, "layers": [{} for _ in range(complete(config)["num_hidden_layers"])]}


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = norm(x, weights, "model.norm", config["rms_norm_eps"])
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    logits, cap = linear(x, head), config["final_logit_softcapping"]
    return logits if cap is None else torch.tanh(logits / cap) * cap, x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    ropes = rope_by_layer_type(config)
    rotations = {kind: rotary(rope, config["head_dim"], start, T, device) for kind, rope in ropes.items()}

    x = embed(weights["model.embed_tokens.weight"], input_ids) * config["hidden_size"]**0.5
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)                                        # [B, T, M]
        at, kind = f"model.layers.{layer}", config["layer_types"][layer]
        window = config["sliding_window"] if kind == "sliding_attention" else None
        found = norm(x, weights, f"{at}.input_layernorm", eps)
        found = attention(found, weights, f"{at}.self_attn", config, rotations[kind], window, kept)
        x = x + norm(found, weights, f"{at}.post_attention_layernorm", eps)
        made = norm(x, weights, f"{at}.pre_feedforward_layernorm", eps)
        made = gated_feed_forward(made, weights, f"{at}.mlp", config["hidden_activation"])
        x = x + norm(made, weights, f"{at}.post_feedforward_layernorm", eps)
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

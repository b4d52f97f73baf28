# %% [markdown]
# # Gemma 4
#
# As in Gemma 3, most layers see a window of the last tokens and a few see everything; the layers that see everything have wider heads and turn only a quarter of their pairs, so that the rest compares tokens wherever they stand.
# The small models let the upper layers have no keys and values at all: they ask the last lower layer of their kind, and the cache holds the lower layers alone.
# They also give every layer an embedding of the token of its own, which is looked up instead of computed.
#
# **Special** in the large models is that the layers that see everything have no values: a key before its norm's weight and its rotation is the value, so that one tensor is kept for both.
# Norms of queries, keys and values take the place of a scale: scores are plain products. Each layer ends by stretching the whole residual stream by one learned number.
#
# **Used by** Gemma 4 E2B and E4B (shared keys and values, embeddings by layer), 26B-A4B (experts beside a feed-forward layer) and 31B, their text models
#
# Sources: [Google's own code](https://github.com/google-deepmind/gemma/tree/main/gemma/gm/nn/gemma4); [Brandon et al. 2024](https://arxiv.org/abs/2405.12981) for keys and values shared across layers, [Barbero et al. 2024](https://arxiv.org/abs/2410.06205) for turning only some pairs; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gemma4/modeling_gemma4.py).

# %%
import torch

from layers import activation, append, attend, attention_shapes, causal_mask, check_layer_types, embed
from layers import gated_feed_forward, gated_feed_forward_shapes, linear, mixture, project, rms_norm
from layers import rms_norm_unweighted, rope_frequencies, rope_parameters, rotary, rotate_halves, split_heads

# What a configuration may leave out, as transformers' Gemma4TextConfig has it.
DEFAULTS = {
    "vocab_size": 262144, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 30,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": True,
    "sliding_window": 512, "layer_types": None, "final_logit_softcapping": None, "attention_k_eq_v": False,
    "use_bidirectional_attention": None, "vocab_size_per_layer_input": 262144, "hidden_size_per_layer_input": 256,
    "num_kv_shared_layers": 0, "use_double_wide_mlp": False, "enable_moe_block": False, "num_experts": None,
    "top_k_experts": None, "moe_intermediate_size": None, "rope_parameters": None, "per_layer_config": None,
    "global_head_dim": 512, "num_global_key_value_heads": None,
}
ROPES = {
    "sliding_attention": {"rope_theta": 10000.0},
    "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1000000.0},
}


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    assert config["use_bidirectional_attention"] != "all", "attention in both directions is not supported"
    L = config["num_hidden_layers"]
    kinds = config["layer_types"] or ["sliding_attention" if (n + 1) % 6 else "full_attention" for n in range(L)]
    config["layer_types"] = kinds[:-1] + ["full_attention"]
    check_layer_types(config, ("full_attention", "sliding_attention"))
    config["rope_parameters"] = config["rope_parameters"] or ROPES
    config["layers"] = [layer_parts(config, n) for n in range(L)]
    return config


def layer_parts(config, n):
    """What differs between layers: kind, G, D, whether it shares another's keys, whether its keys are its values."""
    G, D, kind = config["num_key_value_heads"], config["head_dim"], config["layer_types"][n]
    keys_are_values = config["attention_k_eq_v"] and kind == "full_attention"
    if config["per_layer_config"] is None and kind == "full_attention":
        D = config["global_head_dim"]
        G = config["num_global_key_value_heads"] or G if keys_are_values else G
    for layer, changed in (config["per_layer_config"] or {}).items():
        if int(layer) == n:
            extra = [field for field in changed if field not in ("num_key_value_heads", "head_dim")]
            assert not extra, f"layer {n} has {extra} of its own, which is not supported"
            G, D = changed.get("num_key_value_heads", G), changed.get("head_dim", D)
    own = config["num_hidden_layers"] - config["num_kv_shared_layers"]
    assert kind in config["layer_types"][:own], f"no layer of type {kind} has keys that layer {n} could share"
    return {"kind": kind, "G": G, "D": D, "shares": n >= own, "keys_are_values": keys_are_values}


# %% [markdown]
# ## Weights
#
# - **P** width of an embedding by layer

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, H, N = (config[key] for key in ("vocab_size", "hidden_size", "num_attention_heads", "intermediate_size"))
    L, P = config["num_hidden_layers"], config["hidden_size_per_layer_input"]
    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    if P:
        shapes["model.embed_tokens_per_layer.weight"] = [config["vocab_size_per_layer_input"], L * P]
        shapes["model.per_layer_model_projection.weight"] = [L * P, M]
        shapes["model.per_layer_projection_norm.weight"] = [P]
    for layer, parts in enumerate(config["layers"]):
        at, D, shares = f"model.layers.{layer}", parts["D"], parts["shares"]
        attention = attention_shapes(f"{at}.self_attn", H, parts["G"], D, M, config["attention_bias"])
        absent = ("k_proj", "v_proj") if shares else ("v_proj",) if parts["keys_are_values"] else ()
        shapes.update({name: shape for name, shape in attention.items() if name.split(".")[-2] not in absent})
        shapes[f"{at}.self_attn.q_norm.weight"] = [D]
        if not shares:
            shapes[f"{at}.self_attn.k_norm.weight"] = [D]
        for norm in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
            shapes[f"{at}.{norm}_layernorm.weight"] = [M]
        wide = config["use_double_wide_mlp"] and shares
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, 2 * N if wide else N))
        shapes[f"{at}.layer_scalar"] = [1]
        if P:
            shapes[f"{at}.per_layer_input_gate.weight"] = [P, M]
            shapes[f"{at}.per_layer_projection.weight"] = [M, P]
            shapes[f"{at}.post_per_layer_input_norm.weight"] = [M]
        if config["enable_moe_block"]:
            E, inner = config["num_experts"], config["moe_intermediate_size"]
            for norm in ("post_feedforward_layernorm_1", "post_feedforward_layernorm_2"):
                shapes[f"{at}.{norm}.weight"] = [M]
            shapes[f"{at}.pre_feedforward_layernorm_2.weight"] = [M]
            shapes.update({f"{at}.router.proj.weight": [E, M], f"{at}.router.scale": [M],
                           f"{at}.router.per_expert_scale": [E],
                           f"{at}.experts.gate_up_proj": [E, 2 * inner, M], f"{at}.experts.down_proj": [E, M, inner]})
    return shapes


# %% [markdown]
# ## Attention
#
# Proportional rotation turns the pairs that turn fastest, at the speeds they would have if all were turned, and leaves the others alone.

# %%
def rotation(config, kind, D, start, count, device):
    """Cosine and sine [T, D / 2] of the positions from start on, for layers of this kind."""
    rope = rope_parameters(config, layer_type=kind)
    if rope["rope_type"] != "proportional":
        return rotary(rope, D, start, count, device)
    frequencies, _ = rope_frequencies({**rope, "rope_type": "default"}, D, device)
    turned = torch.arange(D // 2, device=device) < int(rope.get("partial_rotary_factor", 1.0) * D // 2)
    frequencies = torch.where(turned, frequencies / rope.get("factor", 1.0), 0.0)
    angles = torch.arange(start, start + count, device=device).float()[:, None] * frequencies
    return angles.cos(), angles.sin()


def keys_and_values(x, weights, name, config, parts, turn, window, kept):
    """k and v [B, G, S, D] of a layer that has its own."""
    D, eps, weight = parts["D"], config["rms_norm_eps"], weights[f"{name}.k_norm.weight"].float()
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    if parts["keys_are_values"]:
        # The value is kept, and the keys of all tokens are made from it: stretched by the norm's weight, and turned.
        v = append(kept, "v", rms_norm_unweighted(k, eps))
        S = v.shape[2]
        return rotate_halves(v * weight, *rotation(config, parts["kind"], D, 0, S, x.device)), v
    v = rms_norm_unweighted(split_heads(project(x, weights, f"{name}.v_proj"), D), eps)
    k = rotate_halves(rms_norm(k, weight, eps), *turn)
    return append(kept, "k", k, window), append(kept, "v", v, window)


def attention(x, weights, name, config, parts, turn, window, k, v):
    q = split_heads(project(x, weights, f"{name}.q_proj"), parts["D"]) # [B, H, T, D]
    q = rotate_halves(rms_norm(q, weights[f"{name}.q_norm.weight"], config["rms_norm_eps"]), *turn)
    mask = causal_mask(x.shape[1], k.shape[2], window, x.device)       # [T, S]
    return project(attend(q, k, v, mask, 1.0), weights, f"{name}.o_proj")            # [B, T, M]


# %% [markdown]
# ## Feed-forward layers, experts, and embeddings by layer
#
# Where there are experts, they stand beside the feed-forward layer: both read the residual stream, each through its norms.

# %%
def experts(x, weights, name, config):
    eps, rows = config["rms_norm_eps"], x.flatten(0, 1)                # [B · T, M]
    seen = rms_norm_unweighted(rows, eps) * weights[f"{name}.router.scale"].float() * x.shape[-1]**-0.5
    scores = torch.softmax(project(seen, weights, f"{name}.router.proj"), dim=-1)                # [B · T, E]
    shares, chosen = scores.topk(config["top_k_experts"], dim=-1)      # [B · T, K]
    shares = shares / shares.sum(-1, keepdim=True) * weights[f"{name}.router.per_expert_scale"].float()[chosen]

    def expert(e, rows):
        gate, up = linear(rows, weights[f"{name}.experts.gate_up_proj"][e]).chunk(2, dim=-1)
        return linear(activation(gate, config["hidden_activation"]) * up, weights[f"{name}.experts.down_proj"][e])

    rows = rms_norm(rows, weights[f"{name}.pre_feedforward_layernorm_2.weight"], eps)
    return mixture(rows, chosen, shares, expert).view(x.shape)


def feed_forward(x, weights, name, config):
    eps = config["rms_norm_eps"]
    normed = rms_norm(x, weights[f"{name}.pre_feedforward_layernorm.weight"], eps)
    made = gated_feed_forward(normed, weights, f"{name}.mlp", config["hidden_activation"])
    if config["enable_moe_block"]:
        made = rms_norm(made, weights[f"{name}.post_feedforward_layernorm_1.weight"], eps)
        said = experts(x, weights, name, config)
        made = made + rms_norm(said, weights[f"{name}.post_feedforward_layernorm_2.weight"], eps)
    return rms_norm(made, weights[f"{name}.post_feedforward_layernorm.weight"], eps)


def embeddings_by_layer(x, weights, config, input_ids):
    """x [B, T, M], the embedded tokens -> [B, T, L, P]: what each layer is told of each token."""
    P = config["hidden_size_per_layer_input"]
    looked_up = embed(weights["model.embed_tokens_per_layer.weight"], input_ids) * P**0.5
    computed = project(x, weights, "model.per_layer_model_projection") * x.shape[-1]**-0.5
    computed = computed.unflatten(-1, (-1, P))
    computed = rms_norm(computed, weights["model.per_layer_projection_norm.weight"], config["rms_norm_eps"])
    return (computed + looked_up.unflatten(-1, (-1, P))) * 0.5**0.5


def told(x, by_layer, weights, name, config):
    gate = activation(project(x, weights, f"{name}.per_layer_input_gate"), config["hidden_activation"])
    told = project(gate * by_layer, weights, f"{name}.per_layer_projection")
    return rms_norm(told, weights[f"{name}.post_per_layer_input_norm.weight"], config["rms_norm_eps"])


# %% [markdown]
# ## The model
#
# Layers without keys come last, so that what they share is what the last layer of their kind had in this pass: all of it, also what its window then lets go of.

# %%
def new_cache(config):
    return {"length": 0, "layers": [{} for _ in range(complete(config)["num_hidden_layers"])]}


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = rms_norm(x, weights["model.norm.weight"], config["rms_norm_eps"])
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    logits, cap = linear(x, head), config["final_logit_softcapping"]
    return logits if cap is None else torch.tanh(logits / cap) * cap, x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    widths = {(parts["kind"], parts["D"]) for parts in config["layers"]}
    turns = {kind: rotation(config, kind, D, start, T, device) for kind, D in widths}
    x = embed(weights["model.embed_tokens.weight"], input_ids) * config["hidden_size"]**0.5     # [B, T, M]
    by_layer = embeddings_by_layer(x, weights, config, input_ids) if config["hidden_size_per_layer_input"] else None
    hidden_states, read = [], {}
    for layer, (parts, kept) in enumerate(zip(config["layers"], cache["layers"])):
        hidden_states.append(x)
        at, kind, turn = f"model.layers.{layer}", parts["kind"], turns[parts["kind"]]
        window = config["sliding_window"] if kind == "sliding_attention" else None
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        if not parts["shares"]:
            read[kind] = keys_and_values(normed, weights, f"{at}.self_attn", config, parts, turn, window, kept)
        found = attention(normed, weights, f"{at}.self_attn", config, parts, turn, window, *read[kind])
        x = x + rms_norm(found, weights[f"{at}.post_attention_layernorm.weight"], eps)
        x = x + feed_forward(x, weights, at, config)
        if by_layer is not None:
            x = x + told(x, by_layer[:, :, layer], weights, at, config)
        x = x * weights[f"{at}.layer_scalar"].float()
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

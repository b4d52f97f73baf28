# %% [markdown]
# # Laguna
#
# Every fourth layer sees the whole text, the others a window of the last tokens; and the layers that see less have more query heads, since their attention is cheap.
# All layers have the same key/value heads, so the cache does not notice: groups are simply larger in the layers with windows.
# What each query head found is then stretched by a gate, the softplus of one number per head that is computed from the layer's input, so that a head may stay silent or speak up.
#
# **Special** is the budget of query heads per layer, and a gate that can be larger than one.
#
# **Used by** Laguna XS.2, S 2.1 and M.1
#
# Sources: [Poolside 2026](https://poolside.ai/assets/laguna/laguna-m1-xs2-technical-report.pdf); [Qiu et al. 2025](https://arxiv.org/abs/2505.06708) for gates on attention, [Mehta et al. 2024](https://arxiv.org/abs/2404.14619) for layers with budgets of their own; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/laguna/modeling_laguna.py).

# %%
import torch
import torch.nn.functional as F

from layers import append, attend, attention_shapes, causal_mask, check_layer_types, embed, gated_feed_forward
from layers import gated_feed_forward_shapes, linear, mixture, project, rms_norm, rope_parameters, rotary
from layers import rotate_halves, split_heads

# What a configuration may leave out, as transformers' LagunaConfig has it.
DEFAULTS = {
    "vocab_size": 100352, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 40,
    "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128, "hidden_act": "silu",
    "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "attention_bias": False,
    "sliding_window": 512, "layer_types": None, "mlp_layer_types": None, "num_attention_heads_per_layer": None,
    "gating": True, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "num_experts": 256,
    "num_experts_per_tok": 8, "moe_routed_scaling_factor": 1.0, "moe_router_logit_softcapping": 0.0,
    "moe_apply_router_weight_on_input": False, "rope_parameters": None,
}
ROPES = {
    "full_attention": {"rope_theta": 500000.0, "partial_rotary_factor": 0.5},
    "sliding_attention": {"rope_theta": 10000.0, "partial_rotary_factor": 1.0},
}


def complete(config):
    config = {**DEFAULTS, **config}
    L = config["num_hidden_layers"]
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    assert not config["moe_apply_router_weight_on_input"], "shares are applied to what experts say, not to their input"
    assert config["gating"] in (True, "per-head", "per-element"), f"a gate of kind {config['gating']} is not known"
    config["layer_types"] = config["layer_types"] or ["full_attention"] * L
    config["mlp_layer_types"] = config["mlp_layer_types"] or ["dense"] + ["sparse"] * (L - 1)
    check_layer_types(config, ("full_attention", "sliding_attention"))
    check_layer_types(config, ("dense", "sparse"), "mlp_layer_types")
    config["heads"] = config["num_attention_heads_per_layer"] or [config["num_attention_heads"]] * L
    config["rope_parameters"] = config["rope_parameters"] or ROPES
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, E, N = (config[key] for key in ("vocab_size", "hidden_size", "num_experts", "moe_intermediate_size"))
    G, D = config["num_key_value_heads"], config["head_dim"]
    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer, H in enumerate(config["heads"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, config["attention_bias"]))
        shapes[f"{at}.self_attn.q_norm.weight"] = shapes[f"{at}.self_attn.k_norm.weight"] = [D]
        shapes[f"{at}.self_attn.g_proj.weight"] = [H * D if config["gating"] == "per-element" else H, M]
        at = f"{at}.mlp"
        if config["mlp_layer_types"][layer] == "dense":
            shapes.update(gated_feed_forward_shapes(at, M, config["intermediate_size"]))
            continue
        shapes.update({f"{at}.gate.weight": [E, M], f"{at}.experts.e_score_correction_bias": [E]})
        shared = config["shared_expert_intermediate_size"]
        shapes.update(gated_feed_forward_shapes(f"{at}.shared_expert", M, shared))
        for e in range(E):
            shapes.update(gated_feed_forward_shapes(f"{at}.experts.{e}", M, N))
    return shapes


# %% [markdown]
# ## Attention
#
# How many query heads a layer has need not be said: `q_proj` is as high as they are.

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
    gate = F.softplus(project(x, weights, f"{name}.g_proj"))           # [B, T, H], or one for each number
    if config["gating"] != "per-element":
        gate = gate.repeat_interleave(D, dim=-1)
    return project(heads * gate, weights, f"{name}.o_proj")            # [B, T, M]


# %% [markdown]
# ## Experts
#
# A bias that keeps the experts evenly used counts when they are chosen, and not for their shares.

# %%
def experts(x, weights, name, config):
    rows, act, cap = x.flatten(0, 1), config["hidden_act"], config["moe_router_logit_softcapping"]
    logits = project(rows, weights, f"{name}.gate")                    # [B · T, E]
    if cap > 0:
        logits = torch.tanh(logits / cap) * cap
    scores = logits.sigmoid()
    for_choice = scores + weights[f"{name}.experts.e_score_correction_bias"].float()
    chosen = for_choice.topk(config["num_experts_per_tok"], dim=-1).indices          # [B · T, K]
    shares = scores.gather(1, chosen)
    shares = shares / shares.sum(-1, keepdim=True) * config["moe_routed_scaling_factor"]

    def expert(e, rows):
        return gated_feed_forward(rows, weights, f"{name}.experts.{e}", act)

    routed = mixture(rows, chosen, shares, expert).view(x.shape)
    return routed + gated_feed_forward(x, weights, f"{name}.shared_expert", act)


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
    T, device, eps = input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    rotations = {}
    for kind in config["rope_parameters"]:
        rope = rope_parameters(config, layer_type=kind)
        width = int(config["head_dim"] * rope.get("partial_rotary_factor", 1.0))
        rotations[kind] = rotary(rope, width, cache["length"], T, device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at, kind = f"model.layers.{layer}", config["layer_types"][layer]
        window = config["sliding_window"] if kind == "sliding_attention" else None
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotations[kind], window, kept)
        normed = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

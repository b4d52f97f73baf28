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
import torch.nn.functional as F

from cache import attend_to_kept, empty_cache
from configuration import attention_shapes, check_layer_types, gated_feed_forward_shapes, mixture_shapes, model_shapes
from configuration import shapes_at, with_defaults
from experts import choose, gated_experts, in_shares
from layers import embed, gated_feed_forward, normed_and_unembedded, project, queries_keys_values, rms_norm, soft_cap
from positions import rotary_of_type, rotate_halves


def complete(config):
    config = with_defaults(config, "laguna")
    L = config["num_hidden_layers"]
    assert not config["moe_apply_router_weight_on_input"], "shares are applied to what experts say, not to their input"
    assert config["gating"] in (True, "per-head", "per-element"), f"a gate of kind {config['gating']} is not known"
    config["layer_types"] = config["layer_types"] or ["full_attention"] * L
    config["mlp_layer_types"] = config["mlp_layer_types"] or ["dense"] + ["sparse"] * (L - 1)
    check_layer_types(config, ("full_attention", "sliding_attention"))
    check_layer_types(config, ("dense", "sparse"), "mlp_layer_types")
    config["heads"] = config["num_attention_heads_per_layer"] or [config["num_attention_heads"]] * L
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, E, N = config["hidden_size"], config["num_experts"], config["moe_intermediate_size"]
    G, D = config["num_key_value_heads"], config["head_dim"]
    shapes = model_shapes(config)
    for layer, H in enumerate(config["heads"]):
        at = f"model.layers.{layer}"
        gates = H * D if config["gating"] == "per-element" else H
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, config["attention_bias"]))
        shapes.update(shapes_at(f"{at}.self_attn", q_norm=[D], k_norm=[D], g_proj=[gates, M]))
        at = f"{at}.mlp"
        if config["mlp_layer_types"][layer] == "dense":
            shapes.update(gated_feed_forward_shapes(at, M, config["intermediate_size"]))
        else:
            shapes[f"{at}.experts.e_score_correction_bias"] = [E]
            shapes.update(mixture_shapes(at, M, E, N, shared_expert=config["shared_expert_intermediate_size"]))
    return shapes


# %% [markdown]
# ## Attention
#
# How many query heads a layer has need not be said: `q_proj` is as high as they are.

# %%
def attention(x, weights, name, config, rotation, window, kept):
    D, eps = config["head_dim"], config["rms_norm_eps"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    q = rotate_halves(rms_norm(q, weights, f"{name}.q_norm", eps), *rotation)
    k = rotate_halves(rms_norm(k, weights, f"{name}.k_norm", eps), *rotation)
    heads = attend_to_kept(q, k, v, kept, D**-0.5, window)             # [B, T, H · D]
    gate = F.softplus(project(x, weights, f"{name}.g_proj"))           # [B, T, H], or one for each number
    if config["gating"] != "per-element":
        gate = gate.repeat_interleave(D, dim=-1)
    return project(heads * gate, weights, f"{name}.o_proj")            # [B, T, M]


# %% [markdown]
# ## Experts

# %%
def experts(x, weights, name, config):
    act, cap = config["hidden_act"], config["moe_router_logit_softcapping"]
    logits = project(x.flatten(0, 1), weights, f"{name}.gate")         # [B · T, E]
    logits = soft_cap(logits, cap) if cap > 0 else logits
    bias = weights[f"{name}.experts.e_score_correction_bias"]
    chosen, scores = choose(logits.sigmoid(), config["num_experts_per_tok"], bias)   # [B · T, K]
    shares = in_shares(scores) * config["moe_routed_scaling_factor"]
    routed = gated_experts(x, weights, f"{name}.experts", act, chosen, shares)
    return routed + gated_feed_forward(x, weights, f"{name}.shared_expert", act)


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
    T, device, eps = input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    start, D, kinds = cache["length"], config["head_dim"], config["rope_parameters"]
    rotations = {kind: rotary_of_type(config, kind, D, start, T, device) for kind in kinds}

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at, kind = f"model.layers.{layer}", config["layer_types"][layer]
        window = config["sliding_window"] if kind == "sliding_attention" else None
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotations[kind], window, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

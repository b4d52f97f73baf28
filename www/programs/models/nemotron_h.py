# %% [markdown]
# # Nemotron-H
#
# Every layer is one thing: [Mamba-2](mamba.py), attention, a feed-forward layer or a mixture of experts, each behind its norm.
# A Mamba-2 head keeps one matrix, the state: with every token it fades by one factor and takes up the product of two vectors; a third reads it.
# That is a key, a value and a query under other names, and how strongly a token writes is also how much the state fades before it.
#
# **Special** is how few layers look back: of 52 in Nemotron 3 Nano, six are attention, and nothing tells them positions, since the recurrent layers already know the order.
#
# **Used by** Nemotron-H, Nemotron Nano 2, Nemotron 3 Nano and Super
#
# Sources: [Dao and Gu 2024](https://arxiv.org/abs/2405.21060), sections 6 and 7, for Mamba-2; [NVIDIA 2025](https://arxiv.org/abs/2504.03624) for the mix of layers; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/nemotron_h/modeling_nemotron_h.py).

# %%
from cache import attend_to_kept, empty_cache
from configuration import attention_shapes, check_layer_types, shapes_at, with_defaults
from experts import choose, in_shares, mixture
from layers import activation, embed, linear, project, queries_keys_values, rms_norm
from mamba import mamba, mamba_shapes

KINDS = {
    "M": "linear_attention", "*": "full_attention", "-": "mlp", "E": "moe",
    "mamba": "linear_attention", "attention": "full_attention",
}


def complete(config):
    config = with_defaults(config, "nemotron_h")
    assert not config["tie_word_embeddings"], "the output layer of this architecture has weights of its own"
    # Published files spell the kinds as letters of one string.
    kinds = config["layers_block_type"] or config.get("hybrid_override_pattern") or "ME*-"
    config["layers_block_type"] = [KINDS.get(kind, kind) for kind in kinds]
    config["num_hidden_layers"] = len(kinds)
    check_layer_types(config, KINDS.values(), "layers_block_type")
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M = config["vocab_size"], config["hidden_size"]
    shapes = {"backbone.embeddings.weight": [V, M], "backbone.norm_f.weight": [M], "lm_head.weight": [V, M]}
    for layer, kind in enumerate(config["layers_block_type"]):
        shapes[f"backbone.layers.{layer}.norm.weight"] = [M]
        shapes.update(MIXER_SHAPES[kind](f"backbone.layers.{layer}.mixer", config))
    return shapes


def feed_forward_shapes(name, config, inner=None):
    M, inner = config["hidden_size"], inner or config["intermediate_size"]
    return shapes_at(name, config["mlp_bias"], up_proj=[inner, M], down_proj=[M, inner])


def expert_shapes(name, config):
    M, E, N = config["hidden_size"], config["n_routed_experts"], config["moe_intermediate_size"]
    shapes = {**shapes_at(name, gate=[E, M]), f"{name}.gate.e_score_correction_bias": [E]}
    shapes.update(feed_forward_shapes(f"{name}.shared_experts", config, config["moe_shared_expert_intermediate_size"]))
    width = config["moe_latent_size"] or M
    if config["moe_latent_size"] is not None:
        shapes.update(shapes_at(name, config["mlp_bias"], fc1_latent_proj=[width, M], fc2_latent_proj=[M, width]))
    for e in range(E):
        shapes.update(shapes_at(f"{name}.experts.{e}", up_proj=[N, width], down_proj=[width, N]))
    return shapes


def full_attention_shapes(name, config):
    H, G = config["num_attention_heads"], config["num_key_value_heads"]
    return attention_shapes(name, H, G, config["head_dim"], config["hidden_size"])


MIXER_SHAPES = {"linear_attention": mamba_shapes, "full_attention": full_attention_shapes, "mlp": feed_forward_shapes,
                "moe": expert_shapes}


# %% [markdown]
# ## Attention, feed-forward layers and experts

# %%
def attention(x, weights, name, config, kept):
    D = config["head_dim"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    return project(attend_to_kept(q, k, v, kept, D**-0.5), weights, f"{name}.o_proj")


def feed_forward(x, weights, name, config, kept=None):
    inner = activation(project(x, weights, f"{name}.up_proj"), config["mlp_hidden_act"])
    return project(inner, weights, f"{name}.down_proj")


def experts(x, weights, name, config, kept):
    scores = project(x.flatten(0, 1), weights, f"{name}.gate").sigmoid()             # [B · T, E]
    K, bias = config["num_experts_per_tok"], weights[f"{name}.gate.e_score_correction_bias"]
    chosen, shares = choose(scores, K, bias, config["n_group"], config["topk_group"])            # [B · T, K]
    shares = (in_shares(shares) if config["norm_topk_prob"] else shares) * config["routed_scaling_factor"]
    # Experts may work in a narrower space, so that more of them can be chosen at the same cost.
    narrow = config["moe_latent_size"] is not None
    said = project(x, weights, f"{name}.fc1_latent_proj") if narrow else x
    said = mixture(said, chosen, shares, lambda e, x: feed_forward(x, weights, f"{name}.experts.{e}", config))
    said = project(said, weights, f"{name}.fc2_latent_proj") if narrow else said
    return said + feed_forward(x, weights, f"{name}.shared_experts", config)


MIXERS = {"linear_attention": mamba, "full_attention": attention, "mlp": feed_forward, "moe": experts}


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = rms_norm(x, weights, "backbone.norm_f", config["layer_norm_epsilon"])
    return linear(x, weights["lm_head.weight"]), x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    eps = config["layer_norm_epsilon"]
    x = embed(weights["backbone.embeddings.weight"], input_ids)        # [B, T, M]
    hidden_states = []
    for layer, (kind, kept) in enumerate(zip(config["layers_block_type"], cache["layers"])):
        hidden_states.append(x)
        at = f"backbone.layers.{layer}"
        normed = rms_norm(x, weights, f"{at}.norm", eps)
        x = x + MIXERS[kind](normed, weights, f"{at}.mixer", config, kept)
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += input_ids.shape[1]
    return logits, hidden_states

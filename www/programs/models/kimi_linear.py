# %% [markdown]
# # Kimi Linear
#
# Three of four layers are Kimi delta attention: each head keeps one matrix, the state, and every token corrects what it holds under its key.
# The fourth is the latent attention of [DeepSeek-V3](deepseek_v3.py) with nothing rotated: the layers in between know the order of the tokens, and a text longer than those of training brings no angle that was never seen.
# Feed-forward layers are mixtures of experts, after the first.
#
# **Special** is that the state fades channel by channel: in the gated delta rule of [Qwen3-Next](qwen3_next.py) a head forgets all it holds at one rate, here each channel of its keys has a rate of its own, which also depends on the token.
#
# **Used by** Kimi Linear 48B-A3B; Ling 3.0 has the same delta attention
#
# Sources: [Kimi Team 2025](https://arxiv.org/abs/2510.26692), sections 3 and 4; [Yang et al. 2024](https://arxiv.org/abs/2412.06464) for the chunks; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/kimi_linear/modeling_kimi_linear.py).

# %%
import torch
import torch.nn.functional as F

from cache import causal_convolution, empty_cache, state_of
from configuration import check_layer_types, gated_feed_forward_shapes, mixture_shapes, model_shapes, shapes_at
from configuration import with_defaults
from deepseek_v3 import attention as latent_attention, experts
from delta_rule import delta_rule, fading_between, unit
from latent import latent_shapes
from layers import activation, embed, gated_feed_forward, join_heads, normed_and_unembedded, project, rms_norm
from layers import split_heads

EXPERT = ("w1", "w3", "w2")   # how the checkpoint names an expert's gate, up and down
CHUNK = 16   # tokens whose corrections are solved together: the decays between them are CHUNK · CHUNK for each channel


def complete(config):
    config = with_defaults(config, "kimi_linear")
    assert not config["tie_word_embeddings"], "the output layer of this architecture has weights of its own"
    L, dense = config["num_hidden_layers"], config["first_k_dense_replace"]
    # Published files describe the delta layers in a dictionary, and count layers from one.
    published = config.get("linear_attn_config") or {}
    for field, name in (("linear_head_dim", "head_dim"), ("linear_num_heads", "num_heads"),
                        ("linear_conv_kernel_dim", "short_conv_kernel_size")):
        config[field] = published.get(name, config[field])
    full = published.get("full_attn_layers", range(5, L + 1, 4))
    by_number = ["full_attention" if n in full else "linear_attention" for n in range(1, L + 1)]
    config["layer_types"] = config["layer_types"] or by_number
    config["mlp_layer_types"] = config["mlp_layer_types"] or (["dense"] * dense + ["sparse"] * L)[:L]
    check_layer_types(config, ("linear_attention", "full_attention"))
    check_layer_types(config, ("dense", "sparse"), "mlp_layer_types")
    assert config["num_key_value_heads"] == config["num_attention_heads"], "every head has a map of the latent"
    # The same things under DeepSeek-V3's names, for what is taken from there.
    return {**config, "n_group": config["num_expert_group"], "num_experts_per_tok": config["num_experts_per_token"],
            "norm_topk_prob": config["moe_renormalize"], "max_position_embeddings": config["model_max_length"],
            "rope_interleave": False}


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, E, N = config["hidden_size"], config["num_experts"], config["moe_intermediate_size"]
    shapes = model_shapes(config)
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        attention_shapes = latent_shapes if kind == "full_attention" else delta_attention_shapes
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(attention_shapes(f"{at}.self_attn", config))
        at = f"{at}.block_sparse_moe"
        if config["mlp_layer_types"][layer] == "dense":
            shapes.update(gated_feed_forward_shapes(at, M, config["intermediate_size"]))
        else:
            shapes[f"{at}.gate.e_score_correction_bias"] = [E]
            shapes.update(mixture_shapes(at, M, E, N, EXPERT, shared_experts=N * config["num_shared_experts"]))
    return shapes


def delta_attention_shapes(name, config):
    M, H, D = config["hidden_size"], config["linear_num_heads"], config["linear_head_dim"]
    shapes = shapes_at(name, q_proj=[H * D, M], k_proj=[H * D, M], v_proj=[H * D, M], o_proj=[M, H * D], o_norm=[D])
    mixed = [H * D, 1, config["linear_conv_kernel_dim"]]
    shapes.update(shapes_at(name, q_conv1d=mixed, k_conv1d=mixed, v_conv1d=mixed, b_proj=[H, M]))
    # The rates of fading and the gate of the output pass through a head's width.
    shapes.update(shapes_at(name, f_a_proj=[D, M], f_b_proj=[H * D, D], g_a_proj=[D, M], g_b_proj=[H * D, D]))
    return {**shapes, f"{name}.A_log": [1, 1, H, 1], f"{name}.dt_bias": [H * D]}


# %% [markdown]
# ## Kimi delta attention
#
# The [delta rule](delta_rule.py), by which a chunk's tokens write to a head's state and read from it, with a fading of each channel: in the products of keys with keys and of queries with keys, each channel counts as much as it has not faded in between.
#
# - **D** width of a head, **C** tokens of a chunk

# %%
def by_channel(queries, keys, age):
    """queries, keys, age [B, H, C, D] -> keys with keys and queries with keys, [B, H, C, C]."""
    faded = keys[:, :, None] * fading_between(age)                     # [B, H, C, C, D]: j's key when token i comes
    return (faded @ keys[..., None])[..., 0], (faded @ queries[..., None])[..., 0]


def delta_attention(x, weights, name, config, kept):
    H, D = config["linear_num_heads"], config["linear_head_dim"]

    def heads_of(part):
        convolution = weights[f"{name}.{part}_conv1d.weight"]
        mixed = project(x, weights, f"{name}.{part}_proj")
        mixed = causal_convolution(mixed, convolution, None, kept, f"{part}_before")
        return split_heads(activation(mixed, config["hidden_act"]), D) # [B, H, T, D]

    q, k, v = unit(heads_of("q")) * D**-0.5, unit(heads_of("k")), heads_of("v")
    rates = project(project(x, weights, f"{name}.f_a_proj"), weights, f"{name}.f_b_proj")
    rates = split_heads(F.softplus(rates + weights[f"{name}.dt_bias"].float()), D)   # [B, H, T, D]
    g = -weights[f"{name}.A_log"].float().exp().view(H, 1, 1) * rates
    beta = project(x, weights, f"{name}.b_proj").sigmoid().transpose(1, 2)           # [B, H, T]

    state = state_of(kept, x.shape[0], H, D, D, device=x.device)
    heads, kept["state"] = delta_rule(q, k, v, g, beta, state, by_channel, CHUNK)
    heads = rms_norm(heads, weights, f"{name}.o_norm", config["rms_norm_eps"])
    gate = project(project(x, weights, f"{name}.g_a_proj"), weights, f"{name}.g_b_proj").sigmoid()
    return project(join_heads(heads) * gate, weights, f"{name}.o_proj")              # [B, T, M]


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
    T, eps, half = input_ids.shape[1], config["rms_norm_eps"], config["qk_rope_head_dim"] // 2
    # Cosine and sine of an angle of zero: latent attention without positions.
    rotation = torch.ones(T, 1, half, device=input_ids.device), torch.zeros(T, 2, half, device=input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        if config["layer_types"][layer] == "full_attention":
            x = x + latent_attention(normed, weights, f"{at}.self_attn", config, rotation, kept)
        else:
            x = x + delta_attention(normed, weights, f"{at}.self_attn", config, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.block_sparse_moe", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.block_sparse_moe", config, EXPERT)
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

# %% [markdown]
# # DeepSeek-V3
#
# [Multi-head latent attention](latent.py) keeps one short vector per token instead of keys and values: each head's keys and values are two maps of that latent.
# What a map cannot carry is position, so that a few more numbers per token are rotated and shared by all heads.
# All layers but the first few choose a handful of small experts for each token and add one that every token uses.
#
# **Special** is that the two maps move to where they cost least: over a text that is read at once the latents are expanded into keys and values, while decoding takes them into query and result and reads latents alone.
# A router scores experts by a sigmoid, looks only into the best groups, and is kept in balance by a bias that counts for the choice but not for the share.
#
# **Used by** DeepSeek-V3, R1 and V3.1, Kimi K2, Moonlight
#
# Sources: [DeepSeek-AI 2024](https://arxiv.org/abs/2412.19437), section 2.1; [DeepSeek-AI 2024](https://arxiv.org/abs/2405.04434), section 2.1 and appendix C, for the latent; [DeepSeek's own code](https://github.com/deepseek-ai/DeepSeek-V3/blob/main/inference/model.py); names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/deepseek_v3/modeling_deepseek_v3.py).

# %%
from cache import empty_cache
from configuration import GATED, gated_feed_forward_shapes, mixture_shapes, model_shapes, shapes_at, with_defaults
from experts import choose, gated_experts, in_shares
from latent import attend_to_latents, latent_shapes, latents, queries
from layers import causal_mask, embed, gated_feed_forward, linear, normed_and_unembedded, project, rms_norm
from positions import rope_parameters, rotary



def complete(config):
    config = with_defaults(config, "deepseek_v3")
    H, L, dense = (config[key] for key in ("num_attention_heads", "num_hidden_layers", "first_k_dense_replace"))
    assert config["num_key_value_heads"] == H, "every head has its own map of the latent"
    config["mlp_layer_types"] = config["mlp_layer_types"] or (["dense"] * dense + ["sparse"] * L)[:L]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, E, N = config["hidden_size"], config["n_routed_experts"], config["moe_intermediate_size"]
    shapes = model_shapes(config)
    for layer, kind in enumerate(config["mlp_layer_types"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(latent_shapes(f"{at}.self_attn", config))
        if kind == "dense":
            shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, config["intermediate_size"]))
        else:
            shapes[f"{at}.mlp.gate.e_score_correction_bias"] = [E]
            shapes.update(mixture_shapes(f"{at}.mlp", M, E, N, shared_experts=N * config["n_shared_experts"]))
    return shapes


# %% [markdown]
# ## Latent attention
#
# - **R** width of the latent, **Dr** width of the rotated key

# %%
def attention(x, weights, name, config, rotation, kept):
    q, q_rope, _ = queries(x, weights, name, config, rotation)
    latent, k_rope = latents(x, weights, name, config, rotation, kept) # [B, S, R], [B, S, Dr]
    mask = causal_mask(x.shape[1], latent.shape[1], device=x.device)   # [T, S]
    heads = attend_to_latents(q, q_rope, latent, k_rope, mask, weights[f"{name}.kv_b_proj.weight"], config)
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## Experts

# %%
def experts(x, weights, name, config, parts=GATED):
    scores = linear(x.flatten(0, 1), weights[f"{name}.gate.weight"]).sigmoid()       # [B · T, E]
    K, bias = config["num_experts_per_tok"], weights[f"{name}.gate.e_score_correction_bias"]
    chosen, shares = choose(scores, K, bias, config["n_group"], config["topk_group"])            # [B · T, K]
    shares = in_shares(shares) if config["norm_topk_prob"] else shares
    shares = shares * config["routed_scaling_factor"]
    routed = gated_experts(x, weights, f"{name}.experts", config["hidden_act"], chosen, shares, parts)
    return routed + gated_feed_forward(x, weights, f"{name}.shared_experts", config["hidden_act"])


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
    rope, width = rope_parameters(config), config["qk_rope_head_dim"]
    rotation = rotary(rope, width, cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

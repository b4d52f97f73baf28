# %% [markdown]
# # DeepSeek-V3
#
# Multi-head latent attention keeps one short vector per token instead of keys and values: each head's keys and values are two maps of that latent.
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
import torch

from layers import append, attend, causal_mask, embed, gated_feed_forward, gated_feed_forward_shapes, linear
from layers import linear_shapes, mixture, project, rms_norm, rope_parameters, rotary, rotate_halves, rotate_pairs
from layers import split_heads, yarn_scale

# What a configuration may leave out, as transformers' DeepseekV3Config has it.
DEFAULTS = {
    "vocab_size": 129280, "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": None, "q_lora_rank": 1536,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "n_group": 8, "topk_group": 4,
    "first_k_dense_replace": 3, "norm_topk_prob": True, "routed_scaling_factor": 2.5, "hidden_act": "silu",
    "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_interleave": True, "attention_bias": False,
    "tie_word_embeddings": False,
}
LATENT_EPS = 1e-6   # the norms of the two latents do not follow the configuration


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    H = config["num_attention_heads"]
    assert config["num_key_value_heads"] in (None, H), "every head has its own map of the latent"
    if "mlp_layer_types" not in config:
        dense, layers = config["first_k_dense_replace"], range(config["num_hidden_layers"])
        config["mlp_layer_types"] = ["dense" if n < dense else "sparse" for n in layers]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M = config["vocab_size"], config["hidden_size"]
    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer, kind in enumerate(config["mlp_layer_types"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = [M]
        shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        shapes.update(attention_shapes(f"{at}.self_attn", config))
        if kind == "dense":
            shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, config["intermediate_size"]))
        else:
            shapes.update(expert_shapes(f"{at}.mlp", config))
    return shapes


def attention_shapes(name, config):
    H, M, R, bias = (config[key] for key in ("num_attention_heads", "hidden_size", "kv_lora_rank", "attention_bias"))
    Dn, Dr, Dv = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    if config["q_lora_rank"] is None:
        shapes = linear_shapes(f"{name}.q_proj", H * (Dn + Dr), M)
    else:
        shapes = linear_shapes(f"{name}.q_a_proj", config["q_lora_rank"], M, bias)
        shapes[f"{name}.q_a_layernorm.weight"] = [config["q_lora_rank"]]
        shapes.update(linear_shapes(f"{name}.q_b_proj", H * (Dn + Dr), config["q_lora_rank"]))
    shapes.update(linear_shapes(f"{name}.kv_a_proj_with_mqa", R + Dr, M, bias))
    shapes[f"{name}.kv_a_layernorm.weight"] = [R]
    shapes.update(linear_shapes(f"{name}.kv_b_proj", H * (Dn + Dv), R))
    shapes.update(linear_shapes(f"{name}.o_proj", M, H * Dv, bias))
    return shapes


def expert_shapes(name, config):
    M, N, E = config["hidden_size"], config["moe_intermediate_size"], config["n_routed_experts"]
    shapes = {f"{name}.gate.weight": [E, M], f"{name}.gate.e_score_correction_bias": [E]}
    for e in range(E):
        shapes.update(gated_feed_forward_shapes(f"{name}.experts.{e}", M, N))
    shapes.update(gated_feed_forward_shapes(f"{name}.shared_experts", M, N * config["n_shared_experts"]))
    return shapes


# %% [markdown]
# ## Latent attention
#
# - **R** width of the latent
# - **Dn** part of a head's width without position, **Dr** the rotated part, **Dv** width of its values

# %%
def queries(x, weights, name, config, rotation):
    """Queries without position [B, H, T, Dn] and rotated [B, H, T, Dr], and the latent they came from [B, T, Rq]."""
    Dn, Dr = config["qk_nope_head_dim"], config["qk_rope_head_dim"]
    if config["q_lora_rank"] is None:
        latent, q = None, project(x, weights, f"{name}.q_proj")
    else:
        latent = project(x, weights, f"{name}.q_a_proj")
        latent = rms_norm(latent, weights[f"{name}.q_a_layernorm.weight"], LATENT_EPS)
        q = project(latent, weights, f"{name}.q_b_proj")
    q, q_rope = split_heads(q, Dn + Dr).split([Dn, Dr], dim=-1)
    return q, rotate(q_rope, config, rotation), latent


def latents(x, weights, name, config, rotation, kept):
    """All that is kept of a token: its latent, after its norm [B, S, R], and its rotated key [B, S, Dr]."""
    both = project(x, weights, f"{name}.kv_a_proj_with_mqa")
    latent, k_rope = both.split([config["kv_lora_rank"], config["qk_rope_head_dim"]], dim=-1)
    latent = rms_norm(latent, weights[f"{name}.kv_a_layernorm.weight"], LATENT_EPS)
    return append(kept, "latent", latent), append(kept, "k_rope", rotate(k_rope, config, rotation))


def rotate(x, config, rotation):
    return rotate_pairs(x, *rotation) if config["rope_interleave"] else rotate_halves(x, *rotation)


def attend_to_latents(q, q_rope, latent, k_rope, mask, up, config):
    """up [H · (Dn + Dv), R] holds each head's map from latents to keys, then to values -> [B, T, H · Dv]."""
    B, H, T, Dn = q.shape
    S, R = latent.shape[1:]
    to_keys, to_values = up.float().view(H, -1, R).split([Dn, config["v_head_dim"]], dim=1)
    latent, k_rope = latent[:, None], k_rope[:, None]                  # [B, 1, S, R], [B, 1, S, Dr]
    scale = score_scale(config)
    if S == T:
        # Nothing was kept: as in training, keys [B, H, S, Dn + Dr] and values [B, H, S, Dv] are made for all heads.
        keys = torch.cat([latent @ to_keys.transpose(1, 2), k_rope.expand(B, H, S, -1)], dim=-1)
        values = latent @ to_values.transpose(1, 2)
        return attend(torch.cat([q, q_rope], dim=-1), keys, values, mask, scale)
    # q · (W latent) is (Wᵀ q) · latent: one key and one value for all heads, and none made for S tokens.
    q = torch.cat([q @ to_keys, q_rope], dim=-1)                       # [B, H, T, R + Dr]
    heads = attend(q, torch.cat([latent, k_rope], dim=-1), latent, mask, scale)
    heads = split_heads(heads, R) @ to_values.transpose(1, 2)          # [B, H, T, Dv]
    return heads.transpose(1, 2).reshape(B, T, -1)


def score_scale(config):
    scale = (config["qk_nope_head_dim"] + config["qk_rope_head_dim"])**-0.5
    rope = rope_parameters(config)
    if rope["rope_type"] != "default" and rope.get("mscale_all_dim"):
        scale *= yarn_scale(rope["factor"], rope["mscale_all_dim"])**2
    return scale


def attention(x, weights, name, config, rotation, kept):
    q, q_rope, _ = queries(x, weights, name, config, rotation)
    latent, k_rope = latents(x, weights, name, config, rotation, kept)
    mask = causal_mask(x.shape[1], latent.shape[1], device=x.device)   # [T, S]
    heads = attend_to_latents(q, q_rope, latent, k_rope, mask, weights[f"{name}.kv_b_proj.weight"], config)
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## Experts

# %%
def choose_experts(x, weights, name, config):
    """x [N, M] -> the numbers of the experts and their shares, [N, K] each."""
    N, groups = x.shape[0], config["n_group"]
    scores = torch.sigmoid(linear(x, weights[f"{name}.weight"]))       # [N, E]
    for_choice = scores + weights[f"{name}.e_score_correction_bias"].float()
    by_group = for_choice.view(N, groups, -1)
    best_groups = by_group.topk(2, dim=-1).values.sum(-1).topk(config["topk_group"], dim=-1).indices
    open_groups = torch.zeros(N, groups, device=x.device).scatter(1, best_groups, 1.0).bool()
    for_choice = by_group.masked_fill(~open_groups[:, :, None], -torch.inf).view(N, -1)
    chosen = for_choice.topk(config["num_experts_per_tok"], dim=-1).indices
    shares = scores.gather(1, chosen)
    if config["norm_topk_prob"]:
        shares = shares / (shares.sum(-1, keepdim=True) + 1e-20)
    return chosen, shares * config["routed_scaling_factor"]


def experts(x, weights, name, config):
    rows, act = x.flatten(0, 1), config["hidden_act"]                  # [B · T, M]
    chosen, shares = choose_experts(rows, weights, f"{name}.gate", config)

    def expert(e, rows):
        return gated_feed_forward(rows, weights, f"{name}.experts.{e}", act)

    routed = mixture(rows, chosen, shares, expert).view(x.shape)
    return routed + gated_feed_forward(x, weights, f"{name}.shared_experts", act)


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
    return decode(weights, config, input_ids, cache, attention)


def decode(weights, config, input_ids, cache, attention):
    T, eps = input_ids.shape[1], config["rms_norm_eps"]
    rope, width = rope_parameters(config), config["qk_rope_head_dim"]
    rotation = rotary(rope, width, cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, kept)
        normed = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

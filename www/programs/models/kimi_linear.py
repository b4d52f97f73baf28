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

from deepseek_v3 import attention as latent_attention, attention_shapes, choose_experts
from layers import activation, causal_convolution, check_layer_types, embed, gated_feed_forward
from layers import gated_feed_forward_shapes, linear, mixture, project, rms_norm, split_heads

# What a configuration may leave out, as transformers' KimiLinearConfig has it.
DEFAULTS = {
    "vocab_size": 163840, "hidden_size": 2304, "intermediate_size": 9216, "moe_intermediate_size": 1024,
    "num_hidden_layers": 27, "num_attention_heads": 32, "num_key_value_heads": None, "num_shared_experts": 1,
    "routed_scaling_factor": 2.446, "kv_lora_rank": 512, "q_lora_rank": None, "qk_rope_head_dim": 64,
    "v_head_dim": 128, "qk_nope_head_dim": 128, "num_expert_group": 1, "topk_group": 1, "num_experts": 256,
    "num_experts_per_token": 8, "moe_renormalize": True, "hidden_act": "silu", "rms_norm_eps": 1e-5,
    "attention_bias": False, "tie_word_embeddings": False, "layer_types": None, "mlp_layer_types": None,
    "linear_head_dim": 128, "linear_num_heads": 32, "linear_conv_kernel_dim": 4, "first_k_dense_replace": 1,
    "model_max_length": 1048576,
}
EXPERT = {"gate": "w1", "up": "w3", "down": "w2"}   # how the checkpoint names an expert's three weights
CHUNK = 16   # tokens whose corrections are solved together: the decays between them are CHUNK · CHUNK for each channel


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    assert not config["tie_word_embeddings"], "the output layer of this architecture has weights of its own"
    layers = range(config["num_hidden_layers"])
    # Published files describe the delta layers in a dictionary, and count layers from one.
    published = config.get("linear_attn_config") or {}
    for field, name in (("linear_head_dim", "head_dim"), ("linear_num_heads", "num_heads"),
                        ("linear_conv_kernel_dim", "short_conv_kernel_size")):
        config[field] = published.get(name, config[field])
    if config["layer_types"] is None:
        full = published.get("full_attn_layers", [i + 1 for i in layers if i > 0 and i % 4 == 0])
        config["layer_types"] = ["full_attention" if i + 1 in full else "linear_attention" for i in layers]
    if config["mlp_layer_types"] is None:
        config["mlp_layer_types"] = ["dense" if i < config["first_k_dense_replace"] else "sparse" for i in layers]
    check_layer_types(config, ("linear_attention", "full_attention"))
    check_layer_types(config, ("dense", "sparse"), "mlp_layer_types")
    assert config["num_key_value_heads"] in (None, config["num_attention_heads"]), "every head has a map of the latent"
    # The same things under DeepSeek-V3's names, for what is taken from there.
    return {**config, "n_group": config["num_expert_group"], "num_experts_per_tok": config["num_experts_per_token"],
            "norm_topk_prob": config["moe_renormalize"], "max_position_embeddings": config["model_max_length"],
            "rope_interleave": False}


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M = config["vocab_size"], config["hidden_size"]
    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M], "lm_head.weight": [V, M]}
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        if kind == "full_attention":
            shapes.update(attention_shapes(f"{at}.self_attn", config))
        else:
            shapes.update(delta_attention_shapes(f"{at}.self_attn", config))
        at = f"{at}.block_sparse_moe"
        if config["mlp_layer_types"][layer] == "dense":
            shapes.update(gated_feed_forward_shapes(at, M, config["intermediate_size"]))
            continue
        E, N = config["num_experts"], config["moe_intermediate_size"]
        shapes.update({f"{at}.gate.weight": [E, M], f"{at}.gate.e_score_correction_bias": [E]})
        shapes.update(gated_feed_forward_shapes(f"{at}.shared_experts", M, N * config["num_shared_experts"]))
        for e in range(E):
            shapes.update(gated_feed_forward_shapes(f"{at}.experts.{e}", M, N, **EXPERT))
    return shapes


def delta_attention_shapes(name, config):
    M, H, D = config["hidden_size"], config["linear_num_heads"], config["linear_head_dim"]
    shapes = {f"{name}.A_log": [1, 1, H, 1], f"{name}.dt_bias": [H * D], f"{name}.b_proj.weight": [H, M],
              f"{name}.o_norm.weight": [D], f"{name}.o_proj.weight": [M, H * D]}
    for part in "qkv":
        shapes[f"{name}.{part}_proj.weight"] = [H * D, M]
        shapes[f"{name}.{part}_conv1d.weight"] = [H * D, 1, config["linear_conv_kernel_dim"]]
    for part in "fg":   # the rates of fading and the gate of the output pass through a head's width
        shapes[f"{name}.{part}_a_proj.weight"] = [D, M]
        shapes[f"{name}.{part}_b_proj.weight"] = [H * D, D]
    return shapes


# %% [markdown]
# ## Kimi delta attention
#
# For one token: fade each row of the state by its `exp(g)`, read what it holds under the key `k`, write the missing part of the value `v`, as strongly as `β` says, then read under the query `q`.
#
# A chunk of tokens is computed at once. What token `i` writes depends on what the tokens `j < i` of its chunk wrote, through the likeness of their keys: each channel of the product counts as much as it has not faded in between.
# That is a triangular system of equations, solved from the first row to the last. A chunk of one token is the rule itself.

# %%
def delta_rule(q, k, v, g, beta, state):
    """q, k, g [B, H, T, D], v [B, H, T, Dv], beta [B, H, T], state [B, H, D, Dv] -> [B, H, T, Dv] and the state."""
    found = []
    for start in range(0, q.shape[2], CHUNK):
        now = slice(start, start + CHUNK)
        queries, keys, values, strength = q[:, :, now], k[:, :, now], v[:, :, now], beta[:, :, now, None]
        age = g[:, :, now].cumsum(2)                                   # [B, H, C, D], log of the fading so far
        # Token j's key as it has faded when token i comes; for j > i it would grow, and is cut off below.
        fading = (age[:, :, :, None] - age[:, :, None]).clamp(max=0).exp()           # [B, H, C, C, D]
        faded = keys[:, :, None] * fading

        likeness = strength * (faded @ keys[..., None])[..., 0]        # [B, H, C, C]
        written = strength * (values - (age.exp() * keys) @ state)     # [B, H, C, Dv], as if the chunk wrote nothing
        for i in range(1, written.shape[2]):
            written[:, :, i:i + 1] -= likeness[:, :, i:i + 1, :i] @ written[:, :, :i]

        scores = (faded @ queries[..., None])[..., 0].tril()           # [B, H, C, C]
        found.append((age.exp() * queries) @ state + scores @ written)
        last = age[:, :, -1:]                                          # [B, H, 1, D]
        state = last.exp().transpose(-1, -2) * state + (keys * (last - age).exp()).transpose(-1, -2) @ written
    return torch.cat(found, dim=2), state


def unit(x):
    """x [..., D] -> [..., D] of length one."""
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)


def delta_attention(x, weights, name, config, kept):
    B, T, _ = x.shape
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

    state = kept["state"] if "state" in kept else torch.zeros(B, H, D, D, device=x.device)
    heads, kept["state"] = delta_rule(q, k, v, g, beta, state)
    heads = rms_norm(heads, weights[f"{name}.o_norm.weight"], config["rms_norm_eps"])
    gate = project(project(x, weights, f"{name}.g_a_proj"), weights, f"{name}.g_b_proj").sigmoid()
    return project(heads.transpose(1, 2).reshape(B, T, H * D) * gate, weights, f"{name}.o_proj")


# %% [markdown]
# ## Experts

# %%
def experts(x, weights, name, config):
    rows, act = x.flatten(0, 1), config["hidden_act"]                  # [B · T, M]
    chosen, shares = choose_experts(rows, weights, f"{name}.gate", config)

    def expert(e, rows):
        return gated_feed_forward(rows, weights, f"{name}.experts.{e}", act, **EXPERT)

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
    return linear(x, weights["lm_head.weight"]), x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    T, eps, half = input_ids.shape[1], config["rms_norm_eps"], config["qk_rope_head_dim"] // 2
    # Cosine and sine of an angle of zero: latent attention without positions.
    rotation = torch.ones(T, half, device=input_ids.device), torch.zeros(T, half, device=input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        if config["layer_types"][layer] == "full_attention":
            x = x + latent_attention(normed, weights, f"{at}.self_attn", config, rotation, kept)
        else:
            x = x + delta_attention(normed, weights, f"{at}.self_attn", config, kept)
        normed = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.block_sparse_moe", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.block_sparse_moe", config)
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

# %% [markdown]
# # Qwen3-Next
#
# Three of four layers have no keys to look back on: each head keeps one matrix, the state, and every token corrects it.
# The fourth layer is attention as usual, with two additions: a gate, computed from the same input as the query, closes or opens each number that a head found, and only a quarter of a head is turned by its position.
# Feed-forward layers are mixtures of many small experts and one that every token uses.
#
# **Special** is the *gated delta rule*: the state first fades, then is asked what it holds under the token's key, and only the difference to the token's value is written there.
#
# **Used by** Qwen3-Next; Qwen3.5 is built on it
#
# Sources: [Yang et al. 2024](https://arxiv.org/abs/2412.06464) for the rule and its chunks, [Qiu et al. 2025](https://arxiv.org/abs/2505.06708) for the gate of attention; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3_next/modeling_qwen3_next.py).

# %%
import torch
import torch.nn.functional as F

from layers import activation, append, attend, attention_shapes, causal_convolution, causal_mask, check_layer_types
from layers import embed, gated_feed_forward, gated_feed_forward_shapes, linear, linear_shapes, mixture, project
from layers import rms_norm, rope_parameters, rotary, rotate_halves, split_heads

# What a configuration may leave out, as transformers' Qwen3NextConfig has it.
DEFAULTS = {
    "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 48,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "hidden_act": "silu",
    "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "attention_bias": False,
    "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "decoder_sparse_step": 1, "mlp_only_layers": None,
    "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "num_experts_per_tok": 10,
    "num_experts": 512, "norm_topk_prob": True, "layer_types": None, "full_attention_interval": 4,
    "partial_rotary_factor": 0.25,
}
CHUNK = 64   # tokens whose corrections are solved together


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    layers, interval = range(config["num_hidden_layers"]), config["full_attention_interval"]
    if config["layer_types"] is None:
        config["layer_types"] = ["linear_attention" if (i + 1) % interval else "full_attention" for i in layers]
    check_layer_types(config, ("linear_attention", "full_attention"))
    dense = config["mlp_only_layers"] or []
    sparse = [(i + 1) % config["decoder_sparse_step"] == 0 and config["num_experts"] > 0 for i in layers]
    config["sparse"] = [sparse[i] and i not in dense for i in layers]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, E, bias = config["vocab_size"], config["hidden_size"], config["num_experts"], config["attention_bias"]
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    heads = config["linear_num_value_heads"]
    keys = config["linear_num_key_heads"] * config["linear_key_head_dim"]
    values = heads * config["linear_value_head_dim"]

    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        shapes[f"{at}.input_layernorm.weight"] = shapes[f"{at}.post_attention_layernorm.weight"] = [M]
        if kind == "full_attention":
            shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, bias))
            shapes.update(linear_shapes(f"{at}.self_attn.q_proj", 2 * H * D, M, bias))   # with the gate
            shapes[f"{at}.self_attn.q_norm.weight"] = shapes[f"{at}.self_attn.k_norm.weight"] = [D]
        else:
            at = f"{at}.linear_attn"
            shapes[f"{at}.in_proj_qkvz.weight"] = [2 * keys + 2 * values, M]
            shapes[f"{at}.in_proj_ba.weight"] = [2 * heads, M]
            shapes[f"{at}.conv1d.weight"] = [2 * keys + values, 1, config["linear_conv_kernel_dim"]]
            shapes[f"{at}.dt_bias"] = shapes[f"{at}.A_log"] = [heads]
            shapes[f"{at}.norm.weight"] = [config["linear_value_head_dim"]]
            shapes[f"{at}.out_proj.weight"] = [M, values]
        at = f"model.layers.{layer}.mlp"
        if not config["sparse"][layer]:
            shapes.update(gated_feed_forward_shapes(at, M, config["intermediate_size"]))
            continue
        shapes.update({f"{at}.gate.weight": [E, M], f"{at}.shared_expert_gate.weight": [1, M]})
        shared = config["shared_expert_intermediate_size"]
        shapes.update(gated_feed_forward_shapes(f"{at}.shared_expert", M, shared))
        for e in range(E):
            shapes.update(gated_feed_forward_shapes(f"{at}.experts.{e}", M, config["moe_intermediate_size"]))
    return shapes


# %% [markdown]
# ## The gated delta rule
#
# For one token: fade the state by `exp(g)`, read what it holds under the key `k`, write the missing part of the value `v`, as strongly as `β` says, then read under the query `q`.
#
# A chunk of tokens is computed at once. What token `i` writes depends on what the tokens `j < i` of its chunk wrote, through the likeness of their keys, faded by the time in between: a triangular system of equations, solved from the first row to the last.
# Then the chunk is attention without softmax inside, and one product with the state for all that came before. A chunk of one token is the rule itself.

# %%
def gated_delta_rule(q, k, v, g, beta, state):
    """q, k [B, H, T, D], v [B, H, T, Dv], g and beta [B, H, T], state [B, H, D, Dv] -> [B, H, T, Dv] and the state."""
    found = []
    for start in range(0, q.shape[2], CHUNK):
        now = slice(start, start + CHUNK)
        queries, keys, values, strength = q[:, :, now], k[:, :, now], v[:, :, now], beta[:, :, now, None]
        age = g[:, :, now, None].cumsum(2)                             # [B, H, C, 1], log of the fading so far
        # From token j to token i the state fades by exp(age i - age j); for j > i, where it would grow, tril cuts off.
        fading = (age - age.transpose(-1, -2)).clamp(max=0).exp()      # [B, H, C, C]

        likeness = strength * (keys @ keys.transpose(-1, -2)) * fading
        written = strength * (values - age.exp() * (keys @ state))     # [B, H, C, Dv], as if the chunk wrote nothing
        for i in range(1, written.shape[2]):
            written[:, :, i:i + 1] -= likeness[:, :, i:i + 1, :i] @ written[:, :, :i]

        scores = (queries @ keys.transpose(-1, -2) * fading).tril()
        found.append(age.exp() * (queries @ state) + scores @ written)
        until_end = (age[:, :, -1:] - age).exp()                       # [B, H, C, 1]
        state = age[:, :, -1:].exp() * state + (until_end * keys).transpose(-1, -2) @ written
    return torch.cat(found, dim=2), state


def unit(x):
    """x [..., D] -> [..., D] of length one."""
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)


def linear_attention(x, weights, name, config, kept):
    B, T, _ = x.shape
    D, Dv = config["linear_key_head_dim"], config["linear_value_head_dim"]
    G = config["linear_num_key_heads"]
    R = config["linear_num_value_heads"] // G                          # value heads for each key head
    # The projections are stored key head by key head: its q, its k, and for its value heads v and z; then b and a.
    qkvz = project(x, weights, f"{name}.in_proj_qkvz").view(B, T, G, -1)
    ba = project(x, weights, f"{name}.in_proj_ba").view(B, T, G, -1)
    q, k, v, z = (part.flatten(2) for part in qkvz.split([D, D, R * Dv, R * Dv], dim=-1))
    b, a = (part.flatten(2).transpose(1, 2) for part in ba.split([R, R], dim=-1))    # [B, G · R, T]

    qkv = causal_convolution(torch.cat([q, k, v], dim=-1), weights[f"{name}.conv1d.weight"], None, kept, "convolution")
    q, k, v = activation(qkv, config["hidden_act"]).split([G * D, G * D, G * R * Dv], dim=-1)
    q = unit(split_heads(q, D)).repeat_interleave(R, dim=1) * D**-0.5  # [B, G · R, T, D]
    k = unit(split_heads(k, D)).repeat_interleave(R, dim=1)
    rate = weights[f"{name}.A_log"].float().exp()[:, None]
    g = -rate * F.softplus(a + weights[f"{name}.dt_bias"].float()[:, None])          # [B, G · R, T]

    state = kept["state"] if "state" in kept else torch.zeros(B, G * R, D, Dv, device=x.device)
    heads, kept["state"] = gated_delta_rule(q, k, split_heads(v, Dv), g, b.sigmoid(), state)
    heads = rms_norm(heads, weights[f"{name}.norm.weight"], config["rms_norm_eps"])
    heads = heads.transpose(1, 2).reshape(B, T, -1) * F.silu(z)        # [B, T, G · R · Dv]
    return project(heads, weights, f"{name}.out_proj")


# %% [markdown]
# ## Gated attention
#
# These norms are stored as what is added to one.

# %%
def norm(x, weights, name, config):
    return rms_norm(x, 1 + weights[f"{name}.weight"].float(), config["rms_norm_eps"])


def attention(x, weights, name, config, rotation, mask, kept):
    B, T, _ = x.shape
    D = config["head_dim"]
    q, gate = project(x, weights, f"{name}.q_proj").view(B, T, -1, 2 * D).chunk(2, dim=-1)      # [B, T, H, D]
    q = rotate_halves(norm(q.transpose(1, 2), weights, f"{name}.q_norm", config), *rotation)    # [B, H, T, D]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    k = rotate_halves(norm(k, weights, f"{name}.k_norm", config), *rotation)
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)
    k, v = append(kept, "k", k), append(kept, "v", v)                  # [B, G, S, D]
    heads = attend(q, k, v, mask, D**-0.5) * gate.flatten(2).sigmoid() # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")


# %% [markdown]
# ## Experts

# %%
def experts(x, weights, name, config):
    act, rows = config["hidden_act"], x.flatten(0, 1)                  # [B · T, M]
    scores = torch.softmax(project(rows, weights, f"{name}.gate"), dim=-1)
    shares, chosen = scores.topk(config["num_experts_per_tok"], dim=-1)                         # [B · T, K]
    if config["norm_topk_prob"]:
        shares = shares / shares.sum(-1, keepdim=True)
    found = mixture(rows, chosen, shares, lambda e, x: gated_feed_forward(x, weights, f"{name}.experts.{e}", act))
    shared = gated_feed_forward(rows, weights, f"{name}.shared_expert", act)
    found = found + shared * project(rows, weights, f"{name}.shared_expert_gate").sigmoid()
    return found.view(x.shape)


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return {"length": 0, "layers": [{} for _ in range(complete(config)["num_hidden_layers"])]}


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = norm(x, weights, "model.norm", config)
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    return linear(x, head), x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device = cache["length"], input_ids.shape[1], input_ids.device
    rope = {"partial_rotary_factor": config["partial_rotary_factor"], **rope_parameters(config)}
    rotation = rotary(rope, int(config["head_dim"] * rope["partial_rotary_factor"]), start, T, device)
    mask = causal_mask(T, start + T, device=device)                    # [T, S]

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = norm(x, weights, f"{at}.input_layernorm", config)
        if config["layer_types"][layer] == "full_attention":
            x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, mask, kept)
        else:
            x = x + linear_attention(normed, weights, f"{at}.linear_attn", config, kept)
        normed = norm(x, weights, f"{at}.post_attention_layernorm", config)
        if config["sparse"][layer]:
            x = x + experts(normed, weights, f"{at}.mlp", config)
        else:
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

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

from cache import attend_to_kept, causal_convolution, empty_cache, state_of
from configuration import attention_shapes, check_layer_types, gated_feed_forward_shapes, mixture_shapes, model_shapes
from configuration import pattern, shapes_at, with_defaults
from delta_rule import delta_rule, unit
from experts import choose, gated_experts, in_shares
from layers import activation, embed, gated_feed_forward, join_heads, normed_and_unembedded, project, rms_norm
from layers import rms_norm_from_one, split_heads
from positions import rotary_of_type, rotate_halves


def complete(config):
    config = with_defaults(config, "qwen3_next")
    every, step = config["full_attention_interval"], config["decoder_sparse_step"]
    config["layer_types"] = config["layer_types"] or pattern(config, "linear_attention", "full_attention", every)
    check_layer_types(config, ("linear_attention", "full_attention"))
    dense, numbers = config["mlp_only_layers"] or [], range(config["num_hidden_layers"])
    sparse = [n for n in numbers if (n + 1) % step == 0 and n not in dense]
    return {**config, "sparse": sparse if config["num_experts"] > 0 else []}


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, E, N, bias = (config[key] for key in ("hidden_size", "num_experts", "moe_intermediate_size", "attention_bias"))
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    shapes = model_shapes(config)
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        if kind == "full_attention":
            shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, bias, "kvo"))
            shapes.update(shapes_at(f"{at}.self_attn", bias, q_proj=[2 * H * D, M]))                    # with the gate
            shapes.update(shapes_at(f"{at}.self_attn", q_norm=[D], k_norm=[D]))
        else:
            shapes.update(linear_attention_shapes(f"{at}.linear_attn", config))
        at = f"{at}.mlp"
        if layer in config["sparse"]:
            shapes.update(shapes_at(at, shared_expert_gate=[1, M]))
            shapes.update(mixture_shapes(at, M, E, N, shared_expert=config["shared_expert_intermediate_size"]))
        else:
            shapes.update(gated_feed_forward_shapes(at, M, config["intermediate_size"]))
    return shapes


def linear_attention_shapes(name, config):
    M, Dv, heads = config["hidden_size"], config["linear_value_head_dim"], config["linear_num_value_heads"]
    keys, values = config["linear_num_key_heads"] * config["linear_key_head_dim"], heads * Dv
    shapes = shapes_at(name, in_proj_qkvz=[2 * keys + 2 * values, M], in_proj_ba=[2 * heads, M], out_proj=[M, values])
    shapes.update(shapes_at(name, conv1d=[2 * keys + values, 1, config["linear_conv_kernel_dim"]], norm=[Dv]))
    return {**shapes, f"{name}.dt_bias": [heads], f"{name}.A_log": [heads]}


# %% [markdown]
# ## The gated delta rule
#
# The [delta rule](delta_rule.py) writes to a head's state and reads from it; here the state of a head fades at one rate, which depends on the token.
#
# - **D** width of keys, **Dv** of values
# - **G** key heads, **R** value heads for each of them

# %%
def linear_attention(x, weights, name, config, kept):
    D, Dv = config["linear_key_head_dim"], config["linear_value_head_dim"]
    G, R = config["linear_num_key_heads"], config["linear_num_value_heads"] // config["linear_num_key_heads"]
    # The projections are stored key head by key head: its q, its k, and for its value heads v and z; then b and a.
    qkvz = project(x, weights, f"{name}.in_proj_qkvz").unflatten(-1, (G, -1))        # [B, T, G, 2 · D + 2 · R · Dv]
    ba = project(x, weights, f"{name}.in_proj_ba").unflatten(-1, (G, -1))            # [B, T, G, 2 · R]
    q, k, v, z = (part.flatten(2) for part in qkvz.split([D, D, R * Dv, R * Dv], dim=-1))
    b, a = (part.flatten(2).transpose(1, 2) for part in ba.split([R, R], dim=-1))    # [B, G · R, T]

    qkv = causal_convolution(torch.cat([q, k, v], dim=-1), weights[f"{name}.conv1d.weight"], None, kept, "convolution")
    q, k, v = activation(qkv, config["hidden_act"]).split([G * D, G * D, G * R * Dv], dim=-1)
    q = unit(split_heads(q, D)).repeat_interleave(R, dim=1) * D**-0.5  # [B, G · R, T, D]
    k = unit(split_heads(k, D)).repeat_interleave(R, dim=1)
    rate = weights[f"{name}.A_log"].float().exp()[:, None]
    g = -rate * F.softplus(a + weights[f"{name}.dt_bias"].float()[:, None])
    state = state_of(kept, x.shape[0], G * R, D, Dv, device=x.device)
    heads, kept["state"] = delta_rule(q, k, split_heads(v, Dv), g[..., None], b.sigmoid(), state)
    heads = rms_norm(heads, weights, f"{name}.norm", config["rms_norm_eps"])
    return project(join_heads(heads) * F.silu(z), weights, f"{name}.out_proj")       # [B, T, M]


# %% [markdown]
# ## Gated attention and experts

# %%
def attention(x, weights, name, config, rotation, kept):
    D, eps = config["head_dim"], config["rms_norm_eps"]
    q, gate = project(x, weights, f"{name}.q_proj").unflatten(-1, (-1, 2 * D)).chunk(2, dim=-1)  # [B, T, H, D]
    q = rotate_halves(rms_norm_from_one(q.transpose(1, 2), weights, f"{name}.q_norm", eps), *rotation)
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)                                    # [B, G, T, D]
    k = rotate_halves(rms_norm_from_one(k, weights, f"{name}.k_norm", eps), *rotation)
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)
    heads = attend_to_kept(q, k, v, kept, D**-0.5) * gate.flatten(2).sigmoid()                   # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")


def experts(x, weights, name, config):
    act, gate = config["hidden_act"], project(x, weights, f"{name}.shared_expert_gate").sigmoid()
    scores = torch.softmax(project(x.flatten(0, 1), weights, f"{name}.gate"), dim=-1)            # [B · T, E]
    chosen, shares = choose(scores, config["num_experts_per_tok"])     # [B · T, K]
    shares = in_shares(shares) if config["norm_topk_prob"] else shares
    routed = gated_experts(x, weights, f"{name}.experts", act, chosen, shares)
    return routed + gate * gated_feed_forward(x, weights, f"{name}.shared_expert", act)


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    return normed_and_unembedded(x, weights, complete(config), rms_norm_from_one)


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    rotation = rotary_of_type(config, None, config["head_dim"], start, T, device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm_from_one(x, weights, f"{at}.input_layernorm", eps)
        if config["layer_types"][layer] == "full_attention":
            x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, kept)
        else:
            x = x + linear_attention(normed, weights, f"{at}.linear_attn", config, kept)
        normed = rms_norm_from_one(x, weights, f"{at}.post_attention_layernorm", eps)
        if layer in config["sparse"]:
            x = x + experts(normed, weights, f"{at}.mlp", config)
        else:
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
    logits, x = normed_and_unembedded(x, weights, config, rms_norm_from_one)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

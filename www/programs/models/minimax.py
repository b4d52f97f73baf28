# %% [markdown]
# # MiniMax-Text-01
#
# Most layers have no softmax: their attention is linear, and all that they remember of a text is one matrix per head, however long the text.
# A token's key and value are added to that matrix after it has faded a little, fast in the first heads and hardly in the last; a query reads the matrix in one product.
# Every eighth layer is softmax attention over grouped heads, which looks up what a matrix of fixed size must forget.
#
# **Special** is Lightning attention: the same sum is taken within blocks as a masked product of queries and keys, and from block to block as a state, so that nothing grows with the square of the text.
# The residual stream starts from the normed input of each part, weighted by numbers of the configuration.
#
# **Used by** MiniMax-Text-01, MiniMax-M1
#
# **Notes** The checkpoint stores the decays of a block as tables, in the dtype of all else, and rounded powers do not multiply: `λ²` in bfloat16 is not the square of `λ` in bfloat16.
# To give the same numbers, decoding keeps to the blocks too: besides the state it remembers the keys and values of the block that is not yet full.
#
# Sources: [MiniMax 2025](https://arxiv.org/abs/2501.08313), section 2; [Qin et al. 2024](https://arxiv.org/abs/2401.04658) for the blocks; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/minimax/modeling_minimax.py).

# %%
import torch

from cache import append, attend_to_kept, empty_cache
from configuration import attention_shapes, mixture_shapes, model_shapes, pattern, shapes_at, with_defaults
from experts import choose, gated_experts, in_shares
from layers import activation, embed, join_heads, normed_and_unembedded, project, queries_keys_values, rms_norm
from layers import split_heads
from positions import rope_parameters, rotary, rotate_halves

EXPERT = ("w1", "w3", "w2")   # how the checkpoint names an expert's gate, up and down
LINEAR_NORM_EPS = 1e-6   # the norm of Lightning attention does not follow the configuration


def complete(config):
    config = with_defaults(config, "minimax")
    # MiniMax's own files rotate a part of each head and say so by this field, which transformers does not read.
    config["rotary_dim"] = config.get("rotary_dim") or config["head_dim"]
    config["layer_types"] = config["layer_types"] or pattern(config, "full_attention", "linear_attention", every=2)
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, N, E = config["hidden_size"], config["intermediate_size"], config["num_local_experts"]
    H, G, D, C = (config[key] for key in ("num_attention_heads", "num_key_value_heads", "head_dim", "block_size"))
    shapes = model_shapes(config)
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(mixture_shapes(f"{at}.block_sparse_moe", M, E, N, EXPERT))
        name = f"{at}.self_attn"
        if kind == "full_attention":
            shapes.update(attention_shapes(name, H, G, D, M))
        else:
            shapes.update(shapes_at(name, qkv_proj=[3 * H * D, M], output_gate=[H * D, M], out_proj=[M, H * D]))
            shapes.update({f"{name}.norm.weight": [H * D], f"{name}.slope_rate": [H, 1, 1],
                           f"{name}.query_decay": [H, C, 1], f"{name}.key_decay": [H, C, 1],
                           f"{name}.diagonal_decay": [1, H, C, C]})
    return shapes


# %% [markdown]
# ## Lightning attention
#
# - **C** tokens of a block
#
# Within a block, token `t` hears token `s` faded by `λ^(t - s)`; what came before the block it hears through the state.

# %%
def lightning_attention(x, weights, name, config, kept):
    qkv = activation(project(x, weights, f"{name}.qkv_proj"), config["hidden_act"])
    q, k, v = split_heads(qkv, 3 * config["head_dim"]).chunk(3, dim=-1)              # [B, H, T, D] each
    heads = join_heads(read_in_blocks(q, k, v, weights, name, config["block_size"], kept))
    heads = rms_norm(heads, weights, f"{name}.norm", LINEAR_NORM_EPS)
    gate = torch.sigmoid(project(x, weights, f"{name}.output_gate"))   # [B, T, H · D]
    return project(gate * heads, weights, f"{name}.out_proj")          # [B, T, M]


def read_in_blocks(q, k, v, weights, name, C, kept):
    """q, k, v [B, H, T, D] -> [B, H, T, D]; `kept` has the state before the open block, and the open block so far."""
    B, H, T, D = q.shape
    query_decay, key_decay = weights[f"{name}.query_decay"].float(), weights[f"{name}.key_decay"].float()
    within = weights[f"{name}.diagonal_decay"].float()[0]              # [H, C, C], zero where s > t
    block_decay = torch.exp(-weights[f"{name}.slope_rate"].float() * C)
    if "state" not in kept:
        kept["state"] = torch.zeros(B, H, D, D, device=q.device)

    results, start = [], 0
    while start < T:
        first = kept["k"].shape[2] if "k" in kept else 0               # of the new tokens, counted within the block
        end = min(start + C - first, T)
        keys, values = append(kept, "k", k[:, :, start:end]), append(kept, "v", v[:, :, start:end])
        last, now = keys.shape[2], q[:, :, start:end]
        shares = now @ keys.transpose(-1, -2) * within[:, first:last, :last]
        results.append(now * query_decay[:, first:last] @ kept["state"] + shares @ values)
        if last == C:
            faded = (keys * key_decay).transpose(-1, -2)               # [B, H, D, C]
            kept["state"] = kept["state"] * block_decay + faded @ values
            del kept["k"], kept["v"]
        start = end
    return torch.cat(results, dim=2)


# %% [markdown]
# ## Softmax attention and experts

# %%
def attention(x, weights, name, config, rotation, kept):
    D, window = config["head_dim"], config["sliding_window"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    q, k = rotate_halves(q, *rotation), rotate_halves(k, *rotation)
    return project(attend_to_kept(q, k, v, kept, D**-0.5, window), weights, f"{name}.o_proj")


def experts(x, weights, name, config):
    scores = torch.softmax(project(x.flatten(0, 1), weights, f"{name}.gate"), dim=-1)            # [B · T, E]
    chosen, scores = choose(scores, config["num_experts_per_tok"])     # [B · T, K]
    return gated_experts(x, weights, f"{name}.experts", config["hidden_act"], chosen, in_shares(scores), EXPERT)


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
    rotation = rotary(rope_parameters(config, theta=1e6), config["rotary_dim"], cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        x = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        if config["layer_types"][layer] == "full_attention":
            found = attention(x, weights, f"{at}.self_attn", config, rotation, kept)
            x = x * config["full_attn_alpha_factor"] + found * config["full_attn_beta_factor"]
        else:
            found = lightning_attention(x, weights, f"{at}.self_attn", config, kept)
            x = x * config["linear_attn_alpha_factor"] + found * config["linear_attn_beta_factor"]
        x = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        made = experts(x, weights, f"{at}.block_sparse_moe", config)
        x = x * config["mlp_alpha_factor"] + made * config["mlp_beta_factor"]
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

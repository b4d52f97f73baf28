# %% [markdown]
# # Mamba-2
#
# A head keeps one matrix, the state: with every token it fades by one factor and takes up the product of two vectors, here called `B` and `x`; a third, `C`, reads it.
# That is a key, a value and a query under other names, and how strongly a token writes is also how much the state fades before it.
#
# For one token: `state ← exp(dt · A) · state + dt · x Bᵀ`, and the head finds `state C`.
# What token `i` finds of token `j` is therefore `(C_i · B_j) · exp(dt · A, summed over what lies between) · dt_j x_j`: attention whose weights are a product instead of a softmax.
# A chunk of tokens is computed so, and what came before the chunk arrives through the state. A chunk of one token is the recurrence.
#
# - **T** tokens, **H** heads, **M** model width
# - **P** width of what a head writes
# - **N** width of the state that it is written to
#
# Sources: [Dao and Gu 2024](https://arxiv.org/abs/2405.21060), sections 6 and 7; names as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/nemotron_h/modeling_nemotron_h.py).

# %%
import torch
import torch.nn.functional as F

from cache import causal_convolution, state_of
from configuration import shapes_at
from layers import activation, join_heads, project, split_heads


def mamba_shapes(name, config):
    M, H, bias = config["hidden_size"], config["mamba_num_heads"], config["use_bias"]
    inner, states = H * config["mamba_head_dim"], config["n_groups"] * config["ssm_state_size"]
    mixed = inner + 2 * states
    return {
        **shapes_at(name, bias, in_proj=[inner + mixed + H, M], out_proj=[M, inner]),
        **shapes_at(name, config["use_conv_bias"], conv1d=[mixed, 1, config["conv_kernel"]]),
        f"{name}.dt_bias": [H], f"{name}.A_log": [H], f"{name}.D": [H], f"{name}.norm.weight": [inner],
    }


def state_space(x, fading, B, C, state, chunk):
    """x [B, H, T, P], log of the fading [B, H, T], B, C [B, H, T, N], state [B, H, P, N] -> [B, H, T, P], state."""
    found = []
    for start in range(0, x.shape[2], chunk):
        now = slice(start, start + chunk)
        writes, keys, queries = x[:, :, now], B[:, :, now], C[:, :, now]
        age = fading[:, :, now, None].cumsum(2)                        # [B, H, chunk, 1]
        # For j > i the state would grow; the clamp keeps it from overflowing, and tril cuts it off.
        between = (age - age.transpose(-1, -2)).clamp(max=0).exp()     # [B, H, chunk, chunk]
        shares = (queries @ keys.transpose(-1, -2) * between).tril()
        found.append(shares @ writes + age.exp() * (queries @ state.transpose(-1, -2)))
        until_end = (age[:, :, -1:] - age).exp()                       # [B, H, chunk, 1]
        state = age[:, :, -1:].exp() * state + (until_end * writes).transpose(-1, -2) @ keys
    return torch.cat(found, dim=2), state


def mamba(x, weights, name, config, kept):
    H, P, N, groups = (config[key] for key in ("mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups"))
    gate, xBC, dt = project(x, weights, f"{name}.in_proj").split([H * P, H * P + 2 * groups * N, H], dim=-1)
    convolution = weights[f"{name}.conv1d.weight"], weights.get(f"{name}.conv1d.bias")
    xBC = activation(causal_convolution(xBC, *convolution, kept, "convolution"), config["mamba_hidden_act"])
    x, B, C = xBC.split([H * P, groups * N, groups * N], dim=-1)
    x = split_heads(x, P)                                              # [B, H, T, P]
    B = split_heads(B, N).repeat_interleave(H // groups, dim=1)        # [B, H, T, N]
    C = split_heads(C, N).repeat_interleave(H // groups, dim=1)
    dt = F.softplus(dt + weights[f"{name}.dt_bias"].float()).clamp(min=config["time_step_min"]).transpose(1, 2)
    fading = -weights[f"{name}.A_log"].float().exp()[:, None] * dt     # [B, H, T]

    state = state_of(kept, x.shape[0], H, P, N, device=x.device)
    found, kept["state"] = state_space(dt[..., None] * x, fading, B, C, state, config["chunk_size"])
    found = found + weights[f"{name}.D"].float()[:, None, None] * x    # a way around the state
    found = (join_heads(found) * F.silu(gate)).unflatten(-1, (groups, -1))           # [B, T, groups, H · P / groups]
    found = F.rms_norm(found, found.shape[-1:], eps=config["layer_norm_epsilon"]).flatten(2)
    found = found * weights[f"{name}.norm.weight"].float()
    return project(found, weights, f"{name}.out_proj")                 # [B, T, M]

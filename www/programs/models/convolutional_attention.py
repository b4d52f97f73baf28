# %% [markdown]
# # Compressed convolutional attention
#
# Attention that works in a narrow space from the first projection to the last, with no way back up but the output projection.
# What the narrow space costs is made good by letting neighbours mix: two short convolutions run over queries and keys, each query also gets a part of its key and each key of its queries, and half of the values are those of the token before.
# Queries and keys are of one length, and a learned number per key head says how sharp its attention is.
#
# Both convolutions look back, and zeros stand before the first token once, in front of the first of them.
# The cache holds, beside keys and values, the queries and keys that the next convolution looks back on, and the half value that the next token takes over.
#
# - **B** batch, **T** tokens that are new, **M** model width
# - **H** query heads, **G** key/value heads, **D** head width, **C** channels: those of all queries, then of all keys
#
# Sources: [Figliolia et al. 2025](https://arxiv.org/abs/2510.04476); names as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/zaya/modeling_zaya.py).

# %%
import torch
import torch.nn.functional as F

from cache import append, attend_to_kept, with_past
from configuration import shapes_at
from layers import project, split_heads
from positions import rotate_halves


def attention_shapes(name, config):
    M, H, G, D = (config[key] for key in ("hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"))
    bias, half, both = config["attention_bias"], G * D // 2, (H + G) * D
    shapes = {**shapes_at(name, bias, o_proj=[M, H * D]), f"{name}.qk_norm.temp": [G]}
    name = f"{name}.qkv_proj"
    shapes.update(shapes_at(name, bias, q_proj=[H * D, M], k_proj=[G * D, M]))
    shapes.update(shapes_at(name, bias, v_proj_current=[half, M], v_proj_delayed=[half, M]))
    shapes.update(shapes_at(name, True, conv_qk_depthwise=[both, 1, config["cca_time0"]]))
    shapes.update(shapes_at(name, True, conv_qk_grouped=[both, D, config["cca_time1"]]))
    return shapes


def convolved(mixed, weights, name, config, kept):
    """Queries and keys [B, T, (H + G) · D] -> the same shape: a channel with its past, then all channels of a head."""
    before = config["cca_time0"] - 1 + config["cca_time1"] - 1
    mixed = with_past(mixed, kept, "before", before).transpose(1, 2)   # [B, C, before + T]
    heads = config["num_attention_heads"] + config["num_key_value_heads"]
    for part, groups in (("depthwise", mixed.shape[1]), ("grouped", heads)):
        weight, bias = weights[f"{name}.conv_qk_{part}.weight"], weights[f"{name}.conv_qk_{part}.bias"]
        mixed = F.conv1d(mixed, weight.float(), bias.float(), groups=groups)
    return mixed.transpose(1, 2)


def queries_and_keys(x, weights, name, config, kept):
    """x [B, T, M] -> q [B, H, T, D] and k [B, G, T, D]."""
    B, T, _ = x.shape
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    q, k = project(x, weights, f"{name}.q_proj"), project(x, weights, f"{name}.k_proj")
    mixed = convolved(torch.cat([q, k], dim=-1), weights, name, config, kept)
    q, k = q.view(B, T, G, H // G, D), k.view(B, T, G, 1, D)
    q_mean = (q + k) / 2                                               # each query head with its key head
    k_mean = q_mean.mean(dim=3)                                        # each key head with its query heads
    q_mixed, k_mixed = mixed.split([H * D, G * D], dim=-1)
    q = q_mixed.view(B, T, H, D) + q_mean.flatten(2, 3)
    k = k_mixed.view(B, T, G, D) + k_mean
    return q.transpose(1, 2), k.transpose(1, 2)


def values(x, weights, name, config, kept):
    """x [B, T, M] -> [B, G, T, D]: half of the numbers of this token, half of the one before."""
    delayed = project(x, weights, f"{name}.v_proj_delayed")            # [B, T, G · D / 2]
    if "delayed" not in kept:
        kept["delayed"] = project(torch.zeros_like(x[:, :1]), weights, f"{name}.v_proj_delayed")
    delayed = append(kept, "delayed", delayed, window=1)[:, :-1]
    current = project(x, weights, f"{name}.v_proj_current")
    return split_heads(torch.cat([current, delayed], dim=-1), config["head_dim"])


def of_length_root_D(x):
    """x [..., D] -> [..., D], of length √D."""
    return x * (x.shape[-1]**0.5 / x.norm(dim=-1, keepdim=True).clamp(min=torch.finfo(torch.float32).eps))


def attention(x, weights, name, config, rotation, window, kept):
    D, temperature = config["head_dim"], weights[f"{name}.qk_norm.temp"].float()[:, None, None]
    q, k = queries_and_keys(x, weights, f"{name}.qkv_proj", config, kept)
    q = rotate_halves(of_length_root_D(q), *rotation)
    k = rotate_halves(of_length_root_D(k) * temperature, *rotation)
    v = values(x, weights, f"{name}.qkv_proj", config, kept)
    return project(attend_to_kept(q, k, v, kept, D**-0.5, window), weights, f"{name}.o_proj")

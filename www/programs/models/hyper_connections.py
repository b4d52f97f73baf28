# %% [markdown]
# # Hyper-connections
#
# In place of one residual stream there are several. From all of them is computed what a part reads, how much of its result each stream gets, and how the streams mix.
# The matrix that mixes them is brought near to rows and columns that sum to one by dividing by the sums of columns and rows in turn, after Sinkhorn and Knopp: streams are averaged, and no product of such matrices grows.
#
# - **B** batch, **T** tokens that are new, **M** model width
# - **C** streams
#
# Sources: [Zhu et al. 2024](https://arxiv.org/abs/2409.19606) for the connections; [Xie et al. 2025](https://arxiv.org/abs/2512.24880) for the matrix.

# %%
import torch

from layers import linear, rms_norm_unweighted


def connection_shapes(name, C, M):
    return {f"{name}_fn": [(2 + C) * C, C * M], f"{name}_base": [(2 + C) * C], f"{name}_scale": [3]}


def mix(streams, fn, eps):
    """streams [B, T, C, M], fn [N, C · M] -> [B, T, N]: numbers that depend on all streams."""
    return linear(rms_norm_unweighted(streams.flatten(2), eps), fn)


def connect(streams, weights, name, config):
    """streams [B, T, C, M] -> what a part reads [B, T, M], gives to each [B, T, C], and how they mix [B, T, C, C]."""
    C, eps = config["hc_mult"], config["hc_eps"]
    numbers = mix(streams, weights[f"{name}_fn"], config["rms_norm_eps"]).split([C, C, C * C], dim=-1)
    bases, scales = weights[f"{name}_base"].float().split([C, C, C * C]), weights[f"{name}_scale"].float()
    reads, gives, mixes = (numbers[i] * scales[i] + bases[i] for i in range(3))
    # Row i, column j: how much of stream i goes to stream j.
    mixing = torch.softmax(mixes.unflatten(-1, (C, C)), dim=-1) + eps
    mixing = mixing / (mixing.sum(-2, keepdim=True) + eps)
    for _ in range(config["hc_sinkhorn_iters"] - 1):
        mixing = mixing / (mixing.sum(-1, keepdim=True) + eps)
        mixing = mixing / (mixing.sum(-2, keepdim=True) + eps)
    read = ((reads.sigmoid() + eps)[..., None] * streams).sum(2)
    return read, 2 * gives.sigmoid(), mixing


def give(found, streams, gives, mixing):
    """found [B, T, M], streams [B, T, C, M] -> [B, T, C, M]."""
    return gives[..., None] * found[:, :, None] + mixing.transpose(-1, -2) @ streams


def read_out(streams, weights, name, config):
    """streams [B, T, C, M] -> what is read of them after the last layer [B, T, M]."""
    reads = mix(streams, weights[f"{name}_fn"], config["rms_norm_eps"]) * weights[f"{name}_scale"].float()
    reads = (reads + weights[f"{name}_base"].float()).sigmoid() + config["hc_eps"]               # [B, T, C]
    return (reads[..., None] * streams).sum(2)

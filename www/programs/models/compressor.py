# %% [markdown]
# # Entries that stand for blocks of tokens
#
# A cache that grows with the text by one entry for each block of tokens, not for each token. A block is pooled channel by channel: a softmax over its tokens says whose number counts.
# Overlapping, an entry pools twice as many tokens as it stands for: each token has one vector for the block after its own and one for its own.
# Before the first block stands one that weighs nothing. The cache holds the entries, and of the tokens only those that a later entry still needs.
#
# - **B** batch, **T** tokens that are new, **M** model width
# - **N** entries, **D** their width; **R** how much of it is turned by positions
#
# Sources: [DeepSeek-AI 2026](https://arxiv.org/abs/2606.19348), section 2.3; [DeepSeek's own code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash), `inference/model.py`.

# %%
import torch

from cache import append
from configuration import shapes_at
from layers import project, rms_norm
from positions import rotary, rotate_tail


def compressor_shapes(name, M, D, ratio, overlap):
    """The weights by which `compress` makes entries of width D, each of `ratio` tokens."""
    height = 2 * D if overlap else D
    shapes = shapes_at(name, wkv=[height, M], wgate=[height, M], norm=[D])
    return {**shapes, f"{name}.ape": [ratio, height]}


def compress(x, weights, name, config, rope, ratio, start, kept, entries):
    """x [B, T, M], tokens from `start` on -> all entries so far [B, N, D], kept under the name `entries`."""
    B, T, _ = x.shape
    values, norm = project(x, weights, f"{name}.wkv"), weights[f"{name}.norm.weight"]            # [B, T, D or 2 · D]
    places = torch.arange(start, start + T, device=x.device) % ratio
    gates = project(x, weights, f"{name}.wgate") + weights[f"{name}.ape"].float()[places]
    D = norm.shape[0]
    overlap = 1 if values.shape[-1] == 2 * D else 0
    if entries not in kept:
        kept[entries] = torch.zeros(B, 0, D, device=x.device)
        kept[f"{entries}_values"] = torch.zeros(B, overlap * ratio, values.shape[-1], device=x.device)
        kept[f"{entries}_gates"] = torch.full((B, overlap * ratio, values.shape[-1]), -torch.inf, device=x.device)
    values = torch.cat([kept[f"{entries}_values"], values], dim=1)
    gates = torch.cat([kept[f"{entries}_gates"], gates], dim=1)
    new = values.shape[1] // ratio - overlap                           # blocks that are complete now
    kept[f"{entries}_values"] = values[:, new * ratio:].clone()
    kept[f"{entries}_gates"] = gates[:, new * ratio:].clone()
    if new == 0:
        return kept[entries]

    blocks = [part[:, :(new + overlap) * ratio].unflatten(1, (-1, ratio)) for part in (values, gates)]
    if overlap:
        blocks = [torch.cat([part[:, :-1, :, :D], part[:, 1:, :, D:]], dim=2) for part in blocks]
    values, gates = blocks                                             # [B, new, ratio or 2 · ratio, D]
    pooled = (torch.softmax(gates, dim=2) * values).sum(2)             # [B, new, D]
    pooled = rms_norm(pooled, norm, config["rms_norm_eps"])
    first = kept[entries].shape[1]
    cos, sin = rotary(rope, config["turned"], first * ratio, new * ratio, x.device)
    return append(kept, entries, rotate_tail(pooled, cos[::ratio], sin[::ratio]))

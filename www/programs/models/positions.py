# %% [markdown]
# # Rotary positions
#
# A head's numbers are taken in pairs, and pair `i` is turned by `position · frequency[i]`: the product of a query and a key then depends on how far they are apart.
# Checkpoints lay the pairs out in two ways. To read further than in training, the slow frequencies are made slower.
#
# - **T** tokens
# - **D** head width
# - **R** how much of it is turned
#
# Sources: [Su et al. 2021](https://arxiv.org/abs/2104.09864); [Peng et al. 2023](https://arxiv.org/abs/2309.00071) for YaRN; [Barbero et al. 2024](https://arxiv.org/abs/2410.06205) for turning only some pairs; the fields of a configuration and the types of scaling are those of [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_rope_utils.py).

# %%
import math

import torch


def rope_parameters(config, theta=10000.0, layer_type=None):
    """A configuration's `rope_parameters`, or the `rope_scaling` and `rope_theta` of older files, in one dictionary.

    Where layers of several types rotate differently, `rope_parameters` is a dictionary of them by `layer_type`.
    """
    rope = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if layer_type in rope:
        rope = rope[layer_type]
    share = config.get("partial_rotary_factor") or 1.0
    rope = {"rope_theta": config.get("rope_theta") or theta, "partial_rotary_factor": share, **rope}
    if "rope_type" not in rope:
        rope["rope_type"] = rope.get("type", "default")
    if "original_max_position_embeddings" not in rope:
        rope["original_max_position_embeddings"] = config["max_position_embeddings"]
    return rope


def rope_frequencies(rope, width, device=None):
    """Frequencies [width / 2], in radians per position, and the factor of cosine and sine that YaRN adds."""
    base, kind = rope["rope_theta"], rope["rope_type"]
    frequencies = 1.0 / base ** (torch.arange(0, width, 2, device=device).float() / width)
    if kind == "default":
        return frequencies, 1.0
    if kind == "linear":
        return frequencies / rope["factor"], 1.0
    if kind == "proportional":
        # The pairs that turn fastest turn at the speeds they would have if all were turned; the others stay.
        turned = torch.arange(width // 2, device=device) < int(rope["partial_rotary_factor"] * width // 2)
        return torch.where(turned, frequencies / rope.get("factor", 1.0), 0.0), 1.0
    if kind == "longrope":
        same = rope["long_factor"] == rope["short_factor"]
        assert same, "factors that depend on the length of a text are not supported"
        assert rope.get("attention_factor") is not None, "longrope without an attention_factor is not supported"
        return frequencies / torch.tensor(rope["long_factor"], device=device), rope["attention_factor"]
    if kind == "llama3":
        return llama3_frequencies(rope, frequencies), 1.0
    assert kind == "yarn", f"rotary positions of type {kind} are not among those that these programs know"
    return yarn_frequencies(rope, frequencies), yarn_attention_factor(rope)


def llama3_frequencies(rope, frequencies):
    """Slow frequencies are divided by the factor, fast ones stay, and between the two wavelengths one fades over."""
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)   # in the context of training
    share = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 - share) * frequencies / rope["factor"] + share * frequencies


def yarn_frequencies(rope, frequencies):
    """As `llama3_frequencies`, but what fades over is the index of the pair."""
    width, context = 2 * frequencies.shape[0], rope["original_max_position_embeddings"]

    def index_that_turns(times):
        return width * math.log(context / (times * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))

    first = index_that_turns(rope.get("beta_fast") or 32)
    last = index_that_turns(rope.get("beta_slow") or 1)
    if rope.get("truncate", True):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, width - 1)
    index = torch.arange(width // 2, device=frequencies.device).float()
    slow = ((index - first) / max(last - first, 0.001)).clamp(0, 1)
    return frequencies / rope["factor"] * slow + frequencies * (1 - slow)


def yarn_attention_factor(rope):
    """What cosine and sine are multiplied by: scores grow by its square, since longer contexts flatten attention."""
    if rope.get("attention_factor") is not None:
        return rope["attention_factor"]
    if rope.get("mscale") and rope.get("mscale_all_dim"):
        return yarn_scale(rope["factor"], rope["mscale"]) / yarn_scale(rope["factor"], rope["mscale_all_dim"])
    return yarn_scale(rope["factor"])


def yarn_scale(factor, weight=1.0):
    return 0.1 * weight * math.log(factor) + 1.0 if factor > 1 else 1.0


def rotary(rope, width, start, count, device=None):
    """Cosine [T, 1, width / 2] and sine [T, 2, width / 2] of the positions start, start + 1, ... start + count - 1.

    The sine has the sign with which the first of a pair takes it of the second, and then the second of the first.
    """
    frequencies, factor = rope_frequencies(rope, width, device)
    positions = torch.arange(start, start + count, device=device).float()
    angles = positions[:, None, None] * frequencies                    # [T, 1, width / 2]
    sin = angles.sin() * factor
    return angles.cos() * factor, torch.cat([-sin, sin], dim=-2)


def rotary_of_type(config, layer_type, D, start, count, device=None):
    """Cosine [T, 1, R / 2] and sine [T, 2, R / 2] for heads of width D in layers of one type, which may turn a part of a head only."""
    rope = rope_parameters(config, layer_type=layer_type)
    share = 1.0 if rope["rope_type"] == "proportional" else rope["partial_rotary_factor"]
    return rotary(rope, int(D * share), start, count, device)


def rotate_halves(x, cos, sin):
    """x [..., T, D], cos [T, 1, R / 2], sin [T, 2, R / 2] -> [..., T, D]: pairs (i, i + R / 2); numbers beyond the first R stay."""
    R = 2 * cos.shape[-1]
    if R < x.shape[-1]:
        return torch.cat([rotate_halves(x[..., :R], cos, sin), x[..., R:]], dim=-1)
    pairs = x.unflatten(-1, (2, -1))                                   # [..., T, 2, R / 2]
    return (pairs * cos + pairs.flip(-2) * sin).flatten(-2)


def rotate_pairs(x, cos, sin):
    """x [..., T, D], cos [T, 1, D / 2], sin [T, 2, D / 2] -> [..., T, D]: neighbours (2i, 2i + 1) are the pairs."""
    pairs = x.unflatten(-1, (-1, 2))                                   # [..., T, D / 2, 2]
    return (pairs * cos.transpose(-1, -2) + pairs.flip(-1) * sin.transpose(-1, -2)).flatten(-2)


def rotate_tail(x, cos, sin):
    """x [..., T, D], cos [T, 1, R / 2], sin [T, 2, R / 2] -> [..., T, D]: the last R numbers are turned, in neighbouring pairs."""
    still = x.shape[-1] - 2 * cos.shape[-1]
    return torch.cat([x[..., :still], rotate_pairs(x[..., still:], cos, sin)], dim=-1)

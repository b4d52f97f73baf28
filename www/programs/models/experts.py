# %% [markdown]
# # Mixtures of experts
#
# In place of one wide feed-forward layer stand many narrow ones. A router scores them for each token, the best K say what they make of it, and their answers are summed by their shares.
# Some experts may be shared: every token uses them beside those it chose.
#
# - **N** rows: the tokens of all texts, one after the other
# - **M** model width
# - **E** experts
# - **K** experts chosen for a token
#
# Sources: [Shazeer et al. 2017](https://arxiv.org/abs/1701.06538) for the mixture; [DeepSeek-AI 2024](https://arxiv.org/abs/2412.19437), section 2.1.2, for the bias of the choice and for groups.

# %%
import torch

from configuration import GATED
from layers import activation, gated_feed_forward, linear


# %% [markdown]
# ## The choice

# %%
def choose(scores, K, bias=None, groups=1, open_groups=1):
    """scores [N, E] -> the numbers of the best K experts and their scores, [N, K] each.

    A bias [E] keeps experts evenly used: it counts when they are chosen, and not in their scores. Of several groups,
    only the open ones are looked into: those whose two best experts are best together.
    """
    wanted = scores if bias is None else scores + bias.float()
    if groups > 1:
        by_group = wanted.unflatten(-1, (groups, -1))                  # [N, groups, E / groups]
        best = by_group.topk(2, dim=-1).values.sum(-1).topk(open_groups, dim=-1).indices
        is_open = torch.zeros(by_group.shape[:2], device=scores.device).scatter(1, best, 1.0).bool()
        wanted = by_group.masked_fill(~is_open[..., None], -torch.inf).flatten(1)
    chosen = wanted.topk(K, dim=-1).indices
    return chosen, scores.gather(1, chosen)


def in_shares(scores):
    """scores [N, K] of those who were chosen -> the shares of each in their sum."""
    return scores / (scores.sum(-1, keepdim=True) + 1e-20)


# %% [markdown]
# ## What they say

# %%
def mixture(x, chosen, shares, expert):
    """x [B, T, M], chosen and shares [N, K]: whom each token chose and how much each counts -> [B, T, M], the sum.

    What an expert makes of some rows is `expert(number, rows)`. The choices are sorted by expert, so that each is
    called once, with all its rows; how many those are is read for all in one go, since to wait for a device is slow.
    """
    rows, (N, K) = x.flatten(0, 1), chosen.shape
    choices = chosen.flatten().argsort()                               # [N · K]
    # Without values (the device meta counts shapes and costs) any K experts stand for those that would be chosen.
    counts = [N] * K if x.is_meta else torch.bincount(chosen.flatten()).tolist()
    out = torch.zeros_like(rows)
    start = 0
    for e, count in enumerate(counts):
        if count > 0:
            choice = choices[start:start + count]
            row = choice // K
            out.index_add_(0, row, expert(e, rows[row]) * shares.flatten()[choice, None])
        start += count
    return out.view(x.shape)


def gated_experts(x, weights, name, act, chosen, shares, parts=GATED, limit=None):
    """x [B, T, M] -> [B, T, M]: the mixture of gated feed-forward layers that stand under the name by their numbers."""
    def expert(e, rows):
        return gated_feed_forward(rows, weights, f"{name}.{e}", act, parts, limit)

    return mixture(x, chosen, shares, expert)


def stacked_expert(x, weights, name, e, act):
    """x [N, M] -> [N, M]: expert e of those whose weights stand in two tensors, [E, 2 · inner, M] and [E, M, inner]."""
    gate, up = linear(x, weights[f"{name}.gate_up_proj"][e]).chunk(2, dim=-1)
    return linear(activation(gate, act) * up, weights[f"{name}.down_proj"][e])

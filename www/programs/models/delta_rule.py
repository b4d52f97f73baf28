# %% [markdown]
# # The delta rule
#
# Each head keeps one matrix, the state, in place of keys and values. For one token: fade the state by `exp(g)`, read what it holds under the key `k`, write the missing part of the value `v`, as strongly as `β` says, then read under the query `q`.
#
# A chunk of tokens is computed at once. What token `i` writes depends on what the tokens `j < i` of its chunk wrote, through the likeness of their keys, faded by the time in between: a triangular system of equations, solved from the first row to the last.
# Then the chunk is attention without softmax inside, and one product with the state for all that came before. A chunk of one token is the rule itself.
#
# - **B** batch, **T** tokens, **C** tokens of a chunk
# - **H** heads, **D** width of a head's keys, **Dv** of its values
#
# Sources: [Yang et al. 2024](https://arxiv.org/abs/2406.06484) for the chunks; [Yang et al. 2024](https://arxiv.org/abs/2412.06464) for the fading.

# %%
import torch


def by_head(queries, keys, age):
    """queries, keys [B, H, C, D], age [B, H, C, 1] -> keys with keys and queries with keys, [B, H, C, C]."""
    fading, keys_down = fading_between(age)[..., 0], keys.transpose(-1, -2)
    return keys @ keys_down * fading, queries @ keys_down * fading


def delta_rule(q, k, v, g, beta, state, compare=by_head, chunk=64):
    """q, k [B, H, T, D], v [B, H, T, Dv], beta [B, H, T], state [B, H, D, Dv] -> [B, H, T, Dv] and the state.

    g is the log of each token's fading: [B, H, T, 1] for a head, or [B, H, T, D] for each channel of its keys.
    `compare(queries, keys, age)` gives the products of keys with keys and of queries with keys, [B, H, C, C] each, as
    the keys have faded since; `age` is the log of the fading since the chunk began.
    """
    found = []
    for start in range(0, q.shape[2], chunk):
        now = slice(start, start + chunk)
        queries, keys, values, strength = q[:, :, now], k[:, :, now], v[:, :, now], beta[:, :, now, None]
        age = g[:, :, now].cumsum(2)                                   # [B, H, C, 1 or D]
        likeness, scores = compare(queries, keys, age)
        likeness = strength * likeness
        written = strength * (values - (age.exp() * keys) @ state)     # [B, H, C, Dv], as if the chunk wrote nothing
        for i in range(1, written.shape[2]):
            written[:, :, i:i + 1] -= likeness[:, :, i:i + 1, :i] @ written[:, :, :i]

        found.append((age.exp() * queries) @ state + scores.tril() @ written)
        last = age[:, :, -1:]                                          # [B, H, 1, 1 or D]
        state = last.exp().transpose(-1, -2) * state + (keys * (last - age).exp()).transpose(-1, -2) @ written
    return torch.cat(found, dim=2), state


def fading_between(age):
    """age [..., C, D] -> [..., C, C, D]: how much is left of token j when token i comes.

    For j > i it would grow; the clamp keeps it from overflowing, and whoever uses it cuts it off.
    """
    return (age[..., :, None, :] - age[..., None, :, :]).clamp(max=0).exp()


def unit(x):
    """x [..., D] -> [..., D] of length one."""
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)

# %% [markdown]
# # The lightning indexer
#
# A small helper of attention that picks what a query reads. Its many narrow heads share one key for each token, or for each block of tokens, and need no softmax: it adds up what its heads like, each with a weight that the token gives it.
# Scoring everything is still quadratic, but with few and small numbers; what was expensive, attention itself, reads the best K.
#
# - **B** batch, **T** tokens that are new, **S** keys or entries that can be read, **D** their width
# - **I** heads of the indexer, **DI** their width
# - **K** how many a token may read
#
# Sources: [DeepSeek-AI 2025](https://arxiv.org/abs/2512.02556), section 2.1.

# %%
import torch
import torch.nn.functional as F


def best_keys(q, k, heard, visible, K):
    """q [B, I, T, DI], k [B, S, DI], heard [B, T, I], visible [T, S] -> the keys that each token reads, [B, T, K]."""
    I, DI = q.shape[1], q.shape[3]
    likes = F.relu(q @ k[:, None].transpose(-1, -2) * DI**-0.5)        # [B, I, T, S]
    heard = (heard * I**-0.5).transpose(1, 2)[..., None]               # [B, I, T, 1]
    scores = (heard * likes).sum(1).masked_fill(~visible, -torch.inf)  # [B, T, S]
    # Keys that no head likes tie at zero. The latest wins, so that the choice does not depend on how the text is cut.
    order = scores.flip(-1).sort(dim=-1, descending=True, stable=True).indices
    return k.shape[1] - 1 - order[..., :K]


def fetch(x, chosen):
    """x [B, S, D], chosen [B, 1, K] by one token -> [B, K, D]: what it chose, and nothing else is read."""
    return x.gather(1, chosen[:, 0, :, None].expand(-1, -1, x.shape[2]))


def picked(chosen, S):
    """chosen [B, T, K] -> [B, T, S], true where a token chose a key: of early tokens, also some that it may not see."""
    B, T, _ = chosen.shape
    return torch.zeros(B, T, S, device=chosen.device).scatter(-1, chosen, 1.0).bool()

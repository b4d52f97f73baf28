"""How the indexers of DeepSeek V3.2 and V4 learn: no gradient of the language model's loss passes a choice of entries.

As in section 2.1.1 of DeepSeek-V3.2's report (https://arxiv.org/abs/2512.02556), an indexer learns to say what
attention looks at: the shares that the heads give to each entry, summed and normalized, are the target, and the
divergence of the softmax of its scores from it is its loss. It reads the stream without sending gradients back. At
first attention is dense, and the indexer learns over all entries; then it chooses, and learns over those it chose.
"""

import torch
import torch.nn.functional as F

DENSE = 1 / 3               # of all steps, at the start
NOTES = [
    "Attention is dense in the first third of the steps; then the indexer chooses what is attended to.",
    "The indexer learns from the divergence between its scores and the shares that attention gives, as in the report"
    " on DeepSeek-V3.2, section 2.1.1. The report freezes the model while the indexer warms up; here both learn at"
    " once.",
]


def divergence(scores, shares):
    """scores [B, T, S] of an indexer, shares [B, H, T, S] of attention -> the mean divergence over tokens."""
    target = shares.detach().sum(1)                                    # [B, T, S]
    total = target.sum(-1)
    rows = total > 0                                                   # tokens that may look at something
    target, scores = target[rows] / total[rows, None], scores[rows]
    said = F.log_softmax(scores.masked_fill(target == 0, -1e30), dim=-1)
    return F.kl_div(said, target, reduction="sum") / rows.sum().clamp(min=1)


def scores_of(indexer, x, queries, rotation):
    """x [B, T, M], queries [B, T, R] as the latent of queries gives them -> DeepSeek V3.2's scores [B, T, T]."""
    B, T, _ = x.shape
    R, D = indexer.qk_rope_head_dim, indexer.head_dim
    q = indexer.wq_b(queries).view(B, T, indexer.n_heads, D).transpose(1, 2)
    k = indexer.k_norm(indexer.wk(x))[:, None]
    cos, sin = (part[:, None, :, :R // 2] for part in rotation)

    def rotated(x):
        a, b, rest = x.split([R // 2, R // 2, D - R], dim=-1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], dim=-1)

    likeness = (rotated(q) @ rotated(k).transpose(-1, -2) * D**-0.5).relu()        # [B, H, T, T]
    weights = indexer.weights_proj(x) * indexer.n_heads**-0.5
    return (weights.transpose(1, 2)[..., None] * likeness).sum(1)


class Learner:
    """Listens to the attention layers that have an indexer, and collects the loss of their indexers."""

    def __init__(self, model, steps, dense=DENSE):
        self.dense_steps, self.losses, self.last, self.indexers = int(steps * dense), [], 0.0, []
        for attention in model.modules():
            if hasattr(attention, "indexer") and hasattr(attention, "kv_a_proj_with_mqa"):
                self.listen_v32(attention)
            elif hasattr(getattr(attention, "compressor", None), "indexer"):
                self.listen_v4(attention)
        self.chosen = [indexer.index_topk for indexer in self.indexers]

    def begin(self, step):
        for indexer, chosen in zip(self.indexers, self.chosen):
            indexer.index_topk = 10**9 if step < self.dense_steps else chosen
        self.losses = []

    def loss(self):
        loss = sum(self.losses) / len(self.losses) if self.losses else torch.zeros(())
        self.last = loss.item()
        return loss

    def listen_v32(self, attention):
        indexer = attention.indexer
        self.indexers.append(indexer)

        def hook(module, args, kwargs, output):
            if module.training:
                x = kwargs["hidden_states"].detach()
                with torch.no_grad():
                    queries = module.q_a_layernorm(module.q_a_proj(x))
                scores = scores_of(indexer, x, queries, kwargs["position_embeddings"])
                self.losses.append(divergence(scores, output[1]))

        attention.register_forward_hook(hook, with_kwargs=True)

    def listen_v4(self, attention):
        indexer = attention.compressor.indexer
        self.indexers.append(indexer)
        said = []

        def detached(module, args):
            hidden_states, queries, *rest = args
            return (hidden_states.detach(), queries.detach(), *rest)

        def hook(module, args, kwargs, output):
            scores = said.pop()
            if module.training:
                # Attention looks at the window's tokens first, then at the compressed entries.
                self.losses.append(divergence(scores, output[1][..., -scores.shape[-1]:]))

        indexer.register_forward_pre_hook(detached)
        indexer.scorer.register_forward_hook(lambda module, args, output: said.append(output))
        attention.register_forward_hook(hook, with_kwargs=True)

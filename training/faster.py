"""What transformers computes slowly on a CPU, in training only: the same sums in less time.

Losses on the cards, and everything else that is measured, come from transformers' own code.
"""

from contextlib import contextmanager

import torch
from transformers.models.deepseek_v4.modeling_deepseek_v4 import DeepseekV4HyperConnection
from transformers.models.kimi_linear import modeling_kimi_linear
from transformers.models.qwen3_next import modeling_qwen3_next

CHUNK = 8


def kimi_delta_attention(query, key, value, g, beta, **_):
    """query, key, value, g [B, T, H, D], beta [B, T, H] -> [B, T, H, D]: the recurrence, chunk by chunk.

    Short chunks make a small tensor of the fading between each two tokens, and the equations of a chunk are solved by
    one call, where transformers goes from row to row.
    """
    B, T, H, D = query.shape
    assert T % CHUNK == 0, f"{T} tokens are not chunks of {CHUNK}"
    q, k, v, g = (x.transpose(1, 2).reshape(B, H, -1, CHUNK, D) for x in (query, key, value, g))
    beta = beta.transpose(1, 2).reshape(B, H, -1, CHUNK, 1)
    q = q * torch.rsqrt(q.square().sum(-1, keepdim=True) + 1e-6) * D**-0.5
    k = k * torch.rsqrt(k.square().sum(-1, keepdim=True) + 1e-6)

    age = g.cumsum(3)                                                  # [B, H, N, C, D], log of the fading so far
    later = torch.ones(CHUNK, CHUNK, dtype=torch.bool).triu(1)[..., None]
    fading = (age[..., None, :] - age[..., None, :, :]).masked_fill(later, -torch.inf).exp()   # [B, H, N, C, C, D]
    faded = k[..., None, :, :] * fading
    likeness = (beta * (faded @ k[..., None])[..., 0]).tril(-1)        # [B, H, N, C, C]
    scores = (faded @ q[..., None])[..., 0]

    # What each token writes, as if the state were empty, and how much less for what the state says of its key.
    both = torch.cat([beta * v, beta * k * age.exp()], dim=-1)
    written, read = torch.linalg.solve_triangular(
        likeness + torch.eye(CHUNK), both, upper=False, unitriangular=True).split(D, dim=-1)
    last = age[..., -1:, :]
    queries, keys = q * age.exp(), (k * (last - age).exp()).transpose(-1, -2)
    kept = last.exp().transpose(-1, -2)                                # [B, H, N, D, 1]
    state, found = torch.zeros(B, H, D, D), []
    for n in range(q.shape[2]):
        new = written[:, :, n] - read[:, :, n] @ state
        found.append(queries[:, :, n] @ state + scores[:, :, n] @ new)
        state = kept[:, :, n] * state + keys[:, :, n] @ new
    return torch.stack(found, dim=2).reshape(B, H, T, D).transpose(1, 2), None


def short_texts(gated_delta_rule):
    """Chunks of no more than the text's length, which would be filled up to 64 tokens else."""
    def of_text(query, *args, **options):
        return gated_delta_rule(query, *args, **options, chunk_size=min(64, query.shape[1]))

    return of_text


@contextmanager
def faster():
    """Inside, Kimi's recurrence is the one above, Qwen3-Next's pads nothing, and a hyper-connection is one piece."""
    kimi, qwen, hyper = modeling_kimi_linear, modeling_qwen3_next, DeepseekV4HyperConnection
    before = kimi.chunk_kimi_delta_attention, qwen.torch_chunk_gated_delta_rule, hyper.forward
    kimi.chunk_kimi_delta_attention = kimi_delta_attention
    qwen.torch_chunk_gated_delta_rule = short_texts(qwen.torch_chunk_gated_delta_rule)
    hyper.forward = torch.compile(hyper.forward, dynamic=False)
    try:
        yield
    finally:
        kimi.chunk_kimi_delta_attention, qwen.torch_chunk_gated_delta_rule, hyper.forward = before

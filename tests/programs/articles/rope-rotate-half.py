# Rotary positions in the half-split form and by complex pairs; relative positions are what remains.
import torch


def compute_rope_params(head_dim, theta_base=10_000, context_length=16):
    assert head_dim % 2 == 0, "Embedding dimension must be even"
    inv_freq = 1.0 / (theta_base ** (torch.arange(0, head_dim, 2)[: (head_dim // 2)].float() / head_dim))
    positions = torch.arange(context_length)
    angles = positions[:, None] * inv_freq[None, :]
    angles = torch.cat([angles, angles], dim=1)
    return torch.cos(angles), torch.sin(angles)


def apply_rope(x, cos, sin):
    batch_size, num_heads, seq_len, head_dim = x.shape
    x1, x2 = x[..., : head_dim // 2], x[..., head_dim // 2:]
    cos = cos[:seq_len, :].unsqueeze(0).unsqueeze(0)
    sin = sin[:seq_len, :].unsqueeze(0).unsqueeze(0)
    rotated = torch.cat((-x2, x1), dim=-1)
    return ((x * cos) + (rotated * sin)).to(dtype=x.dtype)


torch.manual_seed(123)
cos, sin = compute_rope_params(head_dim=8)
print(cos.shape)
print(cos[:3])
print(sin[1])
q = torch.randn(1, 2, 5, 8)
k = torch.randn(1, 2, 5, 8)
q_rot, k_rot = apply_rope(q, cos, sin), apply_rope(k, cos, sin)
print(q_rot[0, 0])
print(torch.allclose(q_rot.norm(dim=-1), q.norm(dim=-1), atol=1e-5), torch.equal(q_rot[:, :, 0], q[:, :, 0]))


def score(q, k, m, n):
    turn = lambda x, p: apply_rope(x.view(1, 1, 1, -1), cos[p:p + 1], sin[p:p + 1]).flatten()
    return turn(q, m) @ turn(k, n)


a, b = q[0, 0, 0], k[0, 0, 0]
print([round(score(a, b, m, m + 3).item(), 3) for m in range(5)])


def apply_interleaved(x, cos, sin):
    even, odd = x[..., 0::2], x[..., 1::2]
    c, s = cos[: x.shape[-2], : x.shape[-1] // 2], sin[: x.shape[-2], : x.shape[-1] // 2]
    return torch.stack((even * c - odd * s, even * s + odd * c), dim=-1).flatten(-2)


order = torch.cat([torch.arange(0, 8, 2), torch.arange(1, 8, 2)])
print(torch.allclose(apply_interleaved(q, cos, sin)[..., order], apply_rope(q[..., order], cos, sin), atol=1e-6))
scores = q_rot @ k_rot.transpose(-2, -1) / 8**0.5
print(torch.softmax(scores.masked_fill(torch.ones(5, 5).triu(1).bool(), float("-inf")), -1)[0, 1])

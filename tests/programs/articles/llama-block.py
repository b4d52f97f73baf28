# RMSNorm, SwiGLU, grouped queries and rotary positions in one block with a key-value cache.
import torch
import torch.nn as nn
import torch.nn.functional as F
from typing import Optional, Tuple


class RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        return self._norm(x.float()).type_as(x) * self.weight


class FeedForward(nn.Module):
    def __init__(self, dim: int, hidden_dim: int):
        super().__init__()
        self.w1 = nn.Linear(dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden_dim, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


def repeat_kv(x: torch.Tensor, n_rep: int) -> torch.Tensor:
    bs, slen, n_kv_heads, head_dim = x.shape
    if n_rep == 1:
        return x
    return (x[:, :, :, None, :].expand(bs, slen, n_kv_heads, n_rep, head_dim)
            .reshape(bs, slen, n_kv_heads * n_rep, head_dim))


def rotate(x: torch.Tensor, start: int, theta: float = 10000.0) -> torch.Tensor:
    *_, T, _, D = x.shape
    freqs = 1.0 / theta ** (torch.arange(0, D, 2).float() / D)
    angles = torch.outer(torch.arange(start, start + T).float(), freqs)[:, None, :]
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], dim=-1)


class Attention(nn.Module):
    def __init__(self, dim: int, n_heads: int, n_kv_heads: int):
        super().__init__()
        self.n_heads, self.n_kv_heads, self.head_dim = n_heads, n_kv_heads, dim // n_heads
        self.wq = nn.Linear(dim, n_heads * self.head_dim, bias=False)
        self.wk = nn.Linear(dim, n_kv_heads * self.head_dim, bias=False)
        self.wv = nn.Linear(dim, n_kv_heads * self.head_dim, bias=False)
        self.wo = nn.Linear(n_heads * self.head_dim, dim, bias=False)
        self.cache: Optional[Tuple[torch.Tensor, torch.Tensor]] = None

    def forward(self, x: torch.Tensor, start_pos: int = 0) -> torch.Tensor:
        B, T, _ = x.shape
        q = rotate(self.wq(x).view(B, T, self.n_heads, -1), start_pos)
        k = rotate(self.wk(x).view(B, T, self.n_kv_heads, -1), start_pos)
        v = self.wv(x).view(B, T, self.n_kv_heads, -1)
        if self.cache is not None and start_pos > 0:
            k, v = (torch.cat([old, new], dim=1) for old, new in zip(self.cache, (k, v)))
        self.cache = (k, v)
        keys, values = repeat_kv(k, self.n_heads // self.n_kv_heads), repeat_kv(v, self.n_heads // self.n_kv_heads)
        q, keys, values = q.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2)
        mask = torch.full((T, keys.shape[2]), float("-inf")).triu(diagonal=start_pos + 1) if T > 1 else None
        out = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        return self.wo(out.transpose(1, 2).contiguous().view(B, T, -1))


torch.manual_seed(7)
dim = 16
attn, ffn, n1, n2 = Attention(dim, 4, 2), FeedForward(dim, 24), RMSNorm(dim), RMSNorm(dim)
block = lambda x, pos=0: (h := x + attn(n1(x), pos)) + ffn(n2(h))
x = torch.randn(1, 6, dim)
with torch.inference_mode():
    whole = block(x)
    steps = [block(x[:, :3], 0)] + [block(x[:, t:t + 1], t) for t in range(3, 6)]
print(whole.shape, torch.allclose(torch.cat(steps, dim=1), whole, atol=1e-5))
print(whole[0, -1])
print("cache", attn.cache[0].shape, "full heads would need", repeat_kv(attn.cache[0], 2).numel() * 2, "floats")
print(n1.weight.sum(), torch.allclose(n1(x), nn.RMSNorm(dim, eps=1e-5)(x), atol=1e-6), nn.RMSNorm(dim))

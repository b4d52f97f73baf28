# Multi-head latent attention: one small latent is cached, keys and values are made from it or absorbed.
import torch
import torch.nn as nn


class MultiHeadLatentAttention(nn.Module):
    def __init__(self, width, heads, head_dim, rope_dim, latent_dim):
        super().__init__()
        self.heads, self.head_dim, self.rope_dim = heads, head_dim, rope_dim
        self.q_proj = nn.Linear(width, heads * (head_dim + rope_dim), bias=False)
        self.kv_down = nn.Linear(width, latent_dim + rope_dim, bias=False)
        self.kv_norm = nn.RMSNorm(latent_dim)
        self.kv_up = nn.Linear(latent_dim, heads * 2 * head_dim, bias=False)
        self.o_proj = nn.Linear(heads * head_dim, width, bias=False)

    def rope(self, x, positions):
        half = self.rope_dim // 2
        angles = positions[:, None] * 100.0 ** (-torch.arange(half) / half)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)

    def project(self, x):
        B, T, _ = x.shape
        pos = torch.arange(T)
        q = self.q_proj(x).view(B, T, self.heads, -1).transpose(1, 2)
        q_nope, q_rope = q.split([self.head_dim, self.rope_dim], dim=-1)
        latent, k_rope = self.kv_down(x).split([self.kv_norm.weight.numel(), self.rope_dim], dim=-1)
        return q_nope, self.rope(q_rope, pos), self.kv_norm(latent), self.rope(k_rope, pos)

    def forward(self, x, absorb=False):
        B, T, _ = x.shape
        q_nope, q_rope, latent, k_rope = self.project(x)
        up = self.kv_up.weight.view(self.heads, 2 * self.head_dim, -1)
        up_k, up_v = up[:, : self.head_dim], up[:, self.head_dim:]
        if absorb:
            scores = torch.einsum("bhtd,hdc,bsc->bhts", q_nope, up_k, latent)
        else:
            keys = torch.einsum("bsc,hdc->bhsd", latent, up_k)
            scores = q_nope @ keys.transpose(-2, -1)
        scores = scores + torch.einsum("bhtr,bsr->bhts", q_rope, k_rope)
        scores = scores / (self.head_dim + self.rope_dim) ** 0.5
        scores = scores + torch.full((T, T), float("-inf")).triu(1)
        weights = scores.softmax(dim=-1)
        if absorb:
            out = torch.einsum("bhts,bsc,hdc->bthd", weights, latent, up_v)
        else:
            out = (weights @ torch.einsum("bsc,hdc->bhsd", latent, up_v)).transpose(1, 2)
        return self.o_proj(out.reshape(B, T, -1))


torch.manual_seed(5)
mla = MultiHeadLatentAttention(width=12, heads=3, head_dim=4, rope_dim=2, latent_dim=5).eval()
x = torch.randn(2, 4, 12)
with torch.no_grad():
    plain, absorbed = mla(x), mla(x, absorb=True)
print(plain.shape, torch.allclose(plain, absorbed, atol=1e-6))
print(plain[0])
cached = 5 + 2
full = 2 * 3 * 4
print(f"cached per token: {cached} instead of {full} ({cached / full:.0%})")
print(mla)

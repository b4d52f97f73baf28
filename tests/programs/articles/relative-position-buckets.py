# Learned biases by relative distance: clipped, and in logarithmic buckets.
import math
import torch
import torch.nn as nn


def relative_position_bucket(relative_position, num_buckets=8, max_distance=20):
    n = torch.clamp(-relative_position, min=0)
    max_exact = num_buckets // 2
    is_small = n < max_exact
    large = max_exact + (
        torch.log(n.float().clamp(min=1) / max_exact) / math.log(max_distance / max_exact) * (num_buckets - max_exact)
    ).long()
    large = torch.min(large, torch.full_like(large, num_buckets - 1))
    return torch.where(is_small, n, large)


T = 8
context_position = torch.arange(T)[:, None]
memory_position = torch.arange(T)[None, :]
relative = memory_position - context_position
buckets = relative_position_bucket(relative)
print(relative[3], buckets)
print(relative_position_bucket(-torch.tensor([0, 1, 3, 4, 5, 9, 14, 30, 100])))

torch.manual_seed(3)
table = nn.Embedding(8, 2)
bias = table(buckets).permute(2, 0, 1).unsqueeze(0)
print(bias.shape)
print(bias[0, 0, -1])


class RelativeAttention(nn.Module):
    def __init__(self, dim, span):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.relative = nn.Parameter(torch.randn(2 * span + 1, dim) * 0.1)
        self.span = span

    def forward(self, x):
        T, D = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        index = (torch.arange(T)[None] - torch.arange(T)[:, None]).clamp(-self.span, self.span) + self.span
        by_place = torch.einsum("td,tsd->ts", q, self.relative[index])
        shortcut = (q @ self.relative.T).gather(1, index)
        assert torch.allclose(by_place, shortcut, atol=1e-6)
        return ((q @ k.T + by_place) / D**0.5).softmax(-1) @ v


layer = RelativeAttention(4, span=2)
x = torch.randn(5, 4)
print(layer(x))
twice = torch.cat([x, x])
print(layer(twice).shape, layer.relative.grad, layer.relative.is_leaf)

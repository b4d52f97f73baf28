# What reference implementations of models do beside their mathematics: imports that are for other machines, half precision
# as the default, modules without memory, and tensors, sizes and iterators asked in words instead of signs.
import copyreg
import math
import sys
import tracemalloc
from typing import Optional

import torch
import torch.fx
import torch.hub
from torch import nn
from torch.autograd.function import Function
from torch.nn.common_types import _size_2_t


def precompute_freqs_cis(dim: int, end: int, theta: float = 10000.0) -> torch.Tensor:
    freqs = 1.0 / (theta ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))
    freqs = torch.outer(torch.arange(end, dtype=torch.float32), freqs)
    return torch.polar(torch.ones_like(freqs), freqs)


class Rotary(nn.Module):
    def __init__(self, dim: int, end: int):
        super().__init__()
        self.proj = nn.Linear(dim, dim, bias=False)
        self.register_buffer("freqs_cis", precompute_freqs_cis(dim, end), persistent=False)


# Complex numbers print their dtype where it is not the default's.
torch.set_default_dtype(torch.bfloat16)
model = Rotary(4, 3)
print(model, model.proj.weight.dtype, model.freqs_cis, model.freqs_cis.dtype)
torch.set_default_dtype(torch.float64)
print(model.freqs_cis[1], torch.polar(torch.ones(1), torch.zeros(1)))
torch.set_default_dtype(torch.float32)
print(model.freqs_cis[1], torch.complex(torch.tensor([3.0, 5.0, 0.6]), torch.tensor([4.0, -12.0, 0.8])).abs())
a, b = torch.tensor([0.8775825500488281, 0.5403023362159729]), torch.tensor([0.4794255495071411, 0.8414709568023682])
print(torch.hypot(a, b), torch.hypot(a, b) == 1)

# Without memory first, then with.
with torch.device("meta"):
    block = nn.Sequential(nn.Linear(8, 4), nn.LayerNorm(4))
print(block[0].weight.is_meta, sum(p.numel() for p in block.parameters()))
block = block.to_empty(device="cpu")
print(block[0].weight.device, block[0].weight.is_meta, block[1].weight.shape)
block.load_state_dict({"0.weight": torch.ones(4, 8), "0.bias": torch.zeros(4), "1.weight": torch.ones(4), "1.bias": torch.zeros(4)})
print(block(torch.ones(1, 8)))


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x


def kernel_area(kernel: _size_2_t = (3, 3), scale: Optional[float] = None) -> int:
    return math.prod(kernel)


print(Square.apply(torch.tensor([3.0, -2.0])), kernel_area())

tokens = torch.tensor([5, 6, 7])
print(reversed(tokens), [t.item() for t in reversed(tokens)], reversed(torch.eye(2)))
for position, token in enumerate(reversed(tokens)):
    print(position, token)
stream = iter(tokens)
print(stream.__next__(), next(stream), iter("ab").__next__())
print(torch.Size([1, 2]) * 2, 2 * torch.Size([3]), (1, 2) * 2, tokens.shape * 3)
for attempt in (
    lambda: torch.zeros(3).scatter_(0, torch.tensor([0.0]), 1.0),
    lambda: torch.zeros(3).scatter_add_(0, torch.tensor([0.0]), torch.ones(1)),
    lambda: torch.zeros(3).gather(0, torch.tensor([0.0])),
):
    try:
        attempt()
    except RuntimeError as error:
        print(error)

# The limits of Python's numbers, as starts of a search and as guards of a division.
best, guard = sys.float_info.max, sys.float_info.epsilon
for loss in (2.5, 0.75, 1.25):
    best = min(best, loss)
print(best, guard, sys.float_info.min, 1.0 / (0.0 + guard))

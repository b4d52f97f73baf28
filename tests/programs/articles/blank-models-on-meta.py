# Models made without memory and filled afterwards, and what pasted model code asks of tensors on the way.
import math

import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.function import Function
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.hub import load_state_dict_from_url
from torch.optim.adamw import AdamW
from torch.utils.data.dataset import Dataset

torch.manual_seed(1337)


class GPT(nn.Module):
    def __init__(self, vocab_size=50, n_embd=16, max_len=32):
        super().__init__()
        self.transformer = nn.ModuleDict({"wte": nn.Embedding(vocab_size, n_embd), "h": nn.ModuleList([nn.Linear(n_embd, n_embd)])})
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight
        self.register_buffer("cos", torch.zeros(max_len, n_embd // 2), persistent=False)

    def init_weights(self):
        nn.init.normal_(self.transformer.wte.weight, std=0.02)
        nn.init.eye_(self.transformer.h[0].weight)
        nn.init.zeros_(self.transformer.h[0].bias)
        self.lm_head.weight = self.transformer.wte.weight
        self.cos = torch.arange(32.0)[:, None].mul(torch.logspace(0, -3, 8)).cos().bfloat16()
        return self

    def forward(self, idx):
        return self.lm_head(F.relu(self.transformer.h[0](self.transformer.wte(idx))).square())


with torch.device("meta"):
    model = GPT()
print(model.lm_head.weight.device, model.cos.is_meta, sum(p.numel() for p in model.parameters()))
for move in (lambda: model.to("cpu"), lambda: model.cos.to("cpu")):
    try:
        move()
    except NotImplementedError as error:
        print(error)
assert model.to_empty(device="cpu") is model
print("still tied:", model.lm_head.weight is model.transformer.wte.weight, type(model.lm_head.weight).__name__, model.lm_head.weight.requires_grad)
model.init_weights().eval()
print(model.lm_head.weight.device, model.lm_head.weight is model.transformer.wte.weight, model.cos[1])
print(model(torch.tensor([[1, 2, 3]]))[0, -1, :4], list(model.state_dict()))
print(nn.Sequential(nn.Linear(2, 3), nn.ReLU()) + nn.Sequential(nn.Dropout(0.1)))
print(torch.set_grad_enabled(False), torch.is_grad_enabled(), torch.set_grad_enabled(True))

# Limits of dtypes.
for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
    print(dtype, torch.finfo(dtype).resolution, torch.finfo(dtype))

# Activations counted as makemore's lectures do.
activations = torch.tanh(torch.randn(200) * 5 / 3)
hist, edges = torch.histogram(activations, bins=6, density=True)
print(hist, edges, (hist * edges.diff()).sum(), sep="\n")
print(torch.histogram(torch.tensor([1.0, 2.0, 1.0]), bins=4, range=(0.0, 3.0), weight=torch.tensor([1.0, 2.0, 4.0])))
print(torch.histogram(torch.tensor([0.5, 1.5, 3.0, 9.0]), torch.tensor([0.0, 1.0, 3.0])), torch.tensor([1.0, 1.0]).histogram(2).hist)

# Older code: new(), reversed(), parts of tensors.
scores = torch.arange(6.0).view(2, 3)
future = torch.triu(scores.new(3, 3).fill_(-math.inf), 1)
print(future, scores.new([1, 2]), scores.new().shape, scores.long().new(2).zero_())
print([row.tolist() for row in reversed(scores)], list(reversed(torch.arange(3))), scores.real is scores)
print(torch.slogdet(torch.eye(2) * 2), torch.linalg.slogdet(torch.eye(2) * 2).logabsdet)
for wrong in (lambda: torch.tensor(["the", "cat"]), lambda: torch.tensor("the")):
    try:
        wrong()
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)

# Complex parameters of a state space layer.
C = torch.randn(2, 3, dtype=torch.cfloat)
print(C, C.shape, torch.rand(2, dtype=torch.complex64, generator=torch.Generator().manual_seed(3)))
print(scores.to(torch.complex64), scores.to(dtype=torch.cfloat).dtype, torch.polar(torch.ones(3), torch.arange(3.0)).cumsum(0))


class Double(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2


class Tokens(Dataset):
    def __getitem__(self, i):
        return i


print(Double.apply(torch.ones(2)), Tokens()[3], AdamW is torch.optim.AdamW, dist.is_initialized())
print(torch.linspace(-0.99977, 0.9998, 7), torch.linspace(-0.7, 1.3, 10)[3].item(), torch.linspace(-0.3, 1.1, 9, dtype=torch.float64).tolist())

# What is made like a tensor on meta is there too, and nothing comes out of it.
shapes = torch.empty(2, 3, device="meta")
print([made.device.type for made in (shapes.new_empty(2), shapes.new_zeros(2), shapes.new_full((2,), 1.0), shapes.new_tensor([1.0]))])
shapes[0] = torch.ones(3)
for write in (lambda: torch.zeros(2, 3).copy_(shapes), lambda: torch.zeros(3).__setitem__(0, shapes[0, 0])):
    try:
        write()
    except NotImplementedError as error:
        print(error)

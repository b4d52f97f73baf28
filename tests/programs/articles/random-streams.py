# One stream of random numbers through every kind of draw, with generators of one's own.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(123)
print(torch.rand(3), torch.randn(3), torch.randint(0, 10, (3,)), torch.randperm(5))
print(torch.rand(2, 2).uniform_(-1, 1), torch.empty(4).normal_(1.0, 0.5), torch.normal(0.0, 2.0, size=(3,)))
print(torch.bernoulli(torch.full((6,), 0.3)), torch.empty(5).bernoulli_(0.7), torch.empty(3).exponential_())
print(torch.rand_like(torch.ones(2)), torch.randn_like(torch.ones(17))[-2:], torch.randint_like(torch.zeros(3), 5))
g = torch.Generator()
g.manual_seed(7)
a = torch.randn(4, generator=g)
g.manual_seed(7)
print(torch.equal(a, torch.randn(4, generator=g)), a, torch.rand(2, generator=g), torch.randperm(4, generator=g))
state = torch.get_rng_state()
first = torch.rand(2)
torch.set_rng_state(state)
print(torch.equal(first, torch.rand(2)), first)
torch.manual_seed(0)
layers = nn.ModuleDict({"lin": nn.Linear(5, 2), "emb": nn.Embedding(4, 5, padding_idx=0), "conv": nn.Conv1d(2, 2, 3)})
for name, p in layers.named_parameters():
    print(name, p.flatten()[:4].tolist() if p.numel() < 3 else [round(v, 4) for v in p.flatten()[-3:].tolist()])
print(F.dropout(torch.arange(1.0, 9.0), p=0.25), nn.Dropout(0.5)(torch.ones(2, 4)), torch.rand(1))
torch.manual_seed(5)
data = TensorDataset(torch.arange(8), torch.arange(8.0) / 10)
loader = DataLoader(data, batch_size=3, shuffle=True)
for epoch in range(2):
    print([x.tolist() for x, _ in loader])
print(torch.rand(2), len(loader), len(data))
for seed in (-1, 2**31, 2**40 + 3):
    torch.manual_seed(seed)
    print(seed, torch.rand(2), torch.initial_seed() if seed > 0 else "")
torch.manual_seed(1)
x = torch.randn(1000)
print(f"{x.mean():.3f} {x.std():.3f} {(x.abs() < 1).float().mean():.3f}", x[[0, 15, 16, 991, 992, 999]])
print(torch.randn(3, 5, 2)[2, 4], torch.multinomial(torch.tensor([[1.0, 2.0, 3.0], [3.0, 0.0, 1.0]]), 4, replacement=True))

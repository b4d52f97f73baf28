# state_dict and load_state_dict: keys, shapes, strictness, sharing, and copies.
import copy
from collections import OrderedDict

import torch
import torch.nn as nn


class Attention(nn.Module):
    def __init__(self, width, context):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width, bias=False)
        self.register_buffer("mask", torch.tril(torch.ones(context, context)).bool())
        self.register_buffer("cache", torch.zeros(1), persistent=False)


torch.manual_seed(4)
a, b = Attention(4, 3), Attention(4, 3)
for key, tensor in a.state_dict().items():
    print(f"{key:12} {str(tuple(tensor.shape)):10} {tensor.dtype}")
print(torch.equal(a.qkv.weight, b.qkv.weight))
print(b.load_state_dict(a.state_dict()))
print(torch.equal(a.qkv.weight, b.qkv.weight), a.qkv.weight is b.qkv.weight)

weights = copy.deepcopy(a.state_dict())
weights["out.weight"].zero_()
print(a.out.weight.abs().sum() > 0, weights["out.weight"].sum())
partial = OrderedDict((k, v) for k, v in weights.items() if k.startswith("out"))
print(b.load_state_dict(partial, strict=False))
print(b.out.weight)
try:
    b.load_state_dict(partial)
except RuntimeError as e:
    print(str(e).splitlines()[0])
    print("Missing" in str(e), "qkv.weight" in str(e))
try:
    Attention(6, 3).load_state_dict(a.state_dict())
except RuntimeError as e:
    print(str(e).split("\n")[1].strip())

model = nn.Sequential(OrderedDict([("first", Attention(4, 2)), ("second", nn.LayerNorm(4))]))
print(list(model.state_dict().keys()))
print([n for n, _ in model.named_parameters()], [n for n, _ in model.named_buffers()])
for p in model.first.parameters():
    p.requires_grad = False
print([n for n, p in model.named_parameters() if p.requires_grad])
print(sum(p.numel() for p in model.parameters() if p.requires_grad), model.second.weight)
clone = copy.deepcopy(model)
with torch.no_grad():
    clone.second.weight.fill_(2.0)
    clone.second.bias += 1
print(model.second.weight.sum(), clone.second.weight.sum(), clone.second.bias)

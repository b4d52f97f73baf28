# ModuleList, ModuleDict, ParameterList and ParameterDict in use.
import torch
import torch.nn as nn


class Mixer(nn.Module):
    def __init__(self, n, dim):
        super().__init__()
        self.gains = nn.ParameterList([nn.Parameter(torch.full((dim,), float(i))) for i in range(n)])
        self.table = nn.ParameterDict({"left": nn.Parameter(torch.eye(dim)), "right": nn.Parameter(torch.ones(dim, 2))})
        self.branches = nn.ModuleList()
        for i in range(n):
            self.branches.append(nn.Linear(dim, dim, bias=i % 2 == 0))
        self.branches.extend([nn.Identity()])
        self.act = nn.ModuleDict([["relu", nn.ReLU()], ["silu", nn.SiLU()]])

    def forward(self, x, act="relu"):
        total = 0
        for branch, gain in zip(self.branches, self.gains):
            total = total + self.act[act](branch(x)) * gain
        return total @ self.table["left"] @ self.table["right"]


torch.manual_seed(0)
m = Mixer(3, 4)
x = torch.randn(2, 4)
print(m(x))
print(m(x, act="silu"))
print(len(m.branches), len(m.gains), [tuple(p.shape) for p in m.gains], sorted(m.table.keys()))
print([name for name, _ in m.named_parameters()])
print(m.branches)
m.branches.insert(0, nn.Linear(4, 4))
print(len(m.branches), m.branches[0], m.branches[-1], isinstance(m.branches[1:3], nn.ModuleList))
stack = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
print(stack[0].weight.shape, len(stack), stack[-1](stack[:2](x)).equal(stack(x)))
stack.append(nn.Softmax(dim=-1))
print(stack(x).detach())
net = nn.Module()
net.add_module("inner", nn.Linear(1, 1))
net.extra = nn.Parameter(torch.zeros(2))
setattr(net, "later", nn.Linear(2, 1, bias=False))
print([n for n, _ in net.named_parameters()], net.get_parameter("inner.bias").shape, hasattr(net, "missing"))
try:
    net.missing
except AttributeError as e:
    print(e)
print(next(m.parameters()).shape, next(iter(m.children())).__class__.__name__)

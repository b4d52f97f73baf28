# How modules print: nested, repeated, with extra_repr, and what iterating over them gives.
import torch
import torch.nn as nn


class Scale(nn.Module):
    def __init__(self, factor: float, learn: bool = False):
        super().__init__()
        self.factor = factor
        if learn:
            self.weight = nn.Parameter(torch.tensor(factor))

    def extra_repr(self) -> str:
        return f"factor={self.factor}, learn={hasattr(self, 'weight')}"

    def forward(self, x):
        return x * self.factor


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 16, padding_idx=0)
        self.layers = nn.ModuleList([nn.Linear(16, 16) for _ in range(3)] + [nn.Linear(16, 8)])
        self.heads = nn.ModuleDict({"class": nn.Linear(8, 4), "value": nn.Sequential(nn.Linear(8, 1), nn.Tanh())})
        self.act = nn.GELU(approximate="tanh")
        self.drop = nn.Dropout(0.25)
        self.scales = nn.Sequential(Scale(2.0), Scale(0.5, learn=True))


net = Net()
print(net)
print(nn.Sequential(nn.Conv1d(3, 6, kernel_size=3, padding=1, bias=False), nn.SiLU(), nn.Softmax(dim=-1), nn.Flatten()))
print(nn.LayerNorm(8), nn.RMSNorm(8, eps=1e-6), nn.Identity(), nn.ReLU(inplace=True), nn.LeakyReLU(0.1), nn.Sigmoid())
print([name for name, _ in net.named_children()])
print([name for name, module in net.named_modules() if isinstance(module, nn.Linear)])
print(len(net.layers), list(net.heads.keys()), "class" in net.heads, net.layers[-1].out_features)
for i, (name, module) in enumerate(net.heads.items()):
    print(i, name, type(module).__name__, module.__class__)
net.eval()
print(net.training, net.drop.training, all(not m.training for m in net.modules()))
net.train()
print(net.drop(torch.zeros(3)), sum(1 for _ in net.modules()))

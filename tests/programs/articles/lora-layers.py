# Low-rank adapters put in place of linear layers, with the originals frozen, then merged.
import math
import torch
import torch.nn as nn


class LoRALayer(nn.Module):
    def __init__(self, in_dim, out_dim, rank, alpha):
        super().__init__()
        self.A = nn.Parameter(torch.empty(in_dim, rank))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.B = nn.Parameter(torch.zeros(rank, out_dim))
        self.scale = alpha / rank

    def forward(self, x):
        return self.scale * (x @ self.A @ self.B)


class LinearWithLoRA(nn.Module):
    def __init__(self, linear, rank=2, alpha=4):
        super().__init__()
        self.linear = linear
        self.lora = LoRALayer(linear.in_features, linear.out_features, rank, alpha)

    def forward(self, x):
        return self.linear(x) + self.lora(x)


def replace_linear(model, rank):
    for name, module in model.named_children():
        if isinstance(module, nn.Linear):
            setattr(model, name, LinearWithLoRA(module, rank))
        else:
            replace_linear(module, rank)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.ModuleDict({"q": nn.Linear(6, 6), "v": nn.Linear(6, 6, bias=False)})
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.attn["q"](x)) * self.attn["v"](x))


def count(model, trainable=None):
    return sum(p.numel() for p in model.parameters() if trainable is None or p.requires_grad == trainable)


torch.manual_seed(123)
net = Net()
x = torch.randn(2, 6)
before = net(x)
print(before, count(net))
for p in net.parameters():
    p.requires_grad_(False)
replace_linear(net, rank=2)
print(net)
print(torch.equal(net(x), before), f"{count(net, True)} of {count(net)} trainable")
with torch.no_grad():
    for module in net.modules():
        if isinstance(module, LoRALayer):
            module.B.copy_(torch.arange(module.B.numel()).view_as(module.B) / 100)
after = net(x)
print(after)
merged = Net()
with torch.no_grad():
    for (name, layer), target in zip([(n, m) for n, m in net.named_modules() if isinstance(m, LinearWithLoRA)],
                                     [m for m in merged.modules() if isinstance(m, nn.Linear)]):
        delta = layer.lora.scale * (layer.lora.A @ layer.lora.B).T
        target.weight.copy_(layer.linear.weight + delta)
        if target.bias is not None:
            target.bias.copy_(layer.linear.bias)
        print(name, tuple(delta.shape))
    print(torch.allclose(merged(x), after, atol=1e-6))

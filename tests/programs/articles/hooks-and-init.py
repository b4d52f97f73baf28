# Capturing attention weights with forward hooks, and initialising by hand.
import torch
import torch.nn as nn


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(dim, dim) for _ in range(3))
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        return self.softmax(self.q(x) @ self.k(x).mT / x.size(-1) ** 0.5) @ self.v(x)


torch.manual_seed(0)
model = nn.Sequential(Attention(4), nn.ReLU(), Attention(4))
captured = {}
handles = []
for name, module in model.named_modules():
    if isinstance(module, nn.Softmax):
        handles.append(module.register_forward_hook(
            lambda module, args, output, name=name: captured.update({name: output.detach()})))
x = torch.randn(3, 4)
y = model(x)
for name, weights in captured.items():
    print(name, weights)
for handle in handles:
    handle.remove()
captured.clear()
model(x)
print(len(captured), y.shape)

nn.init.constant_(model[0].q.weight, 0.5)
nn.init.zeros_(model[0].q.bias)
nn.init.ones_(model[0].k.bias)
nn.init.eye_(model[0].k.weight)
print(model[0].q.weight[0], model[0].k.weight[1], model[0].k.bias)
torch.manual_seed(2)
w = torch.empty(3, 5)
print(nn.init.xavier_uniform_(w))
print(nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"))
print(nn.init.uniform_(w, -0.1, 0.1)[0])
print(nn.init.normal_(w, std=0.02)[0])
print(nn.init.xavier_normal_(w)[0])
print(nn.init.trunc_normal_(w, std=0.02).abs().max() < 2)
print(nn.init.kaiming_uniform_(w, a=5**0.5)[1])


def init_weights(m):
    if type(m) == nn.Linear:
        nn.init.normal_(m.weight, 0, 0.01)
        m.bias.data.fill_(0)


print(model.apply(init_weights) is model, model[2].v.bias, round(model[2].v.weight.std().item(), 3) < 0.03)

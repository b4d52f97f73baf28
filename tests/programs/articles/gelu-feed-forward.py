# The tanh form of GELU, a feed-forward block, and shortcut connections.
import torch
import torch.nn as nn

CONFIG = {"emb_dim": 6, "hidden": 4 * 6}


class GELU(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return 0.5 * x * (1 + torch.tanh(
            torch.sqrt(torch.tensor(2.0 / torch.pi)) *
            (x + 0.044715 * torch.pow(x, 3))
        ))


gelu, relu = GELU(), nn.ReLU()
x = torch.linspace(-3, 3, 7)
y_gelu, y_relu = gelu(x), relu(x)
for i, (y, label) in enumerate(zip([y_gelu, y_relu], ["GELU", "ReLU"]), 1):
    print(i, label, y)
print(torch.allclose(y_gelu, nn.GELU(approximate="tanh")(x), atol=1e-6), nn.GELU()(x))


class FeedForward(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(cfg["emb_dim"], cfg["hidden"]),
            GELU(),
            nn.Linear(cfg["hidden"], cfg["emb_dim"]),
        )

    def forward(self, x):
        return self.layers(x)


torch.manual_seed(1)
ffn = FeedForward(CONFIG)
out = ffn(torch.rand(2, 3, CONFIG["emb_dim"]))
print(out.shape)
print(out)
print(ffn)


class DeepStack(nn.Module):
    def __init__(self, layer_sizes, shortcut):
        super().__init__()
        self.shortcut = shortcut
        self.layers = nn.ModuleList([
            nn.Sequential(nn.Linear(a, b), GELU()) for a, b in zip(layer_sizes[:-1], layer_sizes[1:])
        ])

    def forward(self, x):
        for layer in self.layers:
            y = layer(x)
            if self.shortcut and x.shape == y.shape:
                x = x + y
            else:
                x = y
        return x


layer_sizes = [3, 3, 3, 3, 3, 1]
sample = torch.tensor([[1., 0., -1.]])
for shortcut in (False, True):
    torch.manual_seed(123)
    model = DeepStack(layer_sizes, shortcut=shortcut)
    print(shortcut, model(sample))
for name, param in model.named_parameters():
    if "weight" in name:
        print(f"{name} has mean magnitude {param.abs().mean().item():.4f}")

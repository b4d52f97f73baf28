# Layer normalisation written out and checked against nn.LayerNorm.
import torch
import torch.nn as nn

torch.manual_seed(123)
batch = torch.randn(2, 5)
layer = nn.Sequential(nn.Linear(5, 6), nn.ReLU())
out = layer(batch)
print(out)

mean = out.mean(dim=-1, keepdim=True)
var = out.var(dim=-1, keepdim=True)
print("Mean:\n", mean)
print("Variance:\n", var)

out_norm = (out - mean) / torch.sqrt(var)
print("Normalized layer outputs:\n", out_norm)
mean = out_norm.mean(dim=-1, keepdim=True)
var = out_norm.var(dim=-1, keepdim=True)
torch.set_printoptions(sci_mode=False)
print("Variance:", [f"{v:.4f}" for v in var.flatten().tolist()])


class LayerNorm(nn.Module):
    def __init__(self, emb_dim):
        super().__init__()
        self.eps = 1e-5
        self.scale = nn.Parameter(torch.ones(emb_dim))
        self.shift = nn.Parameter(torch.zeros(emb_dim))

    def forward(self, x):
        mean = x.mean(dim=-1, keepdim=True)
        var = x.var(dim=-1, keepdim=True, unbiased=False)
        norm_x = (x - mean) / torch.sqrt(var + self.eps)
        return self.scale * norm_x + self.shift


ln = LayerNorm(emb_dim=5)
out_ln = ln(batch)
var = out_ln.var(dim=-1, unbiased=False, keepdim=True)
print(out_ln)
print(f"Variance: {var[0].item():.4f} {var[1].item():.4f}")
print(torch.allclose(out_ln, nn.LayerNorm(5)(batch), atol=1e-5))
print(ln.scale, ln.shift)
print(ln)
print(nn.LayerNorm(5), nn.LayerNorm((2, 5), eps=1e-6, elementwise_affine=False))

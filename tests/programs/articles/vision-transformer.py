# Patches of a picture, a class token, learned positions, encoder blocks.
import torch
import torch.nn as nn
import torch.nn.functional as F


class PatchEmbedding(nn.Module):
    def __init__(self, size=8, patch=4, channels=1, dim=8):
        super().__init__()
        self.patch = patch
        self.count = (size // patch) ** 2
        self.project = nn.Linear(channels * patch * patch, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.positions = nn.Parameter(torch.randn(1, self.count + 1, dim) * 0.02)

    def forward(self, images):
        B, C, H, W = images.shape
        p = self.patch
        x = images.reshape(B, C, H // p, p, W // p, p).permute(0, 2, 4, 1, 3, 5).reshape(B, self.count, -1)
        x = self.project(x)
        return torch.cat([self.cls_token.expand(B, -1, -1), x], dim=1) + self.positions


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        h = self.norm1(x)
        attended, self.weights = self.attn(h, h, h)
        x = x + attended
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self, classes=3, dim=8, depth=2):
        super().__init__()
        self.embed = PatchEmbedding(dim=dim)
        self.blocks = nn.ModuleList(Block(dim, 2) for _ in range(depth))
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, classes))

    def forward(self, images):
        x = self.embed(images)
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, 0])


torch.manual_seed(42)
model = ViT().eval()
picture = torch.zeros(2, 1, 8, 8)
picture[0, 0, :4, :4] = 1.0
picture[1, 0] = torch.eye(8)
with torch.no_grad():
    logits = model(picture)
    print(model.embed(picture).shape)
    print(logits, logits.softmax(-1).argmax(-1))
    print(model.blocks[-1].weights[:, 0])
    print(torch.equal(model(picture[:1]), logits[:1]) or torch.allclose(model(picture[:1]), logits[:1], atol=1e-6))
patches = picture.unfold(2, 4, 4).unfold(3, 4, 4)
print(patches.shape, patches[1, 0, 0, 0])
print(sum(p.numel() for p in model.parameters()), model.embed.positions.requires_grad)
print(F.one_hot(torch.tensor([0, 2]), 3), F.cross_entropy(logits, torch.tensor([0, 2])))

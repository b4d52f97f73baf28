# Deformable attention samples its values between the cells (Zhu et al. 2021), and an average of models follows it.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)


class DeformableAttention(nn.Module):
    def __init__(self, dim=8, heads=2, points=3):
        super().__init__()
        self.heads, self.points = heads, points
        self.offsets = nn.Linear(dim, heads * points * 2)
        self.weights = nn.Linear(dim, heads * points)
        self.value, self.out = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, query, reference, features):
        batch, length, dim = query.shape
        _, height, width, _ = features.shape
        value = self.value(features).view(batch, height, width, self.heads, -1).permute(0, 3, 4, 1, 2).flatten(0, 1)
        offsets = self.offsets(query).view(batch, length, self.heads, self.points, 2)
        places = reference[:, :, None, None] + offsets / torch.tensor([width, height])
        grid = (2 * places - 1).transpose(1, 2).flatten(0, 1)
        sampled = F.grid_sample(value, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        weights = self.weights(query).view(batch, length, self.heads, self.points).softmax(-1)
        weights = weights.transpose(1, 2).reshape(batch * self.heads, 1, length, self.points)
        output = (sampled * weights).sum(-1).view(batch, dim, length).transpose(1, 2)
        return self.out(output)


attention = DeformableAttention()
query, reference, features = torch.randn(1, 4, 8), torch.rand(1, 4, 2), torch.randn(1, 5, 6, 8)
print(attention(query, reference, features))

image = torch.arange(12.0).view(1, 1, 3, 4)
theta = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
grid = F.affine_grid(theta, [1, 1, 4, 3], align_corners=False)
print(grid[0, :, :, 0])
print(F.grid_sample(image, grid, align_corners=False)[0, 0], F.grid_sample(image, grid, "nearest", "border", False)[0, 0])

average = AveragedModel(attention, multi_avg_fn=get_ema_multi_avg_fn(0.9))
for step in range(3):
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.add_(0.1)
    average.update_parameters(attention)
print(average.n_averaged, (attention.out.bias - average.module.out.bias)[:3], average(query, reference, features).shape)
torch.manual_seed(1)
print(nn.AlphaDropout(0.25)(torch.ones(6)))

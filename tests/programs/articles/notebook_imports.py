"""The first cells of notebooks: versions, plots that nobody draws, progress bars and dates around a loop."""
import gc
import math
from datetime import datetime, timedelta
from importlib.metadata import version
from types import MethodType, SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn
from tqdm.auto import tqdm, trange

print("torch version:", version("torch").split("+")[0])
np.random.seed(0)
torch.manual_seed(0)
cfg = SimpleNamespace(emb_dim=8, n_heads=2, scale=1 / math.sqrt(4), device="cpu")
print(cfg)

x = torch.randn(1, 4, cfg.emb_dim)
scores = (x @ x.transpose(1, 2)) * cfg.scale
weights = torch.softmax(scores, dim=-1)

fig, axes = plt.subplots(1, 2, figsize=(8, 3))
for ax, matrix, title in zip(axes, (scores[0], weights[0]), ("scores", "weights")):
    image = ax.imshow(matrix.tolist(), cmap="viridis")
    ax.set_title(title)
    ax.set_xticks(range(4))
    fig.colorbar(image, ax=ax)
plt.tight_layout()
plt.show()
(line,) = plt.plot([1, 2, 3])
grid = plt.subplots(2, 3)[1]
print(grid.shape, len(grid[0]), [name for name, _ in zip("abcdef", grid.flat)])
print(weights)

losses = []
with trange(3, desc="steps") as steps:
    for step in steps:
        x = torch.tanh(x @ weights.new_ones(cfg.emb_dim, cfg.emb_dim) / math.sqrt(cfg.emb_dim))
        losses.append(x.mean())
        steps.set_postfix(loss=f"{losses[-1]:.4f}")
bar = tqdm(enumerate(losses), total=len(losses))
for i, loss in bar:
    tqdm.write(f"{i}: {loss:.4f}")
    bar.set_description(f"step {i}")


def scaled(self, x):
    return self._forward(x) * 2


layer = nn.Linear(8, 1)
layer._forward = layer.forward
layer.forward = MethodType(scaled, layer)
print(torch.allclose(layer(x), layer._forward(x) * 2))

began = datetime(2024, 2, 28, 23, 59, 30)
print(began + timedelta(minutes=90), began.strftime("run_%Y%m%d-%H%M%S"), timedelta(seconds=int(3725.9)), f"{began:%b %d, %Y}")
print((datetime(2024, 3, 1) - began).days, timedelta(hours=25) > timedelta(days=1), datetime.now() > began)
print(np.pi, np.mean([1.0, 2.0, 4.5]), np.prod([2, 3, 4]), np.inf > 0, f"{np.log(10):.4f}")
del layer
_ = gc.collect()

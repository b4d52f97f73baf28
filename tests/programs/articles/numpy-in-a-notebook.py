# What notebooks do with arrays between a data set, a model and plots.
import copy
import math
import random

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)

pe = np.zeros((6, 8))
for pos in range(6):
    for i in range(0, 8, 2):
        pe[pos, i] = math.sin(pos / (10000 ** ((2 * i)/8)))
        pe[pos, i + 1] = math.cos(pos / (10000 ** ((2 * (i + 1))/8)))
print(pe)
plt.plot(np.arange(6), pe[:, 4:8])
plt.legend(["dim %d" % p for p in [4, 5, 6, 7]])
plt.imshow(pe, cmap="viridis")
plt.show()

X = np.random.randn(8, 3).astype(np.float32)
y = (X.sum(axis=1) > 0).astype(np.int64)
for xb, yb in DataLoader(TensorDataset(torch.from_numpy(X), torch.from_numpy(y)), batch_size=4):
    print(xb.shape, yb)


class Rows(Dataset):
    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return X[i], y[i]


for xb, yb in DataLoader(Rows(), batch_size=4):
    print(xb.dtype, xb.shape, yb)
linear = nn.Linear(3, 2)
W, b = linear.weight.data.numpy(), linear.bias.detach().numpy()
print(np.allclose(X @ W.T + b, linear(torch.tensor(X)).detach().numpy(), atol=1e-6))


def layer_norm(x, eps=1e-5):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


print(layer_norm(np.arange(6.0).reshape(2, 3)), gelu(np.linspace(-1, 1, 3)), np.maximum(0, np.array([-1.0, 2.0])))
qkv = np.split(np.arange(12.0).reshape(2, 6), 3, axis=-1)
heads = [np.split(part, 2, axis=-1) for part in qkv]
print(len(heads), heads[0][1], (1 - np.tri(3, dtype=np.float32)) * -1e10)
values, counts = np.unique(np.array([1, 2, 2, 3, 3, 3]), return_counts=True)
print(dict(zip(values, counts)), dict(zip(values.tolist(), counts.tolist())))
scores = np.array([[0.1, 0.2], [0.3, 0.4]])
scores[np.triu_indices(2, k=1)] = -np.inf
print(scores, np.exp(scores), np.where(np.isinf(scores), 0, scores))
twin = copy.deepcopy(pe)
twin[0] = 1
print(pe[0, :3], round(np.mean([0.123456, 0.2]), 3), max(np.array([1, 5, 2])), sum(np.array([0.5, 0.25])))
p = np.array([0.2, 0.8])
print(-np.sum(p * np.log(p)), float(p[0]), int(p.argmax()), p[0] == 0.2, p[0] > 0.1 and p[1] > 0.1, not p[0] > 1)

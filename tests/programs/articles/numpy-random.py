# NumPy's random numbers: the legacy stream after np.random.seed, and default_rng.
import numpy as np
import torch

np.random.seed(42)
print(np.random.rand(3), np.random.random(), np.random.uniform(-1, 1, (2, 2)))
print(np.random.randn(2, 3), np.random.normal(5, 2), np.random.normal(loc=0.0, scale=0.02, size=3))
print(np.random.randint(10), np.random.randint(3, size=(3, 3)), np.random.randint(0, 1000, 5))
print(np.random.choice(5), np.random.choice([10, 20, 30], 4), np.random.choice(["the", "cat", "sat"]))
print(np.random.choice(10, 4, replace=False), np.random.choice(3, 8, p=[0.1, 0.2, 0.7]))
print(np.random.permutation(8), np.random.permutation(np.array([1.5, 2.5, 3.5])))
order = np.arange(10)
np.random.shuffle(order)
words = ["attention", "is", "all", "you", "need"]
np.random.shuffle(words)
print(order, words)
tokens = np.arange(12).reshape(6, 2)
np.random.shuffle(tokens)
print(tokens)

# A sampled batch of positions, as nanoGPT's data loaders draw it.
data = np.arange(100, dtype=np.int64)
starts = np.random.randint(0, len(data) - 8, size=(3,))
x = torch.stack([torch.from_numpy(data[i:i + 8]) for i in starts])
print(starts, x)

# Greedy, and by temperature.
logits = np.array([2.0, 1.0, 0.1, -1.0])
for temperature in (0.5, 1.0, 2.0):
    p = np.exp(logits / temperature)
    p /= p.sum()
    drawn = np.random.choice(len(p), size=1000, p=p)
    print(temperature, p, np.bincount(drawn, minlength=4))
print(np.random.randn(1000).mean().round(6), np.random.rand(1000).std().round(6))

state = np.random.RandomState(0)
print(state.randn(4), state.randint(0, 2, 10), state.rand(2))
rng = np.random.default_rng(0)
print(rng.random(3), rng.integers(0, 10, size=5), rng.integers(6))
print(rng.standard_normal((2, 3)), rng.normal(0, 0.02, 2), rng.uniform(-1, 1, 2))
print(rng.choice(5, 3), rng.choice(20, 5, replace=False), rng.permutation(6))

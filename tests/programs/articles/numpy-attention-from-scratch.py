# Multi-head attention in NumPy alone, checked against PyTorch.
import numpy as np
import torch
import torch.nn.functional as F


def softmax(x, axis=-1):
    x = x - np.max(x, axis=axis, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


def scaled_dot_product_attention(Q, K, V, mask=None):
    d_k = Q.shape[-1]
    scores = np.matmul(Q, K.swapaxes(-2, -1)) / np.sqrt(d_k)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights = softmax(scores)
    return weights @ V, weights


class MultiHeadAttention:
    def __init__(self, d_model, num_heads, rng):
        assert d_model % num_heads == 0
        self.h, self.d_k = num_heads, d_model // num_heads
        limit = np.sqrt(6 / (d_model + d_model))
        self.W_q, self.W_k, self.W_v, self.W_o = [rng.uniform(-limit, limit, size=(d_model, d_model)) for _ in range(4)]

    def split_heads(self, x):
        batch, length, _ = x.shape
        return x.reshape(batch, length, self.h, self.d_k).transpose(0, 2, 1, 3)

    def __call__(self, x, mask=None):
        Q, K, V = [self.split_heads(np.dot(x, W)) for W in (self.W_q, self.W_k, self.W_v)]
        out, weights = scaled_dot_product_attention(Q, K, V, mask)
        out = out.transpose(0, 2, 1, 3).reshape(x.shape)
        return out @ self.W_o, weights


rng = np.random.RandomState(7)
x = rng.randn(2, 4, 8)
causal = np.tril(np.ones((4, 4), dtype=bool))
attention = MultiHeadAttention(8, 2, rng)
out, weights = attention(x, causal)
print(out.shape, weights.shape, out.dtype)
print(weights[0])
print(np.round(out[0], 3))
print(np.allclose(weights.sum(-1), 1), np.isnan(weights).any())

heads = [torch.from_numpy(attention.split_heads(x @ W)) for W in (attention.W_q, attention.W_k, attention.W_v)]
expected = F.scaled_dot_product_attention(*heads, is_causal=True).numpy()
expected = expected.transpose(0, 2, 1, 3).reshape(2, 4, 8) @ attention.W_o
print(np.allclose(out, expected), np.abs(out - expected).max() < 1e-12)

tokens = "the cat sat down".split()
for token, row in zip(tokens, weights[0, 0]):
    print(f"{token:>5}: " + " ".join(f"{w:.2f}" for w in row))
best = np.argsort(-weights[0, 0], axis=-1)[:, 0]
print([tokens[i] for i in best], best)

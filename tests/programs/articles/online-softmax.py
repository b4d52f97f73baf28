# Attention over blocks of keys with a running maximum and sum: the whole matrix never exists.
import torch


def blockwise_attention(q, k, v, block, causal=False):
    T, D = q.shape
    out = torch.zeros(T, v.shape[-1])
    largest = torch.full((T, 1), float("-inf"))
    total = torch.zeros(T, 1)
    for start in range(0, k.shape[0], block):
        kb, vb = k[start:start + block], v[start:start + block]
        scores = q @ kb.T / D**0.5
        if causal:
            keys = torch.arange(start, start + kb.shape[0])
            scores = scores.masked_fill(keys[None, :] > torch.arange(T)[:, None], float("-inf"))
        new_largest = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        p = torch.exp(scores - new_largest)
        correction = torch.exp(largest - new_largest)
        total = total * correction + p.sum(dim=-1, keepdim=True)
        out = out * correction + p @ vb
        largest = new_largest
    return out / total, (largest + total.log()).squeeze(-1)


torch.manual_seed(0)
q, k, v = torch.randn(9, 4), torch.randn(9, 4), torch.randn(9, 3)
scores = q @ k.T / 2
reference = scores.softmax(-1) @ v
for block in (1, 2, 4, 9, 100):
    out, lse = blockwise_attention(q, k, v, block)
    print(block, torch.allclose(out, reference, atol=1e-6), torch.allclose(lse, scores.logsumexp(-1), atol=1e-5))
print(out)
print(lse)
causal, _ = blockwise_attention(q, k, v, 4, causal=True)
print(causal)
print(torch.allclose(causal, torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0], atol=1e-6))


def safe_softmax(x):
    m, d = float("-inf"), 0.0
    for value in x.tolist():
        new = max(m, value)
        d = d * 2.718281828459045 ** (m - new) + 2.718281828459045 ** (value - new)
        m = new
    return [round(2.718281828459045 ** (value - m) / d, 4) for value in x.tolist()]


x = torch.tensor([1.0, 3.0, 2.0, 1000.0])
print(safe_softmax(x[:3]), x[:3].softmax(0))
print(x.exp() / x.exp().sum(), x.softmax(0))
a, la = blockwise_attention(q, k[:5], v[:5], 5)
b, lb = blockwise_attention(q, k[5:], v[5:], 4)
share = torch.sigmoid(la - lb)[:, None]
print(torch.allclose(share * a + (1 - share) * b, reference, atol=1e-6))

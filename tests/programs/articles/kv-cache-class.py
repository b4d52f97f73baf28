# A preallocated key-value cache as a class, with its memory counted and its errors raised.
import torch
import torch.nn.functional as F


class KVCache:
    """Keys and values of all tokens so far, for one layer."""

    def __init__(self, batch, heads, capacity, width, dtype=torch.float32):
        self.keys = torch.zeros(batch, heads, capacity, width, dtype=dtype)
        self.values = torch.zeros_like(self.keys)
        self.length = 0

    @property
    def capacity(self):
        return self.keys.size(2)

    @property
    def nbytes(self):
        return 2 * self.keys.numel() * self.keys.element_size()

    def update(self, k, v):
        new = k.size(2)
        if self.length + new > self.capacity:
            raise ValueError(f"cache is full: {self.length} + {new} > {self.capacity}")
        span = slice(self.length, self.length + new)
        self.keys[:, :, span] = k
        self.values[:, :, span] = v
        self.length += new
        return self.keys[:, :, :self.length], self.values[:, :, :self.length]

    def __len__(self):
        return self.length

    def __repr__(self):
        return f"KVCache({self.length}/{self.capacity}, {self.nbytes} bytes, {self.keys.dtype})"


torch.manual_seed(0)
q, k, v = torch.randn(3, 1, 2, 6, 4)
full = F.scaled_dot_product_attention(q, k, v, is_causal=True)
cache = KVCache(1, 2, 6, 4)
print(cache, len(cache), bool(cache))
outputs = []
for t in range(6):
    keys, values = cache.update(k[:, :, t:t + 1], v[:, :, t:t + 1])
    outputs.append(F.scaled_dot_product_attention(q[:, :, t:t + 1], keys, values))
print(torch.allclose(torch.cat(outputs, dim=2), full, atol=1e-6))
print(cache)
try:
    cache.update(k[:, :, :1], v[:, :, :1])
except ValueError as error:
    print(type(error).__name__, error)
half = KVCache(1, 8, 1024, 64, dtype=torch.bfloat16)
print(half, f"{half.nbytes / 2**20:.1f} MiB")
half.update(torch.ones(1, 8, 3, 64), torch.ones(1, 8, 3, 64) / 3)
print(half.values[0, 0, :4, 0], half.keys[0, 0, 2:5, :2])
layers, heads, width, context = 32, 8, 128, 128_000
for name, size in {"float32": 4, "bfloat16": 2, "int8": 1}.items():
    print(f"{name:>9}: {2 * layers * heads * width * context * size / 1e9:6.2f} GB")

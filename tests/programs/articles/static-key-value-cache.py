"""A cache of a fixed size, into which every token writes its row, as many inference scripts have it."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class KVCache(nn.Module):
    def __init__(self, batch, heads, length, width, dtype=torch.float32):
        super().__init__()
        self.register_buffer("k_cache", torch.zeros(batch, heads, length, width, dtype=dtype), persistent=False)
        self.register_buffer("v_cache", torch.zeros(batch, heads, length, width, dtype=dtype), persistent=False)

    def update(self, input_pos, k_val, v_val):
        k_out, v_out = self.k_cache, self.v_cache
        k_out[:, :, input_pos] = k_val
        v_out[:, :, input_pos] = v_val
        return k_out, v_out


def decode(cache, w, tokens):
    outs = []
    for pos in range(len(tokens)):
        x = tokens[pos].view(1, 1, 2, 4).transpose(1, 2)
        k, v = cache.update(torch.tensor([pos]), x @ w, x)
        mask = torch.arange(k.shape[2]) <= pos
        outs.append(F.scaled_dot_product_attention(x, k, v, attn_mask=mask[None, None, None]).flatten())
    return torch.stack(outs)


tokens, w = torch.randn(5, 8), torch.randn(4, 4)
cache = KVCache(1, 2, 8, 4)
out = decode(cache, w, tokens)
print(out)

# The same from tensors that grow, one row at a time, and from slices of a buffer.
x = tokens.view(1, 5, 2, 4).transpose(1, 2)
whole = F.scaled_dot_product_attention(x, x @ w, x, is_causal=True).transpose(1, 2).reshape(5, 8)
print(torch.allclose(out, whole, atol=1e-6))

buffer = torch.zeros(2, 3, 4)
first_rows = buffer[:, :2]
before = buffer.clone()
for pos in range(3):
    buffer[:, pos : pos + 1] = torch.full((2, 1, 4), float(pos + 1))
    print(pos, first_rows[:, :, 0].tolist(), buffer[..., : pos + 1, :].sum().item(), before.sum().item())

# A copy that was made before is what it was; a view is what the buffer is now.
kept = [buffer[0].clone()]
for step in range(3):
    buffer[0, step] += step
    buffer[1].mul_(2)
    kept.append(buffer[0].clone())
print(torch.stack(kept)[..., 0])
print(buffer[1, :, 0], first_rows[1, :, 0])

# Neighbours in one word of memory, and rows that are written out of themselves.
half = torch.zeros(7, dtype=torch.bfloat16)
for i in (3, 2, 6):
    half[i] = i + 0.5
print(half)
flags = torch.zeros(6, dtype=torch.bool)
flags[1::2] = True
flags[3] = False
print(flags)
row = torch.arange(6.0)
row[1:] = row[:-1].clone()
row[:3] = row[3:]
print(row)

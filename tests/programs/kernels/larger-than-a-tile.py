"""Products and attention of more than one tile of a GPU's kernels, in whole fours of cells and not."""

import torch
import torch.nn.functional as F

torch.manual_seed(0)

# Tiles that are whole, and tiles that begin earlier, with either matrix as it is or transposed.
a, b = torch.randn(128, 64), torch.randn(64, 192)
c, d = torch.randn(130, 71), torch.randn(71, 203)
for left, right in [(a, b), (a.T.contiguous().T, b), (a, b.T.contiguous().T), (c, d), (d.T, c.T)]:
    product = left @ right
    print(product.shape, product[0, :3], product[-1, -3:], product.abs().mean())

# One row, and a few, by weights as they are stored and transposed.
for rows in (1, 3):
    x, w = torch.randn(rows, 512), torch.randn(256, 512)
    print(F.linear(x, w)[:, :4], (x @ w.T.contiguous())[:, -4:])
    half = F.linear(x.bfloat16(), w.bfloat16())
    print(half.dtype, half.float().abs().mean().round(decimals=1))

q, k, v = (torch.randn(2, 4, 150, 64) for _ in range(3))
causal = F.scaled_dot_product_attention(q, k, v, is_causal=True)
print(causal[1, 3, ::50, :3], causal.std())
few = F.scaled_dot_product_attention(q, k[:, ::2], v[:, ::2], enable_gqa=True)
print(few[0, 2, 149, :4])
hidden = torch.ones(150, 150, dtype=torch.bool).tril().roll(3, 1)
print(F.scaled_dot_product_attention(q, k, v, attn_mask=hidden)[0, 0, :4, :3])
# The lowest number hides nothing by itself: where all are it, all are seen alike.
lowest = torch.full((150, 150), torch.finfo(torch.float32).min).tril()
print(F.scaled_dot_product_attention(q, k, v, attn_mask=lowest)[0, 0, -2:, :3], v[0, 0].mean(0)[:3])
wide = F.scaled_dot_product_attention(q[..., :40], k[..., :40], torch.cat([v, v, v[..., :5]], dim=-1))
print(wide.shape, wide[0, 0, 0, -3:])

parts = [torch.full((2, n), float(n)) for n in range(1, 7)]
print(torch.cat(parts, dim=1))

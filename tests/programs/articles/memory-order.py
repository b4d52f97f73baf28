# How results lie in memory: elementwise operations keep the order of their operands, attention that of its queries.
# Random numbers fill memory in its own order, so that a dropout of a transposed tensor draws another mask.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.randn(2, 4, 3)
turned = x.transpose(1, 2)                       # [2, 3, 4]
for name, result in {
    "turned": turned,
    "turned * 2": turned * 2,
    "bias + turned": torch.arange(4.0) + turned,
    "exp": turned.exp(),
    "gelu": F.gelu(turned),
    "where": torch.where(turned > 0, turned, 0.0),
    "clone": turned.clone(),
    "clone, rows": turned.clone(memory_format=torch.contiguous_format),
    "half": turned.half(),
    "zeros_like": torch.zeros_like(turned),
    "rand_like": torch.rand_like(turned),
    "flip": turned.flip(1),
    "softmax": turned.softmax(-1),
    "masked_fill": turned.masked_fill(turned > 0, 0.0),
    "cat": torch.cat([turned, turned]),
    "every second + 1": x[:, ::2] + 1,
    "rows of x": x[:, [2, 0]],
    "columns of x": x[..., [2, 0]],
}.items():
    print(f"{name:18}", tuple(result.shape), result.stride(), result.is_contiguous())

print(F.dropout(turned, 0.5))
print(torch.rand_like(torch.ones(3, 4).T), torch.zeros(3, 2).T.bernoulli_(0.5), torch.empty(3, 4).t().normal_())
print(torch.empty(8, 8)[:, ::2].normal_()[:2], torch.randn_like(torch.ones(4, 4).T))

q, k, v = (torch.randn(2, 5, 32).view(2, 5, 4, 8).transpose(1, 2) for _ in range(3))
y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
print(y.stride())
print(y.transpose(1, 2).view(2, 5, 32)[0, :2, :6])
try:
    (turned * 2).view(2, 12)
except RuntimeError as error:
    print(error)

torch.manual_seed(1)
layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.3, batch_first=True)
print(layer(torch.randn(2, 3, 8)))
print(torch.rand(3, 5, dtype=torch.bfloat16), nn.Linear(4, 3, dtype=torch.bfloat16).weight)

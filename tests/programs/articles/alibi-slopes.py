# Attention with linear biases: slopes per head, biases by distance, no position embeddings.
import math
import torch
import torch.nn as nn


def get_slopes(n):
    def get_slopes_power_of_2(n):
        start = 2 ** (-2 ** -(math.log2(n) - 3))
        return [start * start ** i for i in range(n)]

    if math.log2(n).is_integer():
        return get_slopes_power_of_2(n)
    closest = 2 ** math.floor(math.log2(n))
    return get_slopes_power_of_2(closest) + get_slopes(2 * closest)[0::2][:n - closest]


for n in (2, 4, 6, 8):
    print(n, [round(s, 5) for s in get_slopes(n)])

heads, T, D = 4, 5, 4
slopes = torch.tensor(get_slopes(heads))
distance = torch.arange(T)[None, :] - torch.arange(T)[:, None]
bias = slopes[:, None, None] * distance.clamp(max=0)
print(distance)
print(bias[0])

torch.manual_seed(2)
q, k, v = torch.randn(3, heads, T, D).unbind(0)
scores = q @ k.mT / math.sqrt(D) + bias
scores = scores.masked_fill(distance > 0, -math.inf)
weights = scores.softmax(-1)
print(weights[0])
print(weights[-1])
reach = (weights * -distance.clamp(max=0)).sum(-1).mean(-1)
print("mean distance by head", reach, reach.argsort())
print(torch.allclose(
    weights @ v,
    nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.masked_fill(distance > 0, -math.inf)),
    atol=1e-6))

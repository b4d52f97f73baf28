# nn.TransformerEncoderLayer in evaluation, against the same computation by hand.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, dropout=0.1, batch_first=True, norm_first=False)
layer.eval()
x = torch.randn(2, 4, 8)
with torch.no_grad():
    y = layer(x)
print(y.shape)
print(y[0])


def by_hand(x, mask=None):
    a = layer.self_attn
    B, T, M = x.shape
    q, k, v = F.linear(x, a.in_proj_weight, a.in_proj_bias).chunk(3, dim=-1)
    q, k, v = (t.unflatten(-1, (2, M // 2)).transpose(1, 2) for t in (q, k, v))
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    x = layer.norm1(x + a.out_proj(out.transpose(1, 2).flatten(2)))
    return layer.norm2(x + layer.linear2(F.relu(layer.linear1(x))))


with torch.no_grad():
    print(torch.allclose(by_hand(x), y, atol=1e-5))
    causal = nn.Transformer.generate_square_subsequent_mask(4)
    masked = layer(x, src_mask=causal)
    print(torch.allclose(by_hand(x, causal), masked, atol=1e-5))
    changed = x.clone()
    changed[:, -1] = 0
    print((layer(changed, src_mask=causal)[:, :-1] - masked[:, :-1]).abs().max() < 1e-6)
    padding = torch.tensor([[False, False, False, True], [False] * 4])
    print(layer(x, src_key_padding_mask=padding)[0, 0])
print({name: tuple(p.shape) for name, p in layer.named_parameters()})
print(layer)

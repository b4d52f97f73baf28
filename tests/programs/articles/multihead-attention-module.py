# nn.MultiheadAttention: weights averaged or per head, masks of both kinds, other key widths.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(42)
mha = nn.MultiheadAttention(embed_dim=6, num_heads=3, batch_first=True)
x = torch.randn(1, 4, 6)
with torch.no_grad():
    out, weights = mha(x, x, x)
    print(out)
    print(weights, weights.shape)
    _, per_head = mha(x, x, x, average_attn_weights=False)
    print(per_head.shape, torch.allclose(per_head.mean(1), weights, atol=1e-6))
    none = mha(x, x, x, need_weights=False)
    print(none[1], torch.allclose(none[0], out, atol=1e-6))
    causal = torch.triu(torch.ones(4, 4, dtype=torch.bool), diagonal=1)
    masked, w = mha(x, x, x, attn_mask=causal)
    print(w[0])
    pad = torch.tensor([[False, True, False, True]])
    _, w = mha(x, x, x, key_padding_mask=pad)
    print(w[0, 0])
    q, k, v = F.linear(x, mha.in_proj_weight, mha.in_proj_bias).chunk(3, -1)
    heads = [(F.softmax(a @ b.mT / 2**0.5, -1) @ c) for a, b, c in zip(q.split(2, -1), k.split(2, -1), v.split(2, -1))]
    print(torch.allclose(mha.out_proj(torch.cat(heads, -1)), out, atol=1e-6))
torch.manual_seed(1)
cross = nn.MultiheadAttention(4, 2, kdim=3, vdim=5, batch_first=True)
with torch.no_grad():
    out, w = cross(torch.randn(2, 3, 4), torch.randn(2, 6, 3), torch.randn(2, 6, 5))
    print(out.shape, w.shape, torch.allclose(w.sum(-1), torch.ones(2, 3)))
print([(n, tuple(p.shape)) for n, p in cross.named_parameters()])
seq_first = nn.MultiheadAttention(4, 1, bias=False)
print(seq_first(torch.ones(3, 2, 4), torch.ones(3, 2, 4), torch.ones(3, 2, 4))[1].shape)

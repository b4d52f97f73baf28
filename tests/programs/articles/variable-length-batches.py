# A batch without its padding, as kernels for sequences of different lengths take it: cumulative lengths, and back again.
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def get_unpad_data(attention_mask):
    seqlens_in_batch = attention_mask.sum(dim=-1, dtype=torch.int32)
    indices = torch.nonzero(attention_mask.flatten(), as_tuple=False).flatten()
    cu_seqlens = F.pad(torch.cumsum(seqlens_in_batch, dim=0, dtype=torch.int32), (1, 0))
    return indices, cu_seqlens, seqlens_in_batch.max().item()


def varlen_attention(q, k, v, cu_seqlens):
    out = torch.empty_like(q)
    for start, end in zip(cu_seqlens[:-1].tolist(), cu_seqlens[1:].tolist()):
        part = slice(start, end)
        heads = [t[part].transpose(0, 1) for t in (q, k, v)]
        out[part] = F.scaled_dot_product_attention(*heads, is_causal=True).transpose(0, 1)
    return out


attention_mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]])
indices, cu_seqlens, longest = get_unpad_data(attention_mask)
print(indices, cu_seqlens, longest, cu_seqlens.diff())
x = torch.randn(3, 5, 2, 4)
packed = x.flatten(0, 1)[indices]
out = varlen_attention(packed, packed, packed, cu_seqlens)
padded = torch.zeros(15, 2, 4).index_copy(0, indices, out).view(3, 5, 2, 4)
causal = torch.ones(5, 5, dtype=torch.bool).tril()
whole = F.scaled_dot_product_attention(*[x.transpose(1, 2)] * 3, attn_mask=causal & attention_mask.bool()[:, None, None]).transpose(1, 2)
print(padded[0, :, 0], torch.allclose(padded, whole * attention_mask[..., None, None], atol=1e-6))
document = torch.repeat_interleave(torch.arange(3), cu_seqlens.diff().long())
print((document[:, None] == document).logical_and(torch.ones(9, 9).tril().bool()).int())
for dtype in (torch.int32, torch.int8, torch.uint8, torch.int64, torch.float32):
    lengths = torch.tensor([3, 5, 1])
    print(lengths.cumsum(0, dtype=dtype), lengths.cumprod(0, dtype=dtype), attention_mask.bool().cumsum(-1, dtype=dtype)[1])
print(lengths.int().cumsum(0).dtype, attention_mask.cumsum(-1)[0] - 1)

# Which parameters decay, by sets that are changed in place.
model = nn.ModuleDict({"embed": nn.Embedding(5, 4), "norm": nn.LayerNorm(4), "head": nn.Linear(4, 5)})
decay = {name for name, _ in model.named_parameters()}
same = decay
decay.difference_update({"norm.weight"}, {name for name in decay if name.endswith("bias")})
print(sorted(decay), same is decay)
decay.intersection_update(["head.weight", "other"])
decay.symmetric_difference_update({"head.bias"})
print(sorted(same), decay.difference_update(), len(decay))
print(Path("runs").joinpath("varlen", "step-1.pt").as_posix())

# Functions that few texts need: special functions, windows, results written into buffers, rarer losses and pads.
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.tensor([0.5, 1.0, 2.5, 7.0, -0.5])
print(torch.lgamma(x), torch.digamma(x), torch.special.ndtr(x), sep="\n")
print(torch.erfinv(torch.tensor([-0.9, 0.0, 0.3, 1.0])), torch.arctan2(x, x.flip(0)), torch.sgn(x))
gaussian = torch.special.erfinv(2 * torch.linspace(0.1, 0.9, 5) - 1) * math.sqrt(2)
print("normal quantiles", gaussian)
print(torch.hann_window(6), torch.hamming_window(5, periodic=False))
scores = torch.tensor([[0.1, float("nan"), 0.7], [0.4, 0.2, 0.9]])
print(torch.nanmedian(scores), torch.nanmedian(scores, dim=1))
print(torch.unravel_index(scores.nan_to_num(0).argmax(), scores.shape), torch.unravel_index(torch.tensor([5, 11]), (3, 4)))
print(torch.matrix_exp(torch.tensor([[0.0, -math.pi / 2], [math.pi / 2, 0.0]])).round(decimals=4).abs())

buffer = torch.empty(2, 2)
a, b = torch.randn(2, 3), torch.randn(3, 2)
print(torch.matmul(a, b, out=buffer) is buffer, torch.equal(buffer, a @ b))
torch.add(buffer, 1, out=buffer)
values, indices = torch.empty(2), torch.empty(2, dtype=torch.long)
torch.max(a, 1, out=(values, indices))
print(torch.equal(buffer, a @ b + 1), torch.equal(values, a.amax(1)), indices)
cache = torch.zeros(3, 4)
torch.arange(4, out=cache[1])
torch.mul(cache[1], 10, out=cache[2])
print(cache)
try:
    torch.add(torch.ones(2, requires_grad=True), 1, out=torch.zeros(2))
except RuntimeError as error:
    print(error)

print(torch.einsum(a, [0, 1], b, [1, 2], [0, 2]) - a @ b)
try:
    torch.einsum("i->ii", torch.ones(3))
except RuntimeError as error:
    print(error)

embedding = nn.Embedding(4, 3, max_norm=1.0)
print(embedding, embedding(torch.tensor([0, 2])).norm(dim=-1), (embedding.weight.norm(dim=-1) > 1).tolist())
upper = torch.tensor([[2.0, 1.0], [0.0, 4.0]])
print(torch.linalg.solve_triangular(upper, torch.tensor([[4.0], [8.0]]), upper=True), torch.linalg.matrix_norm(upper, 1))
logits, signs = torch.randn(3, 4), torch.tensor([[1.0, -1.0, 1.0, -1.0]]).expand(3, 4)
print(nn.SoftMarginLoss()(logits, signs), nn.MultiMarginLoss()(logits, torch.tensor([1, 0, 3])))
print(nn.MultiLabelSoftMarginLoss()(logits, (signs > 0).float()), nn.HingeEmbeddingLoss()(logits, signs))
image = torch.arange(9.0).view(1, 1, 3, 3)
for pad in (nn.ReflectionPad2d(1), nn.ReplicationPad2d((1, 0, 0, 1)), nn.CircularPad2d(1)):
    print(pad, pad(image)[0, 0, 0])
mha = nn.MultiheadAttention(8, 2)
q = torch.randn(5, 1, 8)
out, weights = F.multi_head_attention_forward(
    q, q, q, 8, 2, mha.in_proj_weight, mha.in_proj_bias, mha.bias_k, mha.bias_v, False, 0.0, mha.out_proj.weight, mha.out_proj.bias)
print(torch.allclose(out, mha(q, q, q)[0], atol=1e-6), weights.shape)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.Buffer(torch.zeros(1))
        self.mask = nn.Buffer(torch.ones(2, 2).tril(), persistent=False)


counter = Counter()
print(dict(counter.named_buffers()), list(counter.state_dict()))

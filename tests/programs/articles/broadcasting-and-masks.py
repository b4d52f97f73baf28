# Broadcasting rules, padding masks, and what happens when shapes do not fit.
import torch
import torch.nn.functional as F

lengths = torch.tensor([4, 2, 3])
T = 4
padding = torch.arange(T)[None, :] < lengths[:, None]
causal = torch.ones(T, T, dtype=torch.bool).tril()
mask = padding[:, None, None, :] & causal
print(padding, mask.shape)
print(mask[1, 0].int())
torch.manual_seed(0)
q, k, v = (torch.randn(3, 2, T, 3) for _ in range(3))
bias = torch.zeros(mask.shape).masked_fill(~mask, float("-inf"))
weights = ((q @ k.transpose(-1, -2)) / 3**0.5 + bias).softmax(-1)
print(weights[1, 0])
print(torch.allclose(weights @ v, F.scaled_dot_product_attention(q, k, v, attn_mask=mask), atol=1e-6))
mean = (v[:, 0] * padding[..., None]).sum(1) / lengths[:, None]
print(mean)
all_masked = torch.full((2,), float("-inf")).softmax(0)
print(all_masked, all_masked.isnan().all(), torch.nan_to_num(all_masked))
a, b = torch.arange(3)[:, None], torch.arange(4)[None, :]
print(a + b, (a * 10 + b).shape, (a < b).sum(), torch.broadcast_shapes((3, 1), (1, 4)), torch.maximum(a, b)[2])
print((torch.ones(2, 1, 3) + torch.ones(4, 1)).shape, (torch.ones(5) * torch.ones(3, 1)).shape, (1 - torch.eye(2)) * 2 ** torch.arange(2))
x, y = torch.broadcast_tensors(torch.arange(2)[:, None], torch.arange(3))
print(x, y.shape, (2 - torch.arange(3)) / 2, 1 / torch.tensor([1, 2, 4]), 7 // torch.tensor([2, 3]), 2.0 * torch.tensor([1, 2]), torch.tensor([1, 2]) + True)
print(torch.tensor([1, 2]) / 2, torch.tensor([5, 6]) // 2, torch.tensor([1]) + torch.tensor([0.5]), (torch.tensor([1], dtype=torch.int32) + torch.tensor([1])).dtype, (torch.ones(1, dtype=torch.float16) * 2.5).dtype)
for f in (lambda: torch.ones(2, 3) + torch.ones(2, 4), lambda: torch.ones(2, 3) @ torch.ones(4, 2), lambda: torch.ones(3)[..., None].expand(2, 3, 4, 1)[5],
          lambda: torch.cat([torch.ones(2, 2), torch.ones(3, 3)]), lambda: torch.ones(6).view(4, 2), lambda: torch.softmax(torch.tensor([1, 2]), 0),
          lambda: torch.ones(2, 3).reshape(4, -1), lambda: F.linear(torch.ones(2, 3), torch.ones(4, 5)), lambda: torch.stack([torch.ones(2), torch.ones(3)])):
    try:
        f()
        print("no error")
    except (RuntimeError, IndexError, ValueError) as e:
        print(f"{type(e).__name__}: {e}")

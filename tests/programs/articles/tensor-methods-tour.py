# Methods that attention code calls on tensors, each on a small example.
import torch

x = torch.arange(12.0).reshape(3, 4)
print(x.T.shape, x.mT.shape, x.view(-1).shape, x.view(2, -1).shape, x.flatten().tolist()[:3], x.numel(), x.dim(), x.ndim, x.size(), x.size(-1))
print(x.unsqueeze(0).shape, x[None, :, None].squeeze().shape, x.permute(1, 0).is_contiguous(), x.permute(1, 0).contiguous().stride(), x.stride())
print(x.chunk(3), [c.shape for c in x.split([1, 3], dim=1)], [r.tolist() for r in x.unbind(0)][1])
print(torch.cat([x, x], dim=1).shape, torch.stack([x, x], dim=1).shape, torch.hstack((x[:, :1], x[:, 1:])).equal(x), torch.vstack((x, x)).shape)
print(x.repeat(2, 1).shape, x[:1].expand(3, -1), x[0].repeat_interleave(2), x.tile((1, 2)).shape)
print(x.roll(1, dims=1)[0], x.flip(0)[0], x.diagonal(), torch.diag(torch.tensor([1, 2])), x.triu(1)[0], x.tril(-1)[2])
print(x.sum(), x.sum(0), x.mean(dim=1, keepdim=True), x.std(), x.var(dim=0, unbiased=False), x.prod(dim=1), x.norm(), x.norm(dim=1, p=1))
print(x.max(), x.max(dim=1), x.min(0).indices, x.argmax(), x.argmin(dim=1), x.amax((0, 1)))
print(x.cumsum(1)[1], x.cumprod(0)[-1], x.topk(2, dim=1).values, x.sort(descending=True)[1][0], x[1].argsort(descending=True))
print((x > 5).sum(), (x > 5).any(dim=0), (x >= 0).all(), (x == 3).nonzero(), torch.where(x > 8, x, torch.tensor(-1.0))[2], x.clamp(2, 5)[1], x.clamp(min=10).sum())
print(x.exp()[0, :2], x.log1p()[0], x.sqrt()[1], x.rsqrt()[2], x.pow(2)[0], x.abs().sum(), (-x).relu().sum(), x.sigmoid()[0], x.tanh()[0], x.sin()[0], x.reciprocal()[2], x.round().sum(), (x / 3).floor()[1], (x / 3).ceil()[1], (x % 3)[1], x // 5, x.neg()[0])
y = x.clone()
y[0] = 0
y[:, 1] += 100
y[y > 100] = -1
y.mul_(2).add_(1).div_(3)
print(y, x[0])
print(y.fill_(7)[0], y.zero_().sum(), y.copy_(x).equal(x), torch.equal(y, x), (y != x).sum().item(), y.masked_fill(x < 3, 9)[0], y.masked_select(x > 9))
print(x.gather(1, torch.tensor([[0], [2], [3]])), torch.zeros(3, 4).scatter_(1, torch.tensor([[0], [2], [3]]), 1.0), x.index_select(1, torch.tensor([3, 0]))[0], x.take_along_dim(torch.tensor([[1], [1], [1]]), dim=1).T)
print(x.int().dtype, x.long()[0], x.half().dtype, x.bool()[0], x.to(torch.bfloat16).dtype, x.type(torch.int32)[0, :2], x.double().dtype, x.float() is x, x.is_floating_point())
print(x.item if False else x[0, 1].item(), x.tolist()[0], float(x[1, 1]), int(x[2, 3]), len(x), bool(x[0, 1]), x.device, x.requires_grad, x.new_zeros(2), x.new_full((2,), 3), x.new_tensor([1]), torch.ones_like(x)[0], torch.empty_like(x).shape, torch.full_like(x, 2)[0])
print((x @ x.T)[0], torch.matmul(x, x[0]), torch.mm(x, x.T).shape, torch.bmm(x[None], x.T[None]).shape, x[0].dot(x[1]), torch.outer(x[0, :2], x[1, :2]), torch.einsum("ij,kj->ik", x, x).equal(x @ x.T), x[0] * x[1], x.addmm(torch.eye(3), x).sum())
print(torch.allclose(x, x + 1e-9), torch.isclose(x, x + 1)[0], torch.isnan(x).any(), torch.isinf(x / 0)[0], torch.isfinite(x).all(), x.isnan().sum(), torch.is_tensor(x), x.eq(1).sum(), x.ne(1).sum(), x.lt(1).sum(), x.ge(1).sum())

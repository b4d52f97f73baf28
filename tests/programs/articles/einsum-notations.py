# Attention in einsum, and the same products by matmul, permute and reshape.
import torch

torch.manual_seed(42)
B, T, S, H, D, M = 2, 3, 4, 2, 5, 6
q, k, v = torch.randn(B, T, H, D), torch.randn(B, S, H, D), torch.randn(B, S, H, D)
scores = torch.einsum("bthd,bshd->bhts", q, k)
print(scores.shape, torch.allclose(scores, q.transpose(1, 2) @ k.permute(0, 2, 3, 1), atol=1e-6))
out = torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v)
print(out[0, 0])
W = torch.randn(H, D, M)
merged = torch.einsum("bthd,hdm->btm", out, W)
print(torch.allclose(merged, out.flatten(2) @ W.flatten(0, 1), atol=1e-5), merged[1])
a, b = torch.arange(6.0).view(2, 3), torch.arange(12.0).view(3, 4)
print(torch.einsum("ij,jk->ik", a, b), torch.einsum("ij->ji", a).shape, torch.einsum("ij->", a), torch.einsum("ij->i", a))
print(torch.einsum("i,j->ij", a[0], a[1]), torch.einsum("ij,ij->i", a, a), torch.einsum("ii->i", b[:, :3]), torch.einsum("ii", b[:, :3]))
print(torch.einsum("...d,...d->...", q, q).shape, torch.einsum("b t h d, h d m -> b t m", out, W).shape)
x = torch.arange(24).view(2, 3, 4)
heads = x.view(2, 3, 2, 2).transpose(1, 2)
print(heads[0, 1], heads.shape, heads.reshape(2, 2, -1).shape, heads.transpose(1, 2).reshape(2, 3, 4).equal(x))
print(x.unflatten(2, (2, 2)).shape, x.flatten(1, 2).shape, x.movedim(0, 2).shape, x.swapaxes(0, 1).shape, x.reshape(-1, 2)[-1])
try:
    heads.view(2, 3, 4)
except RuntimeError as e:
    print("view:", str(e)[:60])
try:
    torch.einsum("ij,jk->ik", a, a)
except RuntimeError as e:
    print("einsum:", type(e).__name__)

# A size of zero is a size.
print(torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(3, 0)).shape, torch.einsum("ij,jk->ik", torch.ones(2, 0), torch.ones(0, 3)))

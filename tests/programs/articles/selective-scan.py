# A small state-space layer: recurrence against its matrix form, convolution, and a gate.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(8)
T, D, N = 6, 3, 2
x = torch.randn(T, D)
A = -torch.exp(torch.randn(D, N))
dt = F.softplus(torch.randn(T, D))
B, C = torch.randn(T, N), torch.randn(T, N)


def scan(x, dt, A, B, C):
    h = torch.zeros(x.shape[1], A.shape[1])
    ys = []
    for t in range(x.shape[0]):
        decay = torch.exp(dt[t][:, None] * A)
        h = decay * h + (dt[t] * x[t])[:, None] * B[t]
        ys.append((h * C[t]).sum(-1))
    return torch.stack(ys), h


y, state = scan(x, dt, A, B, C)
print(y)
print(state)
total = dt.cumsum(0)
L = torch.exp((total[:, None] - total[None])[..., None] * A)
L = torch.where(torch.ones(T, T).tril().bool()[..., None, None], L, torch.zeros(()))
kernel = torch.einsum("tn,tsdn,sn->tsd", C, L, B)
matrix_form = torch.einsum("tsd,sd->td", kernel, dt * x)
print(torch.allclose(y, matrix_form, atol=1e-4))

conv = nn.Conv1d(D, D, kernel_size=3, groups=D, padding=2)
mixed = conv(x.T[None])[..., :T]
print(mixed.shape, mixed[0, :, 0])
by_hand = sum(F.pad(x.T, (2 - i, 0))[:, :T] * conv.weight[:, 0, 2 - i, None] for i in range(3))
shifted = torch.stack([F.pad(x.T, (2, 0))[:, i:i + T] for i in range(3)], dim=-1)
print(torch.allclose((shifted * conv.weight).sum(-1) + conv.bias[:, None], mixed[0], atol=1e-6), by_hand.shape)
z = torch.randn(T, D)
gated = y * F.silu(z)
print(nn.RMSNorm(D)(gated)[-1])
first, state = scan(x[:4], dt[:4], A, B[:4], C[:4])
print(torch.equal(first, y[:4]), F.softplus(torch.tensor([-20.0, 0.0, 25.0])), F.elu(torch.tensor([-1.0, 1.0])))

# A matrix of low rank through its singular values, as texts on LoRA show it: two thin factors do what it does.
import numpy as np
import torch

_ = torch.manual_seed(0)
d, k = 10, 10
W_rank = 2
W = torch.randn(d, W_rank) @ torch.randn(W_rank, k)
print(W)
W_rank = np.linalg.matrix_rank(W)
print(f"Rank of W: {W_rank}")

# Perform SVD on W (W = UxSxV^T)
U, S, V = torch.svd(W)
U_r = U[:, :W_rank]
S_r = torch.diag(S[:W_rank])
V_r = V[:, :W_rank].t()
B = U_r @ S_r
A = V_r
print(f"Shape of B: {B.shape}")
print(f"Shape of A: {A.shape}")
bias = torch.randn(d)
x = torch.randn(d)
y = W @ x + bias
y_prime = (B @ A) @ x + bias
print("Original y using W:\n", y)
print("")
print("y' computed using BA:\n", y_prime)
print("Total parameters of W: ", W.nelement())
print("Total parameters of B and A: ", B.nelement() + A.nelement())
print("Singular values that count:", S[:W_rank], torch.allclose(U.T @ U, torch.eye(d), atol=1e-5))

# How much of a pattern of attention few directions hold.
weights = torch.softmax(3 * torch.randn(6, 6), dim=-1)
U, S, Vh = torch.linalg.svd(weights)
print(S, torch.linalg.svdvals(weights)[:3], (S.cumsum(0) / S.sum()))
for rank in (1, 3, 6):
    approximation = (U[:, :rank] * S[:rank]) @ Vh[:rank]
    print(f"rank {rank}: {(approximation - weights).norm():.4f}")
tall = torch.randn(6, 4)
for full_matrices in (False, True):
    U, S, Vh = torch.linalg.svd(tall, full_matrices=full_matrices)
    print(tuple(U.shape), S, tuple(Vh.shape), torch.allclose(U[:, :4] @ torch.diag(S) @ Vh, tall, atol=1e-5))
heads = torch.randn(2, 3, 5)
U, S, Vh = torch.linalg.svd(heads, full_matrices=False)
print(U.shape, S, Vh.shape, torch.dist(U @ torch.diag_embed(S) @ Vh, heads) < 1e-5)
u, s, vt = np.linalg.svd(tall.numpy(), full_matrices=False)
print(u.shape, s.round(3), vt.shape, np.allclose(u @ np.diag(s) @ vt, tall, atol=1e-5))

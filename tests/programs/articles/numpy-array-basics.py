# What a chapter on NumPy shows before a chapter on tensors.
import numpy as np

a = np.arange(12).reshape(3, 4)
print(a, a.shape, a.ndim, a.size, a.dtype, a.T.shape, len(a))
print(a[0], a[0, 1], a[:, 1], a[1:, ::2], a[-1], a[..., 0], a[a % 2 == 0], a[[0, 2]], a[[0, 2], [1, 3]], a[::-1, 0])
b = a[1:]
b[0] = 100
c = a.copy()
c[:] = 0
a[a > 50] -= 90
print(a, c.sum())
print(a * 2, a / 2, a // 5, a % 5, a ** 2, -a, a + np.array([10, 20, 30, 40]), a > 5, sep="\n")
print(a.sum(), a.sum(axis=0), a.mean(axis=1), a.std(), a.var(axis=0), a.max(axis=1, keepdims=True), a.argmax(), a.cumsum())
x = np.linspace(0, 1, 5)
x += 1
x *= 2
print(x, np.round(np.sin(x), 4), np.clip(x, 2.2, 3), np.maximum(x, 3), np.where(x > 3, x, 0), np.exp(-x).sum())
print(np.vstack([x, x]).shape, np.hstack([x, x]).shape, np.stack([x, x], axis=1).shape, np.concatenate([x[:2], x[3:]]))
print(np.split(np.arange(6), 3), np.expand_dims(x, 0).shape, np.squeeze(x[None]).shape, np.repeat([1, 2], 2), np.tile([1, 2], 2))
print(np.unique([3, 1, 3, 2]), np.argsort([3, 1, 2]), np.sort([3, 1, 2]), np.array_equal(a, a.copy()), np.allclose(x, x + 1e-9))
u, v = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
print(np.dot(u, v), u @ v, np.outer(u, v), np.linalg.norm(u), u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))
print(np.einsum("i,j->ij", u, v), np.einsum("ij,kj->ik", a, a), np.matmul(np.ones((2, 2, 3)), np.ones((2, 3, 1))).shape)
print(np.zeros((2, 3)), np.ones(2, dtype=np.float32), np.full((2, 2), 7), np.eye(3)[[2, 0]], np.zeros_like(a).dtype)
print((a.astype(np.float32) / 3).dtype, (a * 1.0).dtype, (np.float32(1) + a).dtype, (a > 3).sum(), np.mean(a > 3), a.tolist())
for attempt in (lambda: u + np.ones(4), lambda: a @ a, lambda: u[5], lambda: u.reshape(2, 2), lambda: bool(u > 1), lambda: np.dot(a, a)):
    try:
        attempt()
    except (ValueError, IndexError) as error:
        print(type(error).__name__, error)

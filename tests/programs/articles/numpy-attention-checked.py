# Attention in NumPy held against PyTorch's with numpy.testing, and that it says where they differ.
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray

torch.manual_seed(0)


def softmax(x: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def attention(q: ArrayLike, k: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    return softmax(q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])) @ v


q, k, v = torch.randn(3, 2, 4, 8, dtype=torch.float64)
ours = attention(q.numpy(), k.numpy(), v.numpy())
np.testing.assert_allclose(ours, F.scaled_dot_product_attention(q, k, v).numpy(), rtol=1e-6, atol=1e-9)
np.testing.assert_array_almost_equal(ours, F.scaled_dot_product_attention(q, k, v))
np.testing.assert_array_equal(np.tril(np.ones((3, 3))), torch.ones(3, 3).tril())
np.testing.assert_almost_equal(softmax(np.zeros(4)).sum(), 1.0)
np.testing.assert_equal(ours.shape, (2, 4, 8))
print("all equal", ours.shape)

for check in (
    lambda: np.testing.assert_allclose([1.0, 2.0], [1.0, 2.5]),
    lambda: np.testing.assert_allclose(np.arange(4.0), 0.0, atol=1.5, err_msg="scores differ"),
    lambda: np.testing.assert_array_equal([[1, 2], [3, 4]], [[1, 2], [3, 5]]),
    lambda: np.testing.assert_allclose(np.zeros((2, 3)), np.zeros((3, 2))),
    lambda: np.testing.assert_array_almost_equal(np.linspace(0, 1, 8), np.zeros(8), decimal=3),
):
    try:
        check()
    except AssertionError as error:
        print(str(error).splitlines()[1])

weights = softmax(np.array([[0.5, 1.5, -1.0, 2.0], [3.0, 0.0, 1.0, 0.25]]))
print(np.percentile(weights, 50), np.percentile(weights, [5, 95]), np.quantile(weights, 0.9, axis=1), np.percentile([1, 2, 3, 4], 25))
head = weights.argmax()
print(head, np.unravel_index(head, weights.shape), np.unravel_index([1, 6], (2, 4)), np.zeros(4).max(keepdims=True), np.asarray(2.5).max(), np.asarray(True).all())

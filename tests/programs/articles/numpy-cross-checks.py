# Attention computed twice, by NumPy and by PyTorch, and compared as scripts compare: numpy.testing, percentiles, functions along an axis.
import numpy as np
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose

np.set_printoptions(precision=4, suppress=True)


def softmax(row):
    e = np.exp(row - row.max())
    return e / e.sum()


rng = np.random.default_rng(7)
Q, K, V = (rng.standard_normal((4, 6)) for _ in range(3))
scores = Q @ K.T / np.sqrt(K.shape[-1])
weights = np.apply_along_axis(softmax, 1, scores)
out = weights @ V
expected = F.scaled_dot_product_attention(*(torch.from_numpy(x)[None] for x in (Q, K, V)))[0]
np.testing.assert_allclose(out, expected.numpy(), rtol=1e-6)
np.testing.assert_array_almost_equal(weights.sum(-1), np.ones(4))
np.testing.assert_array_equal(np.argsort(-weights, axis=1)[:, 0], weights.argmax(1))
np.testing.assert_almost_equal(weights.sum(), 4.0)
assert_allclose(expected, out)
print("the same", out.dtype, expected.dtype)
for actual, desired in ((weights[0], weights[0] + 0.1), (np.ones(3), np.ones(2))):
    try:
        assert_allclose(actual, desired)
    except AssertionError as error:
        print(str(error).splitlines()[1])

print("row with the largest weight:", np.unravel_index(weights.argmax(), weights.shape), np.unravel_index([1, 7], (3, 4)))
print("percentiles", np.percentile(scores, [5, 50, 95]), np.percentile(scores, 50).round(8), np.quantile(scores, 0.25, axis=0))
print(np.quantile(scores, [0.1, 0.9], axis=1, keepdims=True).shape, np.percentile(scores.astype(np.float32), 75).dtype, np.percentile([1, 2, 3, 4], 40))
print("spread", np.ptp(scores).round(8), np.ptp(scores, axis=1))
print(np.apply_along_axis(softmax, 0, scores).sum(0), np.apply_along_axis(np.sum, 1, weights), np.apply_along_axis(lambda row: row.max() - row.min(), 0, scores))
relu = np.vectorize(lambda x: x if x > 0 else 0.0)
print(relu(scores), relu([-1.5, 2.5]))
print("strides", scores.strides, scores.T.strides, scores.astype(np.float32)[:, ::2].strides)
print("of single numbers", np.mean(3.0), np.sum(np.float32(2)), np.max(5), np.any(np.True_), np.argmax(3))

# A sampled token: probabilities of float32 add up to 1 as far as float32 goes.
logits = torch.tensor([1.0, 2.5, 0.3, -1.0, 0.7, 2.2, 0.1])
probs = F.softmax(logits, dim=-1).numpy()
cutoff = float(np.sort(probs)[::-1][4])
probs[probs < cutoff] = 0
probs = probs / np.sum(probs)
np.random.seed(11)
print([int(np.random.choice(a=len(probs), p=probs)) for _ in range(8)], np.random.choice(len(probs), size=5, p=probs))
try:
    np.random.choice(2, p=[0.5, 0.4])
except ValueError as error:
    print(error)

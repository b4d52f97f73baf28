# The way from arrays to tensors and back.
import numpy as np
import torch

a = np.array([[1.0, 2.0], [3.0, 4.0]])
t = torch.from_numpy(a)
print(t, t.dtype, torch.tensor(a).dtype, torch.as_tensor(a).dtype, torch.FloatTensor(a), torch.Tensor(a).dtype)
t[0, 0] = 9
print(a[0, 0], torch.from_numpy(np.arange(3)), torch.tensor(np.array([True, False])), torch.tensor(np.float32(0.5)))
print(torch.tensor(np.arange(6).reshape(2, 3), dtype=torch.float32), torch.LongTensor(np.array([1, 2])))

torch.manual_seed(0)
x = torch.randn(2, 3, requires_grad=True)
try:
    x.numpy()
except RuntimeError as error:
    print(error)
n = x.detach().cpu().numpy()
print(n.dtype, n.shape, type(n), isinstance(n, np.ndarray), np.round(n, 2))
print(np.array(torch.ones(2)), np.asarray(torch.arange(3)), np.array([torch.tensor(1.5).item(), 2]))
print(np.exp(torch.zeros(2)), np.sqrt(torch.tensor(4.0)), np.allclose(torch.ones(2).numpy(), [1, 1]))
print((torch.ones(2) * np.arange(2.0)), torch.ones(2) * np.sqrt(2), np.float64(2) * torch.ones(2), torch.ones(2) / np.sqrt(np.int64(4)))

weights = torch.softmax(torch.from_numpy(np.arange(6.0).reshape(2, 3)), dim=-1)
print(weights, weights.numpy().sum(axis=1), weights.argmax(-1).numpy())
mask = np.triu(np.ones((3, 3), dtype=bool), k=1)
scores = torch.zeros(3, 3).masked_fill(torch.from_numpy(mask), float("-inf"))
print(scores, torch.ones(3)[mask[0]], torch.arange(5)[np.array([0, 2])], torch.arange(5)[np.int64(3)])
scores[np.array([0, 1])] = 1.0
print(scores, torch.zeros(np.int64(2), 2).shape, torch.full((2,), np.float64(0.5)))

losses = [loss.item() for loss in torch.tensor([0.5, 0.25, 0.125])]
print(np.mean(losses), np.array(losses).std(), f"{np.mean(losses):.4f}", np.array(losses)[-2:].mean())
print(np.stack([torch.ones(2).numpy(), torch.zeros(2).numpy()]), np.concatenate([a, a], axis=1).astype(np.float32))

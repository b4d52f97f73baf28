# Which of equal cells torch.topk takes, and in what order, follows from its algorithm.
import torch

# A row that a causal mask leaves fewer scores than are wanted.
torch.manual_seed(0)
scores = torch.randn(6, 6).masked_fill(torch.triu(torch.ones(6, 6), diagonal=1).bool(), float("-inf"))
values, indices = scores.topk(3)
print(values)
print(indices)
print(scores.topk(2, dim=0).indices)
print(torch.zeros(8).topk(4), torch.zeros(2, 5).topk(5).indices)
print(torch.topk(torch.tensor([1.0, 1.0, float("nan"), 1.0, float("nan"), 0.0]), 4))

# A router whose experts score the same, and one that is not asked for an order.
router = torch.tensor([[0.5, 0.5, 0.25, 0.5, 0.25, 0.5, 0.5, 0.125]])
print(router.topk(2).indices, router.topk(6).indices, router.topk(6, sorted=False).indices, router.topk(3, largest=False).indices)

# Rows of all lengths and few numbers: every step of the selection meets equal ones.
for length in [1, 2, 3, 4, 5, 9, 16, 17, 18, 33, 64, 65, 100, 128, 200, 257, 512, 1000, 1024]:
    place = torch.arange(length)
    found = []
    for different in [2, 7, 1000]:
        row = (place * 7919 % 10007 % different).float()
        for k in sorted({1, min(2, length), max(1, length // 70), max(1, length // 3), length - 1, length}):
            for largest, is_sorted in [(True, True), (True, False), (False, True)]:
                first = row.topk(k, largest=largest, sorted=is_sorted).indices
                found.append((first * place[:k].add(1)).sum())
    print(length, torch.stack(found).tolist())

# In other types, and along another dimension.
many = torch.arange(60).reshape(3, 20) % 4
for dtype in [torch.int64, torch.int32, torch.bfloat16, torch.float16, torch.uint8]:
    print(many.to(dtype).topk(5).indices.tolist(), many.to(dtype).topk(2, dim=0, largest=False).indices.tolist())

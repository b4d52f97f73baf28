# Straight-through estimators, types of results, padded convolutions, and the odds and ends of research code.
import torch
import torch.nn as nn
import torch._dynamo.config
import torch._inductor.config

torch._inductor.config.coordinate_descent_tuning = True
torch._inductor.config.triton.unique_kernel_names = True
torch.manual_seed(0)


class RoundSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.round()

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


class Quantizer(nn.Module):
    levels: torch.jit.Final[int]

    def __init__(self, levels):
        super().__init__()
        self.levels = levels
        self.scale = nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        return RoundSTE.apply(x / self.scale).clamp(-self.levels, self.levels) * self.scale


w = torch.tensor([0.3, 1.7, -0.9], requires_grad=True)
print(RoundSTE.apply(w), RoundSTE.apply(torch.ones(2)))
print(Quantizer(2)(w))
with torch.no_grad():
    print(RoundSTE.apply(w))
with torch.inference_mode():
    print(torch.is_inference_mode_enabled(), torch.is_grad_enabled())

scores = torch.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 3.0]])
best = scores.max(dim=1)
print(type(best), type(scores.sort()).__name__, type(scores.topk(2)).__name__, isinstance(best, tuple))
values, indices = best
print(values, indices, torch.iinfo(torch.int64), torch.iinfo(torch.int8).max)
print([f(scores, -1)[0].tolist() for f in (torch.Tensor.cumsum, torch.Tensor.argsort)], list(map(torch.Tensor.item, scores[0])))
print(torch.BoolTensor([1, 0]), torch.IntTensor([3, 4]), torch.vmap(lambda row: (row * 2, row.sum()), out_dims=(1, 0))(scores))

ring = nn.Conv1d(1, 2, kernel_size=3, padding=1, padding_mode="circular")
print(ring, ring(torch.arange(5.0).view(1, 1, 5)), sep="\n")
mirror = nn.Conv2d(1, 1, 3, padding=(1, 2), padding_mode="reflect", bias=False)
print(mirror, mirror(torch.arange(16.0).view(1, 1, 4, 4))[0, 0, 0], sep="\n")
lstm = nn.LSTM(2, 3)
output, (h, c) = lstm(torch.ones(2, 1, 2))
print(output, h, nn.GRU(2, 3, batch_first=True)(torch.ones(1, 2, 2))[0], sep="\n")

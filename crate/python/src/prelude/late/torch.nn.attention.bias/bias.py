# torch.nn.attention.bias: causal masks for rectangular scores, as boolean tensors.
import torch


def causal_upper_left(*size):
    return torch.ones(*size, dtype=torch.bool).tril()


def causal_lower_right(*size):
    rows, columns = size[0] if len(size) == 1 else size
    return torch.ones(rows, columns, dtype=torch.bool).tril(columns - rows)

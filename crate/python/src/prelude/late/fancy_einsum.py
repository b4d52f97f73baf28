import torch
from einops import _einsum_pattern


def einsum(equation, *operands):
    return torch.einsum(_einsum_pattern(equation), *operands)

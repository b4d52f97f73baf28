# torch.nn.utils.parametrizations: the weight as a length and a direction (Salimans and Kingma 2016).
import torch
from torch.nn import Module
from torch.nn.utils.parametrize import register_parametrization

__name__ = "torch.nn.utils.parametrizations"


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        return weight_v * (weight_g / _norm_except(weight_v, self.dim))

    def right_inverse(self, weight):
        return _norm_except(weight, self.dim), weight


def _norm_except(weight, dim):
    if dim == -1:
        return weight.norm()
    return weight.norm(2, [other for other in range(weight.dim()) if other != dim % weight.dim()], keepdim=True)


def weight_norm(module, name="weight", dim=0):
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

# The functions of `torch.nn.functional` that are composed of others (torch/nn/functional.py).
#
# Each is written with tensor operations, so that a cell can be followed back through all of them.
import math

import torch


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    # Each vector along `dim` over its norm, which counts as `eps` where it is smaller.
    return input / input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)


def elu(input, alpha=1.0, inplace=False):
    return _applied(input, torch.where(input > 0, input, alpha * torch.expm1(input)), inplace, "EluBackward0")


def _applied(input, result, inplace, gradient):
    if inplace:
        return input.copy_(result)
    return torch._with_gradient_name(result, gradient)


_constant_pad = pad


def pad(input, pad, mode="constant", value=None):
    return _constant_pad(input, pad, mode, value) if mode == "constant" else _pad_by_copying(input, pad, mode)

# The rarer ways to begin (torch/nn/init.py), which draw from the generator exactly what PyTorch draws.
#
# Sources: Glorot and Bengio 2010 (xavier), He et al. 2015 (kaiming), Saxe et al. 2013 (orthogonal).
import math

import torch

def eye_(tensor):
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with torch.no_grad():
        return tensor.copy_(torch.eye(*tensor.shape))


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    # Draws again whatever falls outside [a, b]: from the normal distribution where that is likely to succeed,
    # else from the uniform one, accepted in proportion to the normal density.
    def below(x):
        return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0

    with torch.no_grad():
        if below((b - mean) / std) - below((a - mean) / std) > 0.3:
            result = tensor.normal_(mean, std, generator=generator)
            outside = (result < a) | (result > b)
            while outside.any():
                again = torch.empty_like(result).normal_(mean, std, generator=generator)
                result = torch.where(outside, again, result)
                outside = (result < a) | (result > b)
        else:
            log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
            result = tensor.uniform_(a, b, generator=generator)
            pending = torch.ones_like(tensor, dtype=torch.bool)
            candidates = result
            while pending.any():
                result = torch.where(pending, candidates, result)
                log_density = -0.5 * ((candidates - mean) / std) ** 2 - log_peak
                drawn = torch.empty_like(tensor).uniform_(generator=generator).log()
                pending = pending & (drawn > log_density)
                if pending.any():
                    candidates = torch.empty_like(tensor).uniform_(a, b, generator=generator)
        return tensor.copy_(result)


def xavier_uniform_(tensor, gain=1.0, generator=None):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    return normal_(tensor, 0.0, std, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    if 0 in tensor.shape:
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor, gain=1, generator=None):
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    flattened = torch.empty(rows, columns).normal_(0, 1, generator=generator)
    if rows < columns:
        flattened = flattened.t()
    q, r = torch.linalg.qr(flattened)
    q = q * r.diag().sign()
    if rows < columns:
        q = q.t()
    with torch.no_grad():
        tensor.copy_(q.reshape(tensor.shape))
        tensor.mul_(gain)
    return tensor

# The rarer activations of `torch.nn.functional` (torch/nn/functional.py).
import torch

def leaky_relu(input, negative_slope=0.01, inplace=False):
    return _applied(input, torch.where(input > 0, input, input * negative_slope), inplace, "LeakyReluBackward0")


def selu(input, inplace=False):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return _applied(input, scale * elu(input, alpha), inplace, "EluBackward0")


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    return _applied(input, input.clamp(min_val, max_val), inplace, "HardtanhBackward0")


def relu6(input, inplace=False):
    return hardtanh(input, 0.0, 6.0, inplace)


def mish(input, inplace=False):
    return _applied(input, input * torch.tanh(softplus(input)), inplace, "MishBackward0")


def logsigmoid(input):
    return torch._with_gradient_name(input.clamp(max=0) - torch.log1p(torch.exp(-input.abs())), "LogSigmoidBackward0")


logsigmoid.__name__ = "log_sigmoid"


def softsign(input):
    return input / (1 + input.abs())


def tanhshrink(input):
    return input - torch.tanh(input)


def softmin(input, dim=None):
    return softmax(-input, dim)


def glu(input, dim=-1):
    # The first half, gated by the sigmoid of the second (Dauphin et al. 2017).
    if input.size(dim) % 2 != 0:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim % input.dim()} is size {input.size(dim)}")
    wide = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
    value, gate = wide.chunk(2, dim)
    return torch._with_gradient_name((value * torch.sigmoid(gate)).to(input.dtype), "GluBackward0")


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    noise = -torch.empty_like(logits).exponential_().log()
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    return torch.zeros_like(logits).scatter_(dim, index, 1.0) - soft.detach() + soft

# torch.special: other names.
import torch

expit, erf, erfc, exp2, expm1, log1p = torch.sigmoid, torch.erf, torch.erfc, torch.exp2, torch.expm1, torch.log1p
logit, logsumexp, round, sinc, xlogy = torch.logit, torch.logsumexp, torch.round, torch.sinc, torch.xlogy


def softmax(input, dim, *, dtype=None):
    return torch.softmax(input, dim, dtype=dtype)


def log_softmax(input, dim, *, dtype=None):
    return torch.log_softmax(input, dim, dtype=dtype)


def entr(input):
    return torch.where(input == 0, 0.0, -input * torch.log(input))


gammaln, digamma, psi, erfinv = torch.lgamma, torch.digamma, torch.digamma, torch.erfinv


def ndtr(input):
    return 0.5 * torch.erfc(-input * 0.5**0.5)


def log_ndtr(input):
    return torch.log(ndtr(input))


def ndtri(input):
    return 2**0.5 * torch.erfinv(2 * input - 1)


def xlog1py(input, other):
    return torch.where(torch.as_tensor(input) == 0, 0.0, input * torch.log1p(other))

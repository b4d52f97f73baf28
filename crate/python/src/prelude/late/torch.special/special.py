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

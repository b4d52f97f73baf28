import numpy as np
import scipy
import torch


def softmax(x, axis=None):
    x = np.asarray(x)
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def logsumexp(a, axis=None, keepdims=False):
    a = np.asarray(a)
    largest = np.max(a, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(a - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else np.squeeze(total, axis) if axis is not None else total.item()


def log_softmax(x, axis=None):
    x = np.asarray(x)
    moved = x - np.max(x, axis=axis, keepdims=True)
    return moved - np.log(np.sum(np.exp(moved), axis=axis, keepdims=True))


def expit(x):
    return np._out(torch.sigmoid(np.asarray(x, float)._t))


def erf(x):
    return np._out(torch.erf(np.asarray(x, float)._t))

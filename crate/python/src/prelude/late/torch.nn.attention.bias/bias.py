# torch.nn.attention.bias: causal masks for rectangular scores, which are made when they are used.
from enum import IntEnum

import torch

__name__ = "torch.nn.attention.bias"


class CausalVariant(IntEnum):
    UPPER_LEFT = 1
    LOWER_RIGHT = 2


class CausalBias(torch.Tensor):
    def __init__(self, variant, seq_len_q, seq_len_kv):
        self.variant = variant
        self.seq_len_q = seq_len_q
        self.seq_len_kv = seq_len_kv

    @staticmethod
    def __torch_function__(name, args, kwargs):
        args = [arg._materialize() if isinstance(arg, CausalBias) else arg for arg in args]
        kwargs = {key: arg._materialize() if isinstance(arg, CausalBias) else arg for key, arg in kwargs.items()}
        home = torch if hasattr(torch, name) else torch.nn.functional
        return getattr(home, name)(*args, **kwargs)

    def _materialize(self, device=None):
        below = self.seq_len_kv - self.seq_len_q if self.variant == CausalVariant.LOWER_RIGHT else 0
        return torch.ones(self.seq_len_q, self.seq_len_kv, dtype=torch.bool).tril(below)

    @property
    def shape(self):
        return torch.Size((self.seq_len_q, self.seq_len_kv))

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def __getattr__(self, name):
        return getattr(self._materialize(), name)

    def __repr__(self):
        return repr(self._materialize())


def causal_upper_left(*size):
    if len(size) != 2:
        raise AssertionError(f"causal_upper_left only supports 2D tensors, got {len(size)}D")
    return CausalBias(CausalVariant.UPPER_LEFT, *size)


def causal_lower_right(*size):
    if len(size) != 2:
        raise AssertionError(f"causal_lower_right only supports 2D tensors, got {len(size)}D")
    return CausalBias(CausalVariant.LOWER_RIGHT, *size)

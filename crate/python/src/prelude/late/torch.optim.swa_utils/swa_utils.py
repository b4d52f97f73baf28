# torch.optim.swa_utils: a model whose parameters follow another's (torch/optim/swa_utils.py).
import copy

import torch
from torch.nn import Module

__name__ = "torch.optim.swa_utils"


def get_ema_avg_fn(decay=0.999):
    return lambda average, current, count: decay * average + (1 - decay) * current


def get_swa_avg_fn():
    return lambda average, current, count: average + (current - average) / (count + 1)


def get_ema_multi_avg_fn(decay=0.999):
    def update(averages, currents, count):
        for average, current in zip(averages, currents):
            average.copy_(torch.lerp(average, current, 1 - decay) if average.is_floating_point() else current)

    return update


def get_swa_multi_avg_fn():
    def update(averages, currents, count):
        for average, current in zip(averages, currents):
            average.copy_(torch.lerp(average, current, 1 / (count + 1)))

    return update


class AveragedModel(Module):
    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", torch.tensor(0, dtype=torch.long))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def update_parameters(self, model):
        own, new = [list(part.parameters()) + (list(part.buffers()) if self.use_buffers else []) for part in (self.module, model)]
        count = self.n_averaged.item()
        with torch.no_grad():
            if count == 0:
                for average, current in zip(own, new):
                    average.copy_(current)
            elif self.avg_fn is not None:
                for average, current in zip(own, new):
                    average.copy_(self.avg_fn(average, current, count))
            else:
                (self.multi_avg_fn or get_swa_multi_avg_fn())(own, new, count)
            if not self.use_buffers:
                for average, current in zip(self.module.buffers(), model.buffers()):
                    average.copy_(current)
        self.n_averaged += 1

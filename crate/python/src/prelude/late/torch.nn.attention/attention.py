# torch.nn.attention: which kernel computes attention. Here there is one, so that choosing changes nothing.
from enum import Enum

import torch


class SDPBackend(Enum):
    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __repr__(self):
        return f"<SDPBackend.{self.name}: {self.value}>"


class sdpa_kernel:
    def __init__(self, backends, set_priority=False):
        if not isinstance(backends, (list, tuple, SDPBackend)):
            raise AssertionError("Backend must be an instance of SDPBackend or a list of SDPBackend instances")

    def __enter__(self):
        return None

    def __exit__(self, kind, value, traceback):
        return False

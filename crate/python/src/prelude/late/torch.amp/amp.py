# torch.amp: lower precision where a program asks for it. On a machine without the device that it names, PyTorch says
# so in a warning and computes as always: that is what all programs for GPUs get here.
import functools

import torch


class autocast:
    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = torch.device(device_type).type
        self.fast_dtype = torch.get_autocast_dtype(self.device) if dtype is None else dtype
        self._enabled = enabled and self.device == "cpu"

    def __enter__(self):
        if self._enabled:
            raise NotImplementedError(
                "torch.autocast('cpu') is not supported: give it enabled=False, or convert the model and its input with .to(torch.bfloat16)"
            )

    def __exit__(self, kind, value, traceback):
        return False

    def __call__(self, func):
        @functools.wraps(func)
        def decorated(*args, **kwargs):
            with self:
                return func(*args, **kwargs)

        return decorated


torch.autocast = autocast


class GradScaler:
    # Scales what underflows in float16 on a GPU; disabled where there is none.
    def __init__(self, device="cuda", init_scale=2.0**16, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True):
        self._enabled = False

    def scale(self, outputs):
        return outputs

    def unscale_(self, optimizer):
        return None

    def step(self, optimizer, *args, **kwargs):
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale=None):
        return None

    def get_scale(self):
        return 1.0

    def is_enabled(self):
        return False

    def state_dict(self):
        return {}

    def load_state_dict(self, state_dict):
        return None


def custom_fwd(fwd=None, *, device_type=None, cast_inputs=None):
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd=None, *, device_type=None):
    return (lambda function: function) if bwd is None else bwd


def is_autocast_available(device_type):
    return True


def _is_autocast_enabled(device_type="cpu"):
    return False


def _get_autocast_dtype(device_type):
    return torch.bfloat16 if device_type == "cpu" else torch.float16


torch.is_autocast_enabled = torch.is_autocast_cpu_enabled = _is_autocast_enabled
torch.get_autocast_dtype = _get_autocast_dtype

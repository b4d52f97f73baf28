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
        self._enabled = enabled and self.device == "cpu" and self.fast_dtype in (torch.bfloat16, torch.float16)
        self._before = []

    def __enter__(self):
        if self.device == "cpu":
            self._before.append(_switch(self.fast_dtype if self._enabled else None))
        return self

    def __exit__(self, kind, value, traceback):
        if self.device == "cpu":
            _switch(self._before.pop())
        return False

    def __call__(self, func):
        @functools.wraps(func)
        def decorated(*args, **kwargs):
            with self:
                return func(*args, **kwargs)

        return decorated


torch.autocast = autocast


# The losses and products that stay in float32, by the module that has them.
_PRECISE = {
    "nn.functional": (
        "cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss kl_div binary_cross_entropy "
        "binary_cross_entropy_with_logits cosine_embedding_loss margin_ranking_loss hinge_embedding_loss triplet_margin_loss "
        "poisson_nll_loss soft_margin_loss multi_margin_loss"
    ),
    "": "prod cdist trace quantile",
}
_originals = {}


def _switch(dtype):
    # Products in `dtype` from here on, and those functions with arguments in float32; gives what was before.
    before = torch._set_autocast(dtype)
    for home, names in _PRECISE.items():
        module = torch.nn.functional if home else torch
        for name in names.split():
            if dtype is not None and before is None:
                _originals[name] = getattr(module, name)
                setattr(module, name, _precise(_originals[name]))
            elif dtype is None and before is not None:
                setattr(module, name, _originals.pop(name))
    return before


def _precise(function):
    def called(*args, **kwargs):
        return function(*[_full(arg) for arg in args], **{name: _full(arg) for name, arg in kwargs.items()})

    return functools.wraps(function)(called) if hasattr(function, "__dict__") else called


def _full(arg):
    is_half = isinstance(arg, torch.Tensor) and arg.dtype in (torch.bfloat16, torch.float16)
    return arg.float() if is_half else arg


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


def _is_autocast_enabled(device_type="cuda"):
    return device_type == "cpu" and _originals != {}


def _is_cpu_enabled():
    return _originals != {}


def _get_autocast_dtype(device_type):
    return torch.bfloat16 if device_type == "cpu" else torch.float16


torch.is_autocast_enabled, torch.is_autocast_cpu_enabled = _is_autocast_enabled, _is_cpu_enabled
torch.get_autocast_dtype = _get_autocast_dtype

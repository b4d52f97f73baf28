# torch.autograd, as far as it goes without gradients: custom functions run forward.
import torch

function = torch.autograd
no_grad, enable_grad, set_grad_enabled = torch.no_grad, torch.enable_grad, torch.set_grad_enabled
inference_mode = torch.inference_mode
# Where PyTorch keeps `Function`.
function = torch.autograd


class _Saved:
    # The `ctx` of a custom function.
    def __init__(self, args):
        self.needs_input_grad = tuple([isinstance(arg, torch.Tensor) and arg.requires_grad for arg in args])
        self.saved_tensors = self.fixed = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors

    def mark_dirty(self, *tensors):
        pass

    def mark_non_differentiable(self, *tensors):
        self.fixed = tensors

    def _tracked(self, result, name):
        # An output requires gradients where an input does.
        is_fixed = any([result is tensor for tensor in self.fixed])
        return result if is_fixed or not isinstance(result, torch.Tensor) else torch._tracked(result, name)

    def set_materialize_grads(self, value):
        pass


class Function:
    @classmethod
    def apply(cls, *args):
        context = _Saved(args)
        with torch.no_grad():
            if "setup_context" in cls.__dict__:
                result = cls.forward(*args)
                cls.setup_context(context, args, result)
            else:
                result = cls.forward(context, *args)
        if not (torch.is_grad_enabled() and any(context.needs_input_grad)):
            return result
        name = cls.__name__ + "Backward"
        if isinstance(result, tuple):
            return tuple([context._tracked(part, name) for part in result])
        return context._tracked(result, name)


def grad(outputs, inputs, *args, **kwargs):
    raise NotImplementedError("torch.autograd.grad(): gradients are not computed here yet; everything up to the loss runs")


class Variable:
    # Long since another name for a tensor.
    def __new__(cls, data, requires_grad=False):
        return data.requires_grad_(requires_grad) if requires_grad else data


class _Anomalies:
    # There is no backward pass in which one could look for them.
    def __init__(self, mode=True, check_nan=True):
        pass

    def __enter__(self):
        return None

    def __exit__(self, kind, value, traceback):
        return False


detect_anomaly = set_detect_anomaly = _Anomalies


def backward(tensors, *args, **kwargs):
    (tensors[0] if isinstance(tensors, (list, tuple)) else tensors).backward()

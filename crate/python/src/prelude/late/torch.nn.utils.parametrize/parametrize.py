# torch.nn.utils.parametrize: parameters that are computed from others whenever they are read.
import torch
from torch.nn import Module, ModuleDict, ModuleList, Parameter

__name__ = "torch.nn.utils.parametrize"


class ParametrizationList(ModuleList):
    def __init__(self, modules, original, unsafe=False):
        super().__init__(modules)
        shape = original.shape
        value = original
        for module in reversed(modules):
            if hasattr(module, "right_inverse"):
                value = module.right_inverse(value)
        self.ntensors = len(value) if isinstance(value, (tuple, list)) else 1
        self.is_tensor = not isinstance(value, (tuple, list))
        for name, part in zip(self._names(), [value] if self.is_tensor else value):
            if isinstance(original, Parameter):
                setattr(self, name, part if isinstance(part, Parameter) else Parameter(part.detach(), original.requires_grad))
            else:
                self.register_buffer(name, part)
        if not unsafe and self().shape != shape:
            raise ValueError(
                "A parametrization may not change the shape of the parametrized tensor, unless the `unsafe` flag is enabled.\n"
                f"unparametrized shape: {shape}\nparametrized shape: {self().shape}"
            )

    def _names(self):
        return ["original"] if self.is_tensor else [f"original{position}" for position in range(self.ntensors)]

    def forward(self):
        first, *others = self
        value = first(*[getattr(self, name) for name in self._names()])
        for module in others:
            value = module(value)
        return value


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    original = getattr(module, tensor_name)
    parts = ParametrizationList([parametrization], original, unsafe)
    if not is_parametrized(module):
        _make_reading(module)
        module.parametrizations = ModuleDict()
    delattr(module, tensor_name)
    module.parametrizations[tensor_name] = parts
    return module


def _make_reading(module):
    # Its class becomes one of its own, whose attributes are looked up among the parametrizations last.
    before = type(module)

    class Parametrized(before):
        def __getattr__(self, name):
            parts = self.__dict__["_modules"].get("parametrizations")
            return parts[name]() if parts is not None and name in parts else super().__getattr__(name)

        def _get_name(self):
            return "Parametrized" + before.__name__

    module._unparametrized = before
    module.__class__ = Parametrized


def is_parametrized(module, tensor_name=None):
    parts = module._modules.get("parametrizations")
    return parts is not None and (tensor_name is None or tensor_name in parts)


def type_before_parametrizations(module):
    return module._unparametrized if is_parametrized(module) else type(module)


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parts = module.parametrizations[tensor_name]
    original = parts._parameters.get("original")
    if not leave_parametrized and original is None:
        raise ValueError("leave_parametrized=False is only supported for parametrizations of one tensor")
    with torch.no_grad():
        value = parts() if leave_parametrized else original
    del module.parametrizations[tensor_name]
    if len(module.parametrizations) == 0:
        del module._modules["parametrizations"]
        module.__class__ = module._unparametrized
    if parts._parameters:
        setattr(module, tensor_name, Parameter(value.detach()))
    else:
        module.register_buffer(tensor_name, value)
    return module


class cached:
    # Every read computes; nothing is kept.
    def __enter__(self):
        return None

    def __exit__(self, kind, value, traceback):
        return False

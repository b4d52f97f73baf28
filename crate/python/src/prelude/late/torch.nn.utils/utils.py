# torch.nn.utils: parameters as one vector, and the norm of gradients.
import torch


def parameters_to_vector(parameters):
    return torch.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    start = 0
    for parameter in parameters:
        parameter.data = vec[start : start + parameter.numel()].view_as(parameter).data
        start += parameter.numel()


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    if isinstance(parameters, torch.Tensor):
        parameters = [parameters]
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    total = torch.stack([gradient.norm(norm_type) for gradient in gradients]).norm(norm_type)
    factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
    return total


def clip_grad_value_(parameters, clip_value, foreach=None):
    for parameter in [parameters] if isinstance(parameters, torch.Tensor) else parameters:
        if parameter.grad is not None:
            parameter.grad.clamp_(min=-float(clip_value), max=float(clip_value))


def weight_norm(module, name="weight", dim=0):
    # The older form: the weight is computed before each call.
    norm_except = torch.nn.utils.parametrizations._norm_except
    weight, dim = getattr(module, name), -1 if dim is None else dim
    delattr(module, name)
    module.register_parameter(name + "_g", torch.nn.Parameter(norm_except(weight, dim).data))
    module.register_parameter(name + "_v", torch.nn.Parameter(weight.data))

    def compute(module, args):
        direction = getattr(module, name + "_v")
        object.__setattr__(module, name, direction * (getattr(module, name + "_g") / norm_except(direction, dim)))

    compute(module, ())
    module._weight_norm = module.register_forward_pre_hook(compute)
    return module


def remove_weight_norm(module, name="weight"):
    module._weight_norm.remove()
    weight = module.__dict__.pop(name)
    delattr(module, name + "_g")
    delattr(module, name + "_v")
    setattr(module, name, torch.nn.Parameter(weight.detach()))
    return module

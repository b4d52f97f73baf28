# torch.func, as far as it goes without gradients.
import torch

vmap = torch.vmap


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    # The module with other tensors in its parameters' places, for one call.
    given = parameter_and_buffer_dicts
    tensors = {name: tensor for part in ([given] if isinstance(given, dict) else given) for name, tensor in part.items()}
    replaced = []
    try:
        for name, tensor in tensors.items():
            path, _, last = name.rpartition(".")
            owner = module.get_submodule(path)
            registry = owner._parameters if last in owner._parameters else owner._buffers
            if last not in registry:
                raise AttributeError(f"{type(owner).__name__} has no attribute `{last}`")
            replaced.append((registry, last, registry[last]))
            registry[last] = tensor
        args = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*args, **(kwargs or {}))
    finally:
        for registry, last, tensor in reversed(replaced):
            registry[last] = tensor


def stack_module_state(models):
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")

    def stacked(named):
        parts = [dict(named(model)) for model in models]
        return {name: torch.stack([part[name] for part in parts]).detach() for name in parts[0]}

    parameters = stacked(lambda model: model.named_parameters())
    for parameter in parameters.values():
        parameter.requires_grad_()
    return parameters, stacked(lambda model: model.named_buffers())


def grad(func, *args, **kwargs):
    raise NotImplementedError("torch.func: gradients are not computed here yet; everything up to the loss runs")


grad_and_value = jacrev = jacfwd = hessian = vjp = jvp = linearize = grad

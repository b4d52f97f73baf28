def copy(value):
    if hasattr(type(value), "__copy__"):
        return value.__copy__()
    if isinstance(value, (list, dict, set)):
        return value.copy()
    if _is_instance(value):
        made = object.__new__(type(value))
        made.__dict__.update(value.__dict__)
        return made
    return value


def deepcopy(value, memo=None):
    return _deep(value, {} if memo is None else memo)


def _deep(value, memo):
    key = id(value)
    if key in memo:
        return memo[key][0]
    # Tensors are known by name, so that copying lists does not load torch.
    if type(value).__name__ == "Parameter":
        made = type(value)(value.data.clone(), value.requires_grad)
        memo[key] = (made, value)
        return made
    if type(value).__name__ == "Tensor":
        made = value.detach().clone().requires_grad_(value.requires_grad)
        memo[key] = (made, value)
        return made
    if isinstance(value, list):
        made = []
        memo[key] = (made, value)
        for item in value:
            made.append(_deep(item, memo))
        return made
    if isinstance(value, dict):
        made = value.copy()
        memo[key] = (made, value)
        made.clear()
        for name, item in value.items():
            made[_deep(name, memo)] = _deep(item, memo)
        return made
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple([_deep(item, memo) for item in value])
    if isinstance(value, set):
        return {_deep(item, memo) for item in value}
    if type(value).__name__ in ("Tensor", "Parameter"):
        return _deep_tensor(value, memo)
    if hasattr(type(value), "__deepcopy__"):
        made = value.__deepcopy__(memo)
        memo[key] = (made, value)
        return made
    if _is_instance(value):
        made = object.__new__(type(value))
        memo[key] = (made, value)
        for name, item in value.__dict__.items():
            made.__dict__[name] = _deep(item, memo)
        return made
    return value


def _deep_tensor(value, memo):
    # Layers that share a parameter share its copy.
    import torch

    made = value.detach().clone()
    if isinstance(value, torch.nn.Parameter):
        made = torch.nn.Parameter(made, requires_grad=value.requires_grad)
    elif value.requires_grad:
        made.requires_grad_()
    memo[id(value)] = (made, value)
    return made


def _is_instance(value):
    return hasattr(value, "__dict__") and not callable(value) and not isinstance(value, type) or hasattr(type(value), "forward")

def copy(value):
    if hasattr(type(value), "__copy__"):
        return value.__copy__()
    if hasattr(value, "__dict__") and isinstance(value, (list, dict)):
        made = object.__new__(type(value))
        made.extend(value) if isinstance(value, list) else dict.update(made, value)
        return _with_attributes(made, value, lambda item: item)
    if isinstance(value, (list, dict, set)):
        return value.copy()
    if _is_instance(value):
        return _with_attributes(object.__new__(type(value)), value, lambda item: item)
    return value


def _with_attributes(made, value, copied):
    for name, item in value.__dict__.items():
        made.__dict__[name] = copied(item)
    return made


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
    if hasattr(type(value), "__deepcopy__"):
        made = value.__deepcopy__(memo)
        memo[key] = (made, value)
        return made
    derived = hasattr(value, "__dict__") and isinstance(value, (list, dict))
    if isinstance(value, list):
        made = object.__new__(type(value)) if derived else []
        memo[key] = (made, value)
        for item in value:
            made.append(_deep(item, memo))
        return _with_attributes(made, value, lambda item: _deep(item, memo)) if derived else made
    if isinstance(value, dict):
        made = object.__new__(type(value)) if derived else value.copy()
        memo[key] = (made, value)
        dict.clear(made)
        for name, item in value.items():
            dict.__setitem__(made, _deep(name, memo), _deep(item, memo))
        return _with_attributes(made, value, lambda item: _deep(item, memo)) if derived else made
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple([_deep(item, memo) for item in value])
    if isinstance(value, set):
        return {_deep(item, memo) for item in value}
    if type(value).__name__ in ("Tensor", "Parameter"):
        return _deep_tensor(value, memo)
    if _is_instance(value):
        made = object.__new__(type(value))
        memo[key] = (made, value)
        return _with_attributes(made, value, lambda item: _deep(item, memo))
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

# What stands between the brackets, and tensors where arrays meet them.


def _index_error(a, message, parts):
    if message.startswith("too many indices"):
        count = len([part for part in parts if part is not None and part is not Ellipsis])
        message = f"too many indices for array: array is {a.ndim}-dimensional, but {count} were indexed"
    return IndexError(message.replace("for dimension ", "for axis "))


def _key(key, t, of_array=True):
    # The key in torch's terms, and the tensor that it indexes: one turned round where a slice goes backwards.
    given = key if isinstance(key, tuple) else (key,)
    if {type(part) for part in given} <= {int, int64}:
        return tuple([int(part) for part in given]), t
    parts, dim = [], 0
    for place, part in enumerate(given):
        if isinstance(part, generic):
            part = part._value_
        elif isinstance(part, (ndarray, list)):
            part = array(part)._t if len(part) or not isinstance(part, list) else torch.tensor([], dtype=torch.int64)
            part = part if part.dtype in (torch.bool, torch.int64) or part.dtype.is_floating_point else part.long()
        elif isinstance(part, slice):
            start, stop, step = [bound if bound is None else int(bound) for bound in (part.start, part.stop, part.step)]
            part = slice(start, stop, step)
            if step is not None and step < 0:
                size = t.shape[dim]
                places = range(*part.indices(size))
                first = size - 1 - places[0] if len(places) else 0
                part = slice(first, first + len(places) * -step, -step)
                t = t.flip(dim)
        if isinstance(part, (float, str)) or isinstance(part, torch.Tensor) and part.dtype.is_floating_point:
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices"
            )
        if part is Ellipsis:
            dim = t.dim() - len([later for later in given[place + 1 :] if later is not None])
        elif part is not None:
            dim += part.dim() if isinstance(part, torch.Tensor) and part.dtype == torch.bool else 1
        parts.append(part)
    if of_array and _any([isinstance(part, torch.Tensor) for part in parts]):
        # Beside arrays NumPy takes an integer for one more array, and PyTorch does not.
        parts = [torch.tensor([part]) if type(part) is int else part for part in parts]
    return tuple(parts), t


def _indexed(tensor, key, *value):
    # A tensor, indexed by arrays or set to one.
    parts, turned = _key(key, tensor, False)
    if turned is not tensor:
        raise ValueError("step must be greater than zero")
    parts = parts if isinstance(key, tuple) else parts[0]
    if not value:
        return tensor[parts]
    tensor[parts] = value[0]._t if isinstance(value[0], _Operators) else value[0]


def _of_tensor(tensor, force):
    # It shares the tensor's memory, as in PyTorch.
    if tensor.requires_grad and not force:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if tensor.dtype == torch.bfloat16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    return _wrap(tensor.detach())

# Arrays from what is no array yet, and joined ones.


def _leaves(data, kinds):
    # The types of what is in nested lists.
    for item in data:
        if isinstance(item, (list, tuple)):
            _leaves(item, kinds)
        else:
            kinds.add(type(item))
    return kinds


def _plain(data):
    # Nested lists without scalars of NumPy.
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data._value_ if isinstance(data, generic) else data


def array(object, dtype=None, *, copy=True, ndmin=0, order=None):
    t = _tensor(object, dtype)
    if isinstance(object, (ndarray, torch.Tensor)):
        t = _cast(t, t.dtype if dtype is None else dtype, copy)
    while t.dim() < ndmin:
        t = t.unsqueeze(0)
    return _wrap(t)


def _tensor(data, kind=None):
    if isinstance(data, _Operators):
        return data._t if kind is None else _cast(data._t, kind, False)
    if isinstance(data, torch.Tensor):
        return _tensor(_of_tensor(data, False), kind)
    if hasattr(data, "__next__") or isinstance(data, range):
        data = list(data)
    kinds = _leaves([data], set())
    for found in kinds:
        if found in (ndarray, torch.Tensor):
            t = torch.stack(_parts(data, _ragged))
            return t if kind is None else _cast(t, kind, False)
        if not issubclass(found, (int, float, generic)):
            _refuse(f"array of a {found.__name__}")
    data = _plain(data)
    try:
        t = torch.tensor(data)
        wanted = dtype(kind)._torch if kind is not None or not kinds else t.dtype
        if kind is None and t.dtype.is_floating_point and (kinds & {float, float64} or float32 not in kinds):
            wanted = torch.float64
        return t if t.dtype == wanted else torch.tensor(data, dtype=wanted)
    except (ValueError, TypeError):
        raise _ragged from None


_ragged = ValueError("setting an array element with a sequence. The requested array has an inhomogeneous shape.")


def asarray(a, dtype=None, order=None):
    return a if isinstance(a, ndarray) and dtype is None else _wrap(_tensor(a, dtype))


asanyarray = ascontiguousarray = asarray


def _full(shape, value, kind):
    shape = shape.tolist() if isinstance(shape, ndarray) else shape
    shape = (shape,) if isinstance(shape, int) else tuple([int(size) for size in shape])
    return _wrap(torch.full(shape, value, dtype=dtype(kind)._torch))


def zeros(shape, dtype=None, order="C"):
    return _full(shape, 0, dtype)


empty = zeros


def ones(shape, dtype=None, order="C"):
    return _full(shape, 1, dtype)


def full(shape, fill_value, dtype=None):
    value = array(fill_value, dtype)
    return _full(shape, value.item(), value.dtype) if not value.ndim else _wrap(value._t.expand(shape).clone())


def zeros_like(a, dtype=None):
    return full_like(a, 0, dtype)


empty_like = zeros_like


def ones_like(a, dtype=None):
    return full_like(a, 1, dtype)


def full_like(a, fill_value, dtype=None):
    a = asarray(a)
    return full(a.shape, fill_value, a.dtype if dtype is None else dtype)


def eye(N, M=None, k=0, dtype=None):
    rows, columns = arange(N), arange(N if M is None else M)
    return (rows[:, None] + k == columns).astype(dtype)


def identity(n, dtype=None):
    return eye(n, dtype=dtype)


def arange(start, stop=None, step=1, dtype=None):
    start, stop = (0, start) if stop is None else (start, stop)
    start, stop, step = [x.item() if isinstance(x, _Operators) else x for x in (start, stop, step)]
    # NumPy's length and NumPy's sum: start + i * step, with the step that the first two elements have.
    count = _max(math.ceil((stop - start) / step), 0)
    steps = torch.arange(count)
    whole = float not in (type(start), type(stop), type(step))
    t = start + steps * step if whole else start + steps.double() * ((start + step) - start)
    return _wrap(t if dtype is None else _cast(t, dtype))


def linspace(start, stop, num=50, endpoint=True, dtype=None):
    start, stop = float(start), float(stop)
    intervals = num - 1 if endpoint else num
    step = (stop - start) / intervals if intervals > 0 else nan
    t = torch.arange(num, dtype=torch.float64) * (step if intervals > 0 else 0) + start
    if endpoint and num > 1:
        t[-1] = stop
    return _wrap(t if dtype is None else _cast(t, dtype))


def meshgrid(*xi, indexing="xy"):
    return tuple([_wrap(t) for t in torch.meshgrid(*[_tensor(x).flatten() for x in xi], indexing=indexing)])


def _indices(function, n, k, m):
    return tuple([_wrap(row) for row in function(n, n if m is None else m, k)])


def tri(N, M=None, k=0, dtype=None):
    return _wrap(torch.tril(ones((N, N if M is None else M), dtype)._t, k))


def tril_indices(n, k=0, m=None):
    return _indices(torch.tril_indices, n, k, m)


def triu_indices(n, k=0, m=None):
    return _indices(torch.triu_indices, n, k, m)


def _parts(arrays, unequal=None):
    # Tensors of one dtype.
    parts = [_tensor(part) for part in arrays]
    common = parts[0].dtype
    for part in parts:
        common = _common(torch.zeros(1, dtype=common), part)
        if unequal is not None and part.shape != parts[0].shape:
            raise unequal
    return [part.to(common) for part in parts]


def _joined(function, parts, axis, message):
    try:
        return _wrap(function(parts, axis))
    except RuntimeError:
        raise ValueError(message) from None


def concatenate(arrays, axis=0):
    parts = _parts(arrays)
    if axis is None:
        return _wrap(torch.cat([part.flatten() for part in parts]))
    message = "all the input array dimensions except for the concatenation axis must match exactly"
    return _joined(torch.cat, parts, axis, message)


concat = concatenate


def stack(arrays, axis=0):
    return _joined(torch.stack, _parts(arrays), axis, "all input arrays must have the same shape")


def append(arr, values, axis=None):
    return concatenate([arr, values] if axis is not None else [ravel(arr), ravel(values)], axis or 0)


def array_split(ary, indices_or_sections, axis=0):
    t, size = _tensor(ary), _tensor(ary).shape[axis]
    if isinstance(indices_or_sections, int):
        whole, more = divmod(size, indices_or_sections)
        ends = [whole * (i + 1) + _min(i + 1, more) for i in range(indices_or_sections)]
    else:
        ends = [int(end) for end in indices_or_sections] + [size]
    starts = [0] + ends[:-1]
    return [_wrap(t.narrow(axis, _min(a, size), _max(_min(b, size) - _min(a, size), 0))) for a, b in zip(starts, ends)]


def split(ary, indices_or_sections, axis=0):
    if isinstance(indices_or_sections, int) and asarray(ary).shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)

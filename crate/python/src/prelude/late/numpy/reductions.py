# Sums and their like, order, and questions about whole arrays.


def _pairwise(values):
    # The order in which NumPy adds what lies side by side.
    count = len(values)
    if count < 8:
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total
    if count > 128:
        half = count // 2 - count // 2 % 8
        return _pairwise(values[:half]) + _pairwise(values[half:])
    whole = count - count % 8
    lanes = values[:8]
    for start in range(8, whole, 8):
        lanes = lanes + values[start : start + 8]
    a, b, c, d, e, f, g, h = lanes
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for value in values[whole:]:
        total = total + value
    return total


def _axes(t, axis, keepdims):
    # The tensor with the axes that go at its end, as one, the shape of the result, and whether that end lies side by side.
    axes = list(range(t.dim())) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    for axis in axes:
        if not -t.dim() <= axis < t.dim():
            raise AxisError(f"axis {axis} is out of bounds for array of dimension {t.dim()}")
    axes = [axis % t.dim() for axis in axes]
    rest = [axis for axis in range(t.dim()) if axis not in axes]
    sizes = [t.shape[axis] for axis in rest]
    shape = [1 if axis in axes else size for axis, size in enumerate(t.shape)] if keepdims else sizes
    inner = not axes or t.stride()[axes[-1]] <= _min([t.stride()[axis] for axis in rest if t.shape[axis] > 1] + [2**62])
    return t.permute(rest + axes).reshape(sizes + [math.prod([t.shape[axis] for axis in axes])]), shape, inner


class AxisError(ValueError):
    pass


def _total(t, inner):
    # The sum over the last axis.
    count = t.shape[-1]
    if not t.dtype.is_floating_point or count > 65536 or not t.numel():
        return t.sum(-1)
    lines = t.movedim(-1, 0)
    if inner:
        return _pairwise(lines)
    total = lines[0].clone()
    for line in lines[1:]:
        total += line
    return total


def _summed(t):
    return t if t.dtype.is_floating_point else t.long()


def sum(a, axis=None, dtype=None, out=None, keepdims=False):
    t = _tensor(a, dtype)
    t, shape, inner = _axes(_summed(t), axis, keepdims)
    return _given(_out(_total(t, inner).reshape(shape)), out)


def mean(a, axis=None, dtype=None, out=None, keepdims=False):
    t = _tensor(a, dtype)
    t, shape, inner = _axes(t if t.dtype.is_floating_point else t.double(), axis, keepdims)
    return _given(_out((_total(t, inner) / t.shape[-1]).reshape(shape)), out)


def average(a, axis=None, weights=None):
    return mean(a, axis) if weights is None else sum(asarray(a) * weights, axis) / sum(weights)


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    t = _tensor(a, dtype)
    t, shape, inner = _axes(t if t.dtype.is_floating_point else t.double(), axis, keepdims)
    distances = t - (_total(t, inner) / t.shape[-1])[..., None]
    return _given(_out((_total(distances * distances, inner) / (t.shape[-1] - ddof)).reshape(shape)), out)


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _given(_out(torch.sqrt(_tensor(var(a, axis, dtype, None, ddof, keepdims)))), out)


def _reduction(name, reduce):
    def function(a, axis=None, out=None, keepdims=False):
        t, shape, _ = _axes(_tensor(a), axis, keepdims)
        if not t.shape[-1] and name in ("max", "min"):
            raise ValueError(f"zero-size array to reduction operation {name}imum which has no identity")
        return _given(_out(reduce(t).reshape(shape)), out)

    function.__name__ = name
    return function


prod = _reduction("prod", lambda t: _summed(t).prod(-1))
max = amax = _reduction("max", lambda t: t.amax(-1))
min = amin = _reduction("min", lambda t: t.amin(-1))
any = _reduction("any", lambda t: t.bool().any(-1))
all = _reduction("all", lambda t: t.bool().all(-1))
argmax = _reduction("argmax", lambda t: t.argmax(-1))
argmin = _reduction("argmin", lambda t: t.argmin(-1))


def _running(function):
    def running(a, axis=None, dtype=None):
        t = _summed(_tensor(a, dtype))
        return _wrap(function(t.flatten(), 0) if axis is None else function(t, axis))

    return running


cumsum, cumprod = _running(torch.cumsum), _running(torch.cumprod)


def median(a, axis=None, keepdims=False):
    t, shape, _ = _axes(_tensor(a).double(), axis, keepdims)
    count, t = t.shape[-1], t.sort(-1).values
    return _out(((t[..., (count - 1) // 2] + t[..., count // 2]) / 2).reshape(shape))


def quantile(a, q, axis=None, keepdims=False):
    t, shape, _ = _axes(_tensor(a).double(), axis, keepdims)
    q = _tensor(q).double()
    return _out(torch.quantile(t, q, -1).reshape(tuple(q.shape) + tuple(shape)))


def percentile(a, q, axis=None, keepdims=False):
    return quantile(a, asarray(q) / 100, axis, keepdims)


def _sorted(a, axis):
    return torch.sort(_tensor(a), axis, stable=True) if axis is not None else torch.sort(_tensor(a).flatten(), stable=True)


def sort(a, axis=-1, kind=None):
    return _wrap(_sorted(a, axis).values)


def argsort(a, axis=-1, kind=None):
    return _wrap(_sorted(a, axis).indices)


def unravel_index(indices, shape):
    return tuple([_out(place) for place in torch.unravel_index(_tensor(indices), tuple(shape))])


def searchsorted(a, v, side="left"):
    return _out(torch.searchsorted(_tensor(a).double(), _tensor(v).double(), right=side == "right"))


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None):
    if return_index or axis is not None:
        _refuse("unique with return_index or axis")
    t = _tensor(ar)
    values, inverse, counts = torch.unique(t.flatten(), return_inverse=True, return_counts=True)
    results = [_wrap(values)] + [_wrap(inverse.reshape(t.shape))] * return_inverse + [_wrap(counts)] * return_counts
    return tuple(results) if len(results) > 1 else results[0]


def nonzero(a):
    return tuple([_wrap(row) for row in torch.nonzero(_tensor(a), as_tuple=True)])


def take(a, indices, axis=None):
    t, places = _tensor(a), _tensor(indices)
    t, axis = (t.flatten(), 0) if axis is None else (t, axis % t.dim())
    return _out(t[(slice(None),) * axis + (places,)])


def take_along_axis(arr, indices, axis=-1):
    return _wrap(torch.take_along_dim(_tensor(arr), _tensor(indices), axis))


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return _binary(lambda x, y: torch.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan), a, b)


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return _bool(isclose(a, b, rtol, atol, equal_nan).all())


def array_equal(a1, a2):
    a1, a2 = asarray(a1), asarray(a2)
    return a1.shape == a2.shape and _bool((a1 == a2).all())

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
    # The tensor with the axes that go at its end, as one, and the shape of the result.
    axes = list(range(t.dim())) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    for axis in axes:
        if not -t.dim() <= axis < t.dim():
            raise AxisError(f"axis {axis} is out of bounds for array of dimension {t.dim()}")
    axes = [axis % t.dim() for axis in axes]
    rest = [axis for axis in range(t.dim()) if axis not in axes]
    shape = [1 if axis in axes else size for axis, size in enumerate(t.shape)] if keepdims else [t.shape[axis] for axis in rest]
    inner = not axes or t.stride()[axes[-1]] <= _min([t.stride()[axis] for axis in rest if t.shape[axis] > 1] + [2**62])
    return t.permute(*rest, *axes).reshape([t.shape[axis] for axis in rest] + [-1] if t.numel() else [*[t.shape[axis] for axis in rest], math.prod([t.shape[axis] for axis in axes])]), shape, inner


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
    if hasattr(a, "__next__"):
        return _sum(a)
    t = _tensor(a, dtype)
    t, shape, inner = _axes(_summed(t), axis, keepdims)
    return _given(_out(_total(t, inner).reshape(shape)), out)


def mean(a, axis=None, dtype=None, out=None, keepdims=False):
    t = _tensor(a, dtype)
    t, shape, inner = _axes(t if t.dtype.is_floating_point else t.double(), axis, keepdims)
    return _given(_out((_total(t, inner) / t.shape[-1]).reshape(shape)), out)


average = lambda a, axis=None, weights=None: mean(a, axis) if weights is None else sum(asarray(a) * weights, axis) / sum(weights)


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    t = _tensor(a, dtype)
    t, shape, inner = _axes(t if t.dtype.is_floating_point else t.double(), axis, keepdims)
    distances = t - (_total(t, inner) / t.shape[-1])[..., None]
    return _given(_out((_total(distances * distances, inner) / (t.shape[-1] - ddof)).reshape(shape)), out)


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _given(sqrt(var(a, axis, dtype, None, ddof, keepdims)), out)


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
count_nonzero = _reduction("count_nonzero", lambda t: t.bool().sum(-1))
nanmax = _reduction("nanmax", lambda t: torch.where(torch.isnan(t), -inf, t).amax(-1))
nanmin = _reduction("nanmin", lambda t: torch.where(torch.isnan(t), inf, t).amin(-1))
nansum = _reduction("nansum", lambda t: torch.nan_to_num(t, 0.0, inf, -inf).sum(-1))
nanmean = _reduction("nanmean", lambda t: torch.nan_to_num(t, 0.0, inf, -inf).sum(-1) / (~torch.isnan(t)).sum(-1))


def ptp(a, axis=None):
    return max(a, axis) - min(a, axis)


def _running(function):
    def running(a, axis=None, dtype=None):
        t = _summed(_tensor(a, dtype))
        return _wrap(function(t.flatten(), 0) if axis is None else function(t, axis))

    return running


cumsum, cumprod = _running(torch.cumsum), _running(torch.cumprod)


def diff(a, n=1, axis=-1):
    t = _tensor(a)
    for _ in range(n):
        t = t.narrow(axis, 1, t.shape[axis] - 1) - t.narrow(axis, 0, t.shape[axis] - 1)
    return _wrap(t)


def quantile(a, q, axis=None, keepdims=False):
    # Between the two numbers that are next to the place, as NumPy's method "linear" has it.
    t, shape, _ = _axes(_tensor(a).double(), axis, keepdims)
    if asarray(q).ndim:
        return stack([quantile(a, one, axis, keepdims) for one in q])
    place = float(q) * (t.shape[-1] - 1)
    low, t = int(place), t.sort(-1).values
    high, part = _min(low + 1, t.shape[-1] - 1), place - low
    distance = t[..., high] - t[..., low]
    return _out((t[..., high] - distance * (1 - part) if part >= 0.5 else t[..., low] + distance * part).reshape(shape))


def percentile(a, q, axis=None, keepdims=False):
    return quantile(a, asarray(q) / 100, axis, keepdims)


def median(a, axis=None, keepdims=False):
    t, shape, _ = _axes(_tensor(a).double(), axis, keepdims)
    count, t = t.shape[-1], t.sort(-1).values
    return _out(((t[..., (count - 1) // 2] + t[..., count // 2]) / 2).reshape(shape))


def sort(a, axis=-1):
    return _wrap(torch.sort(_tensor(a) if axis is not None else _tensor(a).flatten(), -1 if axis is None else axis, stable=True).values)


def argsort(a, axis=-1, kind=None, stable=True):
    return _wrap(torch.argsort(_tensor(a) if axis is not None else _tensor(a).flatten(), -1 if axis is None else axis, stable=True))


def argpartition(a, kth, axis=-1):
    return argsort(a, axis)


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


def argwhere(a):
    return _wrap(torch.nonzero(_tensor(a)))


def flatnonzero(a):
    return nonzero(ravel(a))[0]


def bincount(x, weights=None, minlength=0):
    return _wrap(torch.bincount(_tensor(x), weights if weights is None else _tensor(weights), minlength))


def take(a, indices, axis=None):
    t, places = _tensor(a), _tensor(indices)
    t, axis = (t.flatten(), 0) if axis is None else (t, axis % t.dim())
    return _out(t[(slice(None),) * axis + (places,)])


def take_along_axis(arr, indices, axis=-1):
    return _wrap(torch.take_along_dim(_tensor(arr), _tensor(indices), axis))


def delete(arr, obj, axis=None):
    t = _tensor(arr) if axis is not None else _tensor(arr).flatten()
    kept = ones(t.shape[axis or 0], _bool)
    kept[obj] = False
    return take(_wrap(t), flatnonzero(kept), axis or 0)


def isin(element, test_elements):
    return _out(torch.isin(_tensor(element), _tensor(test_elements)))


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return _binary(lambda x, y: torch.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan), a, b)


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return _bool(isclose(a, b, rtol, atol, equal_nan).all())


def array_equal(a1, a2):
    a1, a2 = asarray(a1), asarray(a2)
    return a1.shape == a2.shape and _bool((a1 == a2).all())


def corrcoef(x):
    spread = cov(x)
    sizes = sqrt(diagonal(spread))
    return spread / sizes[:, None] / sizes


def cov(m):
    distances = asarray(m) - mean(m, -1, keepdims=True)
    return matmul(distances, distances.T) / (distances.shape[-1] - 1)


def histogram(a, bins=10):
    t = _tensor(a).double().flatten()
    edges = linspace(t.min().item(), t.max().item(), bins + 1) if isinstance(bins, int) else asarray(bins)
    places = clip(searchsorted(edges, _wrap(t), "right") - 1, 0, len(edges) - 2)
    return bincount(places, minlength=len(edges) - 1), edges


def interp(x, xp, fp):
    x, xp, fp = asarray(x, float64), asarray(xp, float64), asarray(fp, float64)
    right = clip(searchsorted(xp, x, "right"), 1, len(xp) - 1)
    slope = (fp[right] - fp[right - 1]) / (xp[right] - xp[right - 1])
    inside = fp[right - 1] + slope * (x - xp[right - 1])
    return where(x < xp[0], fp[0], where(x > xp[-1], fp[-1], inside))


def may_share_memory(a, b):
    return a._t.data_ptr() == b._t.data_ptr()


def isscalar(element):
    return isinstance(element, (generic, int, float, str))


def vectorize(pyfunc):
    return lambda *args: array([pyfunc(*items) for items in zip(*[ravel(a) for a in broadcast_arrays(*args)])]).reshape(broadcast_arrays(*args)[0].shape)


def apply_along_axis(func1d, axis, arr, *args):
    lines = moveaxis(asarray(arr), axis, -1)
    results = array([func1d(line, *args) for line in lines.reshape(-1, lines.shape[-1])])
    made = results.reshape(lines.shape[:-1] + results.shape[1:])
    return made if results.ndim == 1 else moveaxis(made, -1, axis)

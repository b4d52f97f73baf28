# What few programs ask of arrays.


def quantile(a, q, axis=None, keepdims=False):
    t, shape, _ = _axes(_tensor(a), axis, keepdims)
    t = t if t.dtype.is_floating_point else t.double()
    q = _tensor(q).to(t.dtype)
    return _out(torch.quantile(t, q, -1).reshape((*q.shape, *shape)))


def percentile(a, q, axis=None, keepdims=False):
    return quantile(a, asarray(q) / 100, axis, keepdims)


def ptp(a, axis=None, keepdims=False):
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


def unravel_index(indices, shape):
    return tuple([_out(index) for index in torch.unravel_index(_tensor(indices), shape)])


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    rows = _tensor(arr).movedim(axis, -1)
    made = stack([asarray(func1d(_wrap(row), *args, **kwargs)) for row in rows.reshape(-1, rows.shape[-1])])._t
    made = made.reshape(*rows.shape[:-1], *made.shape[1:])
    return _wrap(made if made.dim() < rows.dim() else made.movedim(-1, axis))


def vectorize(pyfunc):
    def over(x):
        x = asarray(x)
        return array([pyfunc(value) for value in x.ravel()]).reshape(x.shape)

    return over

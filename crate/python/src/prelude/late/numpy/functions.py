# Functions of elements, products and shapes. Those that torch has by the same name are made when they are asked for.
_of_floats = (
    "sin cos tan sinh cosh tanh exp exp2 expm1 log log2 log10 log1p sqrt deg2rad rad2deg arcsin arccos arctan arcsinh arccosh "
    "arctanh sinc rint radians degrees fabs"
)
_of_one = (
    "isnan isinf isfinite floor ceil trunc square sign negative absolute logical_not reciprocal bitwise_not tril triu diag "
    "diagonal roll rot90 fliplr flipud moveaxis swapaxes atleast_1d atleast_2d broadcast_to nan_to_num argwhere count_nonzero bincount diff "
    "cov corrcoef nansum nanmean trace invert"
)
_of_two = (
    "add subtract multiply divide true_divide floor_divide remainder fmod maximum minimum fmax fmin not_equal less less_equal "
    "greater greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor arctan2 hypot logaddexp kron "
    "cross isin mod power equal"
)
_of_many = "vstack hstack dstack column_stack row_stack"
_other_names = {
    "rint": "round", "radians": "deg2rad", "degrees": "rad2deg", "fabs": "abs", "invert": "bitwise_not",
    "mod": "remainder", "power": "pow", "equal": "eq",
}
_other_keys = {
    ("tril", "k"): "diagonal", ("triu", "k"): "diagonal", ("diag", "k"): "diagonal",
    ("roll", "axis"): "dims", ("roll", "shift"): "shifts",
}
_exactly = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "power": operator.pow,
}


def _from_torch(name):
    # NumPy's function of this name, or None.
    of_tensors = getattr(torch, _other_names.get(name, name), None)
    for names, make in ((_of_floats, _float_function), (_of_one, _lifted), (_of_two, _pair_function), (_of_many, _joining)):
        if name in names.split():
            made = make(of_tensors, name)
            made.__name__ = name
            return made
    return None


def _joining(of_tensors, name):
    return lambda arrays: _wrap(of_tensors(_parts(arrays)))


def _float_function(of_tensor, name):
    of_number = getattr(math, {"deg2rad": "radians", "rad2deg": "degrees"}.get(name, name.replace("arc", "a")), None)

    def function(x, out=None):
        number = _exact(x)
        if number is not None and of_number:
            try:
                return _scalar(float64, float(of_number(number)))
            except (ValueError, OverflowError):
                # Outside the domain NumPy has nan or inf.
                pass
        if isinstance(x, torch.Tensor):
            return of_tensor(x)
        t = _tensor(x)
        return _given(_out(of_tensor(t if t.dtype.is_floating_point else t.double())), out)

    return function


def _lifted(of_tensor, name):
    def function(x, *args, out=None, **kwargs):
        if isinstance(x, torch.Tensor):
            return of_tensor(x, *args, **kwargs)
        t = _tensor(x)
        args = [value._t if isinstance(value, _Operators) else value for value in args]
        kwargs = {_other_keys.get((name, key), key): value for key, value in kwargs.items()}
        result = of_tensor(t, *args, **kwargs)
        if result.dtype == torch.float32 and t.dtype != torch.float32:
            result = of_tensor(t.double(), *args, **kwargs)
        return _given(_out(result), out)

    return function


def _pair_function(of_tensors, name):
    exact, divides = _exactly.get(name), name in ("divide", "true_divide", "arctan2", "hypot", "logaddexp")

    def function(x1, x2, out=None):
        if exact is not None:
            return _given(_operated(exact, x1, x2, "truediv" if divides else name), out)
        if isinstance(x1, torch.Tensor) or isinstance(x2, torch.Tensor):
            return of_tensors(*[x if isinstance(x, (torch.Tensor, float, int)) else _tensor(x) for x in (x1, x2)])
        return _given(_binary(of_tensors, x1, x2, divides), out)

    return function


def _given(result, out):
    if out is None:
        return result
    out[...] = result
    return out


def abs(x):
    return _lifted(torch.abs, "abs")(x) if isinstance(x, torch.Tensor) or asarray(x).dtype.kind != "b" else x


def round(a, decimals=0):
    t = _tensor(a)
    if not t.dtype.is_floating_point:
        return _out(t.clone(), a)
    ten = 10 ** _abs(decimals)
    return _out(t.round() if not decimals else (t * ten).round() / ten if decimals > 0 else (t / ten).round() * ten, a)


around = round


def clip(a, a_min=None, a_max=None, *, min=None, max=None, out=None):
    low, high = a_min if a_min is not None else min, a_max if a_max is not None else max
    if low is not None:
        a = _binary(torch.maximum, a, low)
    return _given(_binary(torch.minimum, a, high) if high is not None else asarray(a), out)


def where(condition, *values):
    condition = _tensor(condition)
    if not values:
        return nonzero(condition)
    return _binary(lambda x, y: torch.where(condition.bool(), x, y), *values)


def matmul(a, b):
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        return torch.matmul(_tensor(a), _tensor(b))
    a, b = _tensor(a), _tensor(b)
    if a.dim() and b.dim() and a.shape[-1] != b.shape[-2 if b.dim() > 1 else 0]:
        sizes = f"size {b.shape[-2 if b.dim() > 1 else 0]} is different from {a.shape[-1]}"
        raise ValueError(
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            f"(n?,k),(k,m?)->(n?,m?) ({sizes})"
        )
    return _binary(_product, a, b)


def _product(a, b):
    # Truth values and small integers are multiplied as int64.
    if a.dtype.is_floating_point or a.dtype == torch.int64:
        return torch.matmul(a, b)
    return torch.matmul(a.long(), b.long()).to(a.dtype)


def dot(a, b):
    x, y = asarray(a), asarray(b)
    if not x.ndim or not y.ndim:
        return x * y
    last = y.ndim - 2 if y.ndim > 1 else 0
    if x.shape[-1] != y.shape[last]:
        shapes = f"shapes {x.shape} and {y.shape}".replace(", ", ",")
        raise ValueError(f"{shapes} not aligned: {x.shape[-1]} (dim {x.ndim - 1}) != {y.shape[last]} (dim {last})")
    return matmul(x, y) if x.ndim < 3 and y.ndim < 3 else tensordot(x, y, ([-1], [last]))


def inner(a, b):
    a, b = asarray(a), asarray(b)
    return tensordot(a, b, ([-1], [-1])) if a.ndim and b.ndim else a * b


def outer(a, b):
    return ravel(a)[:, None] * ravel(b)


def tensordot(a, b, axes=2):
    axes = tuple([[axis] if isinstance(axis, int) else list(axis) for axis in axes]) if not isinstance(axes, int) else axes
    return _binary(lambda x, y: torch.tensordot(x, y, axes), a, b)


def einsum(subscripts, *operands, optimize=False):
    return _out(torch.einsum(subscripts, *_parts(operands)))


def shape(a):
    return asarray(a).shape


def ndim(a):
    return asarray(a).ndim


def size(a, axis=None):
    return asarray(a).size if axis is None else asarray(a).shape[axis]


def reshape(a, *shape, order="C"):
    t, shape = _tensor(a), shape[0] if len(shape) == 1 else shape
    shape = (shape,) if isinstance(shape, int) else tuple([int(size) for size in shape])
    try:
        if order == "F":
            return transpose(reshape(transpose(a), shape[::-1]))
        return _wrap(t.reshape(shape))
    except RuntimeError:
        raise ValueError(f"cannot reshape array of size {t.numel()} into shape {str(shape).replace(' ', '')}") from None


def ravel(a, order="C"):
    return reshape(a, -1, order=order)


def transpose(a, *axes):
    t, axes = _tensor(a), axes[0] if len(axes) == 1 else axes
    return _wrap(t.permute(*(axes or range(t.dim())[::-1])))


def squeeze(a, axis=None):
    return _wrap(_tensor(a).squeeze() if axis is None else _tensor(a).squeeze(axis))


def expand_dims(a, axis):
    return _wrap(_tensor(a).unsqueeze(axis))


def tile(A, reps):
    return _wrap(torch.tile(_tensor(A), (reps,) if isinstance(reps, int) else tuple(reps)))


def repeat(a, repeats, axis=None):
    t = _tensor(a) if axis is not None else _tensor(a).flatten()
    return _wrap(torch.repeat_interleave(t, repeats if isinstance(repeats, int) else _tensor(repeats), axis or 0))


def flip(m, axis=None):
    t = _tensor(m)
    return _wrap(t.flip(list(range(t.dim())) if axis is None else axis))


def pad(array, pad_width, mode="constant", constant_values=0):
    if mode != "constant":
        _refuse(f"pad(mode={mode!r})")
    a = asarray(array)
    widths = [pad_width] * a.ndim if isinstance(pad_width, int) else list(pad_width)
    widths = [tuple(widths)] * a.ndim if isinstance(widths[0], int) and not isinstance(pad_width, int) else widths
    widths = [(width, width) if isinstance(width, int) else width for width in widths]
    made = full([size + before + after for size, (before, after) in zip(a.shape, widths)], constant_values, a.dtype)
    made[tuple([slice(before, before + size) for size, (before, after) in zip(a.shape, widths)])] = a
    return made

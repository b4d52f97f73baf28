# Functions of elements, products and shapes.


def _of_floats(name, of_tensor=None, of_number=None):
    of_tensor, of_number = getattr(torch, of_tensor or name), getattr(math, of_number or name, None)

    def function(x, out=None):
        number = _exact(x)
        if number is not None and of_number:
            try:
                return float64(float(of_number(number)))
            except (ValueError, OverflowError):
                # Outside the domain NumPy has nan or inf.
                pass
        if isinstance(x, torch.Tensor):
            return of_tensor(x)
        t = _tensor(x)
        return _given(_out(of_tensor(t if t.dtype.is_floating_point else t.double())), out)

    function.__name__ = name
    return function


def _given(result, out):
    if out is None:
        return result
    out[...] = result
    return out


sqrt, exp, log, log2, log10 = [_of_floats(name) for name in ("sqrt", "exp", "log", "log2", "log10")]
log1p, expm1, sin, cos, tan = [_of_floats(name) for name in ("log1p", "expm1", "sin", "cos", "tan")]
sinh, cosh, tanh, exp2 = [_of_floats(name) for name in ("sinh", "cosh", "tanh", "exp2")]
arcsin, arccos, arctan = _of_floats("asin"), _of_floats("acos"), _of_floats("atan")
deg2rad, rad2deg = _of_floats("deg2rad", of_number="radians"), _of_floats("rad2deg", of_number="degrees")
radians, degrees = deg2rad, rad2deg
rint = _of_floats("round", of_number=" ")


def _elementwise(name, of_tensor):
    def function(x, out=None):
        return of_tensor(x) if isinstance(x, torch.Tensor) else _given(_out(of_tensor(_tensor(x))), out)

    function.__name__ = name
    return function


isnan, isinf, isfinite = [_elementwise(name, getattr(torch, name)) for name in ("isnan", "isinf", "isfinite")]
floor, ceil, trunc = [_elementwise(name, lambda t, f=getattr(torch, name): f(t) if t.dtype.is_floating_point else t) for name in ("floor", "ceil", "trunc")]
square, sign, negative = _elementwise("square", lambda t: t * t), _elementwise("sign", torch.sign), _elementwise("negative", lambda t: -t)
absolute = _elementwise("absolute", lambda t: t.abs() if t.dtype != torch.bool else t)
logical_not = _elementwise("logical_not", torch.logical_not)
reciprocal = _elementwise("reciprocal", lambda t: 1 / t)
invert = bitwise_not = _elementwise("invert", lambda t: ~t)
fabs = _of_floats("abs", of_number="fabs")
abs = absolute


class _Ufunc:
    # A function of two arrays, which some programs reduce with.
    def __init__(self, name, function, divides=False, exact=None):
        self.__name__, self.function, self.divides, self.exact = name, function, divides, exact

    def __call__(self, x1, x2, out=None, where=None):
        if isinstance(x1, torch.Tensor) or isinstance(x2, torch.Tensor):
            return self.function(*[x if isinstance(x, (torch.Tensor, float, int)) else _tensor(x) for x in (x1, x2)])
        result = _operated(self.exact, x1, x2, self.__name__) if self.exact else _binary(self.function, x1, x2, self.divides)
        if where is not None:
            out = zeros(result.shape, result.dtype) if out is None else out
            out[where] = result[where]
            return out
        return _given(result, out)

    def outer(self, A, B):
        A, B = asarray(A), asarray(B)
        return self(A.reshape(A.shape + (1,) * B.ndim), B)

    def reduce(self, array, axis=0):
        parts = list(moveaxis(asarray(array), axis, 0))
        result = parts[0]
        for part in parts[1:]:
            result = self(result, part)
        return result

    def accumulate(self, array, axis=0):
        parts = list(moveaxis(asarray(array), axis, 0))
        for place in range(1, len(parts)):
            parts[place] = self(parts[place - 1], parts[place])
        return stack(parts, axis)

    def __repr__(self):
        return f"<ufunc '{self.__name__}'>"


add, subtract = _Ufunc("add", operator.add, exact=operator.add), _Ufunc("sub", operator.sub, exact=operator.sub)
multiply, power = _Ufunc("mul", operator.mul, exact=operator.mul), _Ufunc("pow", operator.pow, exact=operator.pow)
divide = true_divide = _Ufunc("truediv", operator.truediv, True, operator.truediv)
floor_divide, remainder = _Ufunc("floordiv", operator.floordiv), _Ufunc("mod", operator.mod)
mod, fmod, float_power = remainder, _Ufunc("fmod", torch.fmod), _Ufunc("float_power", operator.pow, True)
maximum, minimum = _Ufunc("maximum", torch.maximum), _Ufunc("minimum", torch.minimum)
equal, not_equal = _Ufunc("equal", operator.eq), _Ufunc("not_equal", operator.ne)
less, less_equal = _Ufunc("less", operator.lt), _Ufunc("less_equal", operator.le)
greater, greater_equal = _Ufunc("greater", operator.gt), _Ufunc("greater_equal", operator.ge)
logical_and, logical_or = _Ufunc("logical_and", torch.logical_and), _Ufunc("logical_or", torch.logical_or)
logical_xor = _Ufunc("logical_xor", torch.logical_xor)
bitwise_and, bitwise_or, bitwise_xor = _Ufunc("bitwise_and", operator.and_), _Ufunc("bitwise_or", operator.or_), _Ufunc("bitwise_xor", operator.xor)
arctan2, hypot = _Ufunc("arctan2", torch.atan2, True), _Ufunc("hypot", lambda a, b: torch.sqrt(a * a + b * b), True)
logaddexp = _Ufunc("logaddexp", torch.logaddexp, True)


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
        a = maximum(a, low)
    return _given(minimum(a, high) if high is not None else asarray(a), out)


def where(condition, *values):
    condition = _tensor(condition)
    if not values:
        return nonzero(condition)
    return _binary(lambda x, y: torch.where(condition.bool(), x, y), *values)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    return _out(torch.nan_to_num(_tensor(x), nan, posinf, neginf))


def heaviside(x1, x2):
    return where(asarray(x1) == 0, x2, asarray(x1) > 0)


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


def vdot(a, b):
    return dot(ravel(a), ravel(b))


def inner(a, b):
    a, b = asarray(a), asarray(b)
    return tensordot(a, b, ([-1], [-1])) if a.ndim and b.ndim else a * b


def outer(a, b):
    return multiply(ravel(a)[:, None], ravel(b))


def tensordot(a, b, axes=2):
    axes = tuple([[axis] if isinstance(axis, int) else list(axis) for axis in axes]) if not isinstance(axes, int) else axes
    return _binary(lambda x, y: torch.tensordot(x, y, axes), a, b)


def einsum(subscripts, *operands, optimize=False):
    return _out(torch.einsum(subscripts, *_parts(operands)))


def kron(a, b):
    return _binary(torch.kron, a, b)


def cross(a, b, axis=-1):
    return _binary(lambda x, y: torch.linalg.cross(x, y, dim=axis), a, b)


def trace(a, offset=0):
    return sum(diagonal(a, offset))


def diagonal(a, offset=0, axis1=0, axis2=1):
    return _wrap(torch.diagonal(_tensor(a), offset, axis1, axis2))


def fill_diagonal(a, val):
    a._t.fill_diagonal_(val)


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
        return _wrap(t.reshape(shape)) if order != "F" else transpose(_wrap(t.permute(*range(t.dim())[::-1]).reshape(shape[::-1])))
    except RuntimeError:
        raise ValueError(f"cannot reshape array of size {t.numel()} into shape {str(shape).replace(' ', '')}") from None


def ravel(a, order="C"):
    return reshape(a, -1, order=order)


def transpose(a, *axes):
    t, axes = _tensor(a), axes[0] if len(axes) == 1 else axes
    return _wrap(t.permute(*(axes or range(t.dim())[::-1])))


permute_dims = transpose


def matrix_transpose(x):
    return swapaxes(x, -1, -2)


def swapaxes(a, axis1, axis2):
    return _wrap(_tensor(a).transpose(axis1, axis2))


def moveaxis(a, source, destination):
    return _wrap(_tensor(a).movedim(source, destination))


def squeeze(a, axis=None):
    return _wrap(_tensor(a).squeeze() if axis is None else _tensor(a).squeeze(axis))


def expand_dims(a, axis):
    t = _tensor(a)
    for place in sorted([axis] if isinstance(axis, int) else axis):
        t = t.unsqueeze(place)
    return _wrap(t)


def atleast_1d(a):
    return array(a, ndmin=1, copy=False)


def atleast_2d(a):
    return array(a, ndmin=2, copy=False)


def broadcast_to(array, shape):
    return _wrap(torch.broadcast_to(_tensor(array), (shape,) if isinstance(shape, int) else tuple(shape)))


def broadcast_arrays(*args):
    return tuple([_wrap(t) for t in torch.broadcast_tensors(*[_tensor(a) for a in args])])


def tile(A, reps):
    return _wrap(torch.tile(_tensor(A), (reps,) if isinstance(reps, int) else tuple(reps)))


def repeat(a, repeats, axis=None):
    t = _tensor(a) if axis is not None else _tensor(a).flatten()
    return _wrap(torch.repeat_interleave(t, repeats if isinstance(repeats, int) else _tensor(repeats), axis or 0))


def roll(a, shift, axis=None):
    return _wrap(torch.roll(_tensor(a), shift, axis) if axis is not None else torch.roll(_tensor(a), shift))


def flip(m, axis=None):
    t = _tensor(m)
    return _wrap(t.flip(list(range(t.dim())) if axis is None else axis))


def fliplr(m):
    return flip(m, 1)


def flipud(m):
    return flip(m, 0)


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

# Arrays of NumPy, each over one of torch's tensors: a slice of an array is a view of it because torch's slices are.
#
# What differs from torch is here: floats are float64 unless said otherwise, dividing integers gives floats, an element
# is a scalar that keeps its dtype, and a number of Python bends to the dtype of the array beside it.
import importlib
import math
import operator

import torch

pi, e, inf, nan, newaxis = math.pi, math.e, math.inf, math.nan, None
euler_gamma = 0.5772156649015329
__version__ = "2.4.6"
# Files beside this one give these names NumPy's meaning.
_sum, _max, _min, _abs, _round, _any, _all, _bool, _pow = sum, max, min, abs, round, any, all, bool, pow
_methods = (
    "sum mean var std max min prod any all argmax argmin argsort cumsum cumprod reshape transpose squeeze ravel repeat round "
    "clip dot swapaxes take diagonal trace nonzero searchsorted ptp"
).split()


def _refuse(name):
    raise NotImplementedError(f"numpy.{name} is outside the subset: use another function of numpy, torch's tensors or lists")


def __getattr__(name):
    if name == "bool":
        return bool_
    if name in ("random", "linalg", "testing"):
        return importlib.import_module("numpy." + name)
    if name.startswith("__"):
        raise AttributeError(f"module 'numpy' has no attribute '{name}'")
    made = _from_torch(name)
    if made is None:
        _refuse(name)
    globals()[name] = made
    return made


class dtype:
    def __new__(cls, kind):
        found = kind if type(kind) is dtype else _dtypes.get(kind)
        if found is None:
            raise TypeError(f"data type {kind!r} is outside the subset: use float64, float32, int64, int32, int8, uint8 or bool")
        return found

    def __eq__(self, other):
        try:
            return dtype(other) is self
        except TypeError:
            return False

    def __hash__(self):
        return hash(self.name)

    def __str__(self):
        return self.name

    def __repr__(self):
        return f"dtype('{self.name}')"


class _Operators:
    # What arrays and scalars share. `_t` is the tensor of either.
    def __array__(self, dtype=None, copy=None):
        return array(self, dtype)

    def __getattr__(self, name):
        if name not in _methods:
            raise AttributeError(f"'numpy.{type(self).__name__}' object has no attribute '{name}'")
        import numpy

        function = getattr(numpy, name)
        return lambda *args, **kwargs: function(self, *args, **kwargs)

    def __torch_function__(name, args, kwargs):
        # Torch makes tensors of arrays, and takes a scalar wherever it takes a number; else it wants tensors.
        makes = name in ("tensor", "as_tensor", "asarray", "new_tensor")

        def plain(value):
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value] if not makes else array(value)._t
            if isinstance(value, ndarray) and not makes:
                raise TypeError(f"{name}(): argument must be Tensor, not numpy.ndarray")
            return value._t if makes and isinstance(value, _Operators) else value._value_ if isinstance(value, generic) else value

        args, kwargs = [plain(value) for value in args], {key: plain(value) for key, value in kwargs.items()}
        homes = [home for home in (torch, torch.nn.functional, torch.linalg) if hasattr(home, name)]
        return getattr(homes[0] if homes else torch.Tensor, name)(*args, **kwargs)

    __torch_function__ = staticmethod(__torch_function__)

    dtype = property(lambda self: dtype(self._t.dtype))
    shape = property(lambda self: tuple(self._t.shape))
    ndim = property(lambda self: self._t.dim())
    size = property(lambda self: self._t.numel())
    itemsize = property(lambda self: self._t.element_size())
    nbytes = property(lambda self: self._t.element_size() * self._t.numel())
    strides = property(lambda self: tuple([self._t.element_size() * step for step in self._t.stride()]))
    T = property(lambda self: transpose(self) if self.ndim else self)
    flat = property(lambda self: self.ravel())

    def item(self, *index):
        return (self._t.flatten() if len(index) == 1 else self._t)[index].item()

    def tolist(self):
        return self._t.tolist()

    def astype(self, dtype, copy=True):
        return _out(_cast(self._t, dtype, copy), self)

    def copy(self, order="C"):
        return _out(self._t.clone(), self)

    __copy__ = copy

    def flatten(self, order="C"):
        return ravel(self, order).copy()

    def __neg__(self):
        if self._t.dtype == torch.bool:
            raise TypeError(
                "The numpy boolean negative, the `-` operator, is not supported, use the `~` operator or the logical_not function instead."
            )
        return _out(-self._t)

    def __pos__(self):
        return self.copy()

    def __abs__(self):
        return _out(self._t.abs() if self._t.dtype != torch.bool else self._t)

    def __invert__(self):
        return _out(~self._t)

    def __matmul__(self, other):
        return matmul(self, other)

    def __rmatmul__(self, other):
        return other @ self._t if isinstance(other, torch.Tensor) else matmul(other, self)


def _operated(function, a, b, name):
    x, y = _exact(a), _exact(b)
    if x is not None and y is not None:
        try:
            return _number(function(x, y))
        except (ZeroDivisionError, ValueError, OverflowError):
            # IEEE's answer instead of Python's error.
            pass
    if isinstance(a, str) or isinstance(b, str) or b is None:
        return NotImplemented
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        a, b = [x._value_ if isinstance(x, generic) else x._t if isinstance(x, ndarray) else x for x in (a, b)]
        return function(a, b)
    return _binary(function, a, b, name == "truediv")


def _exact(x):
    # The number of Python that computes like this one.
    kind = type(x)
    return x if kind is float or kind is int else x._value_ if kind is float64 or kind is int64 else None


def _number(value):
    # A scalar of what Python computed.
    kind = type(value)
    return _scalar(float64 if kind is float else int64 if kind is int else bool_, value)


def _scalar(kind, value):
    scalar = object.__new__(kind)
    scalar._value_ = value
    return scalar


def _out(t, like=None):
    # NumPy gives scalars for arrays without dimensions.
    if t.dim() or isinstance(like, ndarray):
        return _wrap(t)
    return _scalar(dtype(t.dtype).type, t.item())


def _wrap(t):
    made = object.__new__(ndarray)
    made._t = t
    return made


def _operand(x):
    # A tensor, or a number of Python.
    if isinstance(x, _Operators):
        return x._t
    return x if isinstance(x, (int, float)) else array(x)._t


def _common(a, b):
    # The dtype of torch in which NumPy computes with these two.
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        kinds = {a.dtype, b.dtype}
        wide = torch.float32 in kinds and (torch.int64 in kinds or torch.int32 in kinds)
        return torch.float64 if wide else torch.promote_types(a.dtype, b.dtype)
    if not isinstance(a, torch.Tensor) and not isinstance(b, torch.Tensor):
        return _common(_operand([a]), _operand([b]))
    t, number = (a, b) if isinstance(a, torch.Tensor) else (b, a)
    if isinstance(number, _bool) or t.dtype.is_floating_point:
        return t.dtype
    return torch.float64 if isinstance(number, float) else torch.int64 if t.dtype == torch.bool else t.dtype


def _binary(function, a, b, divides=False):
    try:
        x, y = _operand(a), _operand(b)
    except (TypeError, ValueError):
        return NotImplemented
    common = _common(x, y)
    if divides and not common.is_floating_point:
        common = torch.float64
    x, y = [v.to(common) if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=common) for v in (x, y)]
    try:
        return _out(function(x, y))
    except RuntimeError as error:
        if "must match the size" not in str(error):
            raise
        shapes = " ".join([str(tuple(t.shape)).replace(" ", "") for t in (x, y)])
    raise ValueError(f"operands could not be broadcast together with shapes {shapes} ")


class UFuncTypeError(TypeError):
    pass


def _written(target, result, name):
    if result is NotImplemented:
        return result
    if result.dtype.kind == "f" and target.dtype.kind != "f":
        name = {"truediv": "divide", "mul": "multiply", "sub": "subtract"}.get(name, name)
        raise UFuncTypeError(
            f"Cannot cast ufunc '{name}' output from {result.dtype!r} to {target.dtype!r} with casting rule 'same_kind'"
        )
    target._t.copy_(result._t)
    return target


def _cast(t, kind, copy=True):
    kind = dtype(kind)._torch
    return t.to(kind) if t.dtype != kind else t.clone() if copy else t


class ndarray(_Operators):
    _shown_ = "_t"
    shape = property(_Operators.shape.fget, lambda self, shape: setattr(self, "_t", self._t.reshape(shape)))

    def __new__(cls, shape, dtype=None):
        return zeros(shape, dtype)

    def __len__(self):
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return self._t.shape[0]

    def __iter__(self):
        for i in range(len(self)):
            yield self[i]

    def __getitem__(self, key):
        parts, t = _key(key, self._t)
        try:
            picked = t[parts]
            return _out(picked, self if picked.dim() or _any([part is Ellipsis for part in parts]) else None)
        except IndexError as error:
            message = str(error)
        raise _index_error(self, message, parts)

    def __setitem__(self, key, value):
        parts, t = _key(key, self._t)
        if t is not self._t:
            _refuse("ndarray.__setitem__ of a slice with a negative step")
        number = _exact(value)
        value = _operand(value) if number is None else number
        if isinstance(value, torch.Tensor):
            value = value.to(t.dtype)
        elif t.dtype.is_floating_point or isinstance(value, float):
            value = float(value) if t.dtype.is_floating_point else int(value)
        try:
            t[parts] = value
            return
        except IndexError as error:
            message = _index_error(self, str(error), parts)
        except RuntimeError:
            shapes = [tuple(value.shape), tuple(t[parts].shape)]
            message = ValueError(f"could not broadcast input array from shape {shapes[0]} into shape {shapes[1]}")
        raise message

    def __contains__(self, value):
        return _bool((self == value).any())

    def __bool__(self):
        if self.size != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()")
        return _bool(self.item())

    def __float__(self):
        if self.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return float(self.item())

    def __int__(self):
        return int(self.item() if not self.ndim else float(self))

    def fill(self, value):
        self[...] = value

    def sort(self, axis=-1):
        self._t.copy_(sort(self, axis)._t)

    def __format__(self, spec):
        if spec:
            raise TypeError("unsupported format string passed to numpy.ndarray.__format__")
        return str(self)

    def __str__(self):
        return array2string(self) if self.ndim else str(_out(self._t))

    def __repr__(self):
        return array_repr(self)


def _operator(name, function, reflected=True):
    # `a ⊕ b`, `b ⊕ a` and, for arrays, `a ⊕= b`.
    def forward(self, other):
        # PyTorch takes an array on its right alone, but compares with one on either side.
        refuses = reflected and isinstance(other, torch.Tensor) and isinstance(self, ndarray)
        return NotImplemented if refuses else _operated(function, self, other, name)

    setattr(_Operators, f"__{name}__", forward)
    if reflected:
        setattr(_Operators, f"__r{name}__", lambda self, other: _operated(function, other, self, name))
        setattr(ndarray, f"__i{name}__", lambda self, other: _written(self, _operated(function, self, other, name), name))


for _name in "add sub mul truediv floordiv mod pow and or xor lshift rshift".split():
    _operator(_name, getattr(operator, _name + "_" if _name in ("and", "or") else _name))
for _name in "lt le gt ge eq ne".split():
    _operator(_name, getattr(operator, _name), False)

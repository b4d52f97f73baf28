# Constants, and functions of Python's numbers and lists of them. Arrays are torch's tensors here.
import math
from statistics import median

pi, e, inf, nan, newaxis = math.pi, math.e, math.inf, math.nan, None
euler_gamma = 0.5772156649015329
__version__ = "2.4.6"


class ndarray:
    pass


class generic:
    pass


class integer(generic):
    pass


class floating(generic):
    pass


def _refuse(name):
    raise NotImplementedError(f"numpy.{name} is outside the subset: use torch's tensors and functions")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(f"module 'numpy' has no attribute '{name}'")
    _refuse(name)


def _of_number(function, name):
    def of_number(x):
        return function(x) if isinstance(x, (int, float)) else _refuse(f"{name} of a {type(x).__name__}")

    of_number.__name__ = name
    return of_number


sqrt, exp, log, log2, log10 = [_of_number(getattr(math, name), name) for name in ("sqrt", "exp", "log", "log2", "log10")]
log1p, expm1, sin, cos, tan = [_of_number(getattr(math, name), name) for name in ("log1p", "expm1", "sin", "cos", "tan")]
sinh, cosh, tanh, arctan = [_of_number(getattr(math, name), name) for name in ("sinh", "cosh", "tanh", "atan")]
arcsin, arccos, deg2rad, rad2deg = [_of_number(getattr(math, name), name) for name in ("asin", "acos", "radians", "degrees")]
isnan, isinf, isfinite = [_of_number(getattr(math, name), name) for name in ("isnan", "isinf", "isfinite")]
abs = absolute = _of_number(abs, "abs")
floor = _of_number(lambda x: float(math.floor(x)), "floor")
ceil = _of_number(lambda x: float(math.ceil(x)), "ceil")
square = _of_number(lambda x: x * x, "square")
sign = _of_number(lambda x: (x > 0) - (x < 0), "sign")


def power(x, y):
    return math.pow(x, y) if isinstance(x, float) or isinstance(y, float) else x**y


def _numbers(values, name, axis=None):
    if axis is not None or not isinstance(values, (list, tuple)) or not all([isinstance(value, (int, float)) for value in values]):
        _refuse(f"{name} of anything but a list of numbers")
    return list(values)


def _pairwise(values):
    # The order in which numpy adds floats.
    count = len(values)
    if count < 8:
        total = 0
        for value in values:
            total += value
        return total
    if count > 128:
        half = count // 2 - count // 2 % 8
        return _pairwise(values[:half]) + _pairwise(values[half:])
    whole = count - count % 8
    lanes = values[:8]
    for start in range(8, whole, 8):
        lanes = [lane + value for lane, value in zip(lanes, values[start : start + 8])]
    a, b, c, d, e, f, g, h = lanes
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for value in values[whole:]:
        total += value
    return total


_sum, _max, _min = sum, max, min


def sum(a, axis=None):
    return _pairwise(_numbers(a, "sum", axis))


def mean(a, axis=None):
    values = _numbers(a, "mean", axis)
    return _pairwise(values) / len(values) if values else nan


def var(a, axis=None, ddof=0):
    values = _numbers(a, "var", axis)
    centre = mean(values)
    return _pairwise([(value - centre) ** 2 for value in values]) / (len(values) - ddof)


def std(a, axis=None, ddof=0):
    return math.sqrt(var(_numbers(a, "std", axis), ddof=ddof))


def prod(a, axis=None):
    return math.prod(_numbers(list(a) if isinstance(a, tuple) else a, "prod", axis))


def max(a, axis=None):
    return _max(_numbers(a, "max", axis))


def min(a, axis=None):
    return _min(_numbers(a, "min", axis))


amax, amin = max, min


def argmax(a, axis=None):
    return a.index(_max(_numbers(a, "argmax", axis)))


def argmin(a, axis=None):
    return a.index(_min(_numbers(a, "argmin", axis)))


def maximum(x, y):
    return _max(_numbers([x, y], "maximum"))


def minimum(x, y):
    return _min(_numbers([x, y], "minimum"))


class _Random:
    # Programs seed it beside torch's generator, and draw nothing from it.
    def seed(self, seed=None):
        pass

    def __getattr__(self, name):
        _refuse("random." + name)


random = _Random()


def set_printoptions(**options):
    pass

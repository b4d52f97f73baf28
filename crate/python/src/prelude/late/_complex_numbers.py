# Python's complex numbers: the literal 2j asks for one. Beside a tensor they become a tensor without dimensions.
import math

import torch

__name__ = "builtins"


def _parts_of(value):
    if isinstance(value, complex):
        return value.real, value.imag
    return (float(value), 0.0) if isinstance(value, (int, float)) else None


def _binary(name, compute):
    def operate(self, other):
        if isinstance(other, torch.Tensor):
            return getattr(self._beside(other), name)(other)
        parts = _parts_of(other)
        return NotImplemented if parts is None else complex(*compute(self.real, self.imag, *parts))

    def reflected(self, other):
        if isinstance(other, torch.Tensor):
            return getattr(other.to(self._beside(other).dtype), name)(self)
        parts = _parts_of(other)
        return NotImplemented if parts is None else complex(*compute(*parts, self.real, self.imag))

    return operate, reflected


def _quotient(a, b, c, d):
    # As CPython divides (R. L. Smith, 1962): nothing is squared that might overflow.
    if abs(c) >= abs(d):
        if c == 0:
            raise ZeroDivisionError("complex division by zero")
        ratio = d / c
        size = c + d * ratio
        return (a + b * ratio) / size, (b - a * ratio) / size
    ratio = c / d
    size = c * ratio + d
    return (a * ratio + b) / size, (b * ratio - a) / size


def _power(a, b, c, d):
    if d == 0 and c == int(c) and abs(c) <= 100:
        real, imag = 1.0, 0.0
        for _ in range(int(abs(c))):
            real, imag = real * a - imag * b, real * b + imag * a
        return (real, imag) if c >= 0 else _quotient(1.0, 0.0, real, imag)
    if a == 0 and b == 0:
        return 0.0, 0.0
    size, angle = math.hypot(a, b), math.atan2(b, a)
    length, turn = size**c * math.exp(-d * angle), c * angle + d * math.log(size)
    return length * math.cos(turn), length * math.sin(turn)


def _shown(part):
    text = repr(part)
    return text[:-2] if text.endswith(".0") else text


class complex:
    # The built-in class of that name, whose maker asks for this one.
    _poses_as = complex

    def __init__(self, real=0.0, imag=0.0):
        (a, b), (c, d) = _parts_of(real), _parts_of(imag)
        self.real, self.imag = a - d, b + c

    def _beside(self, tensor):
        kind = tensor.real.dtype if tensor.is_complex() or tensor.is_floating_point() else torch.get_default_dtype()
        return torch.complex(torch.tensor(self.real, dtype=kind), torch.tensor(self.imag, dtype=kind))

    __add__, __radd__ = _binary("__add__", lambda a, b, c, d: (a + c, b + d))
    __sub__, __rsub__ = _binary("__sub__", lambda a, b, c, d: (a - c, b - d))
    __mul__, __rmul__ = _binary("__mul__", lambda a, b, c, d: (a * c - b * d, a * d + b * c))
    __truediv__, __rtruediv__ = _binary("__truediv__", _quotient)
    __pow__, __rpow__ = _binary("__pow__", _power)

    def __neg__(self):
        return complex(-self.real, -self.imag)

    def __pos__(self):
        return self

    def __abs__(self):
        return math.hypot(self.real, self.imag)

    def __bool__(self):
        return self.real != 0 or self.imag != 0

    def __eq__(self, other):
        parts = _parts_of(other)
        return NotImplemented if parts is None else (self.real, self.imag) == parts

    def __hash__(self):
        return hash(self.real) if self.imag == 0 else hash((self.real, self.imag))

    def conjugate(self):
        return complex(self.real, -self.imag)

    def __repr__(self):
        imag = _shown(self.imag) + "j"
        if self.real == 0 and math.copysign(1.0, self.real) > 0:
            return imag
        return f"({_shown(self.real)}{'' if imag[0] == '-' else '+'}{imag})"

    def __format__(self, spec):
        if spec == "":
            return repr(self)
        return f"{format(self.real, spec)}{'' if self.imag < 0 else '+'}{format(self.imag, spec)}j"

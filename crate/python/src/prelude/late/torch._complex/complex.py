# Complex tensors, as far as rotary embeddings need them: a real tensor whose last dimension holds the two parts.
#
# `Complex` is what programs see as a torch.Tensor of dtype torch.complex64. Every function of torch that is given one
# asks `__torch_function__` (PyTorch's own protocol), which knows the functions below and refuses the others.
import math

import torch
from _complex_numbers import complex as _Number


class _ComplexType:
    is_complex = True
    is_floating_point = False
    is_signed = True

    def __init__(self, name, itemsize):
        self.name, self.itemsize = name, itemsize

    def __repr__(self):
        return f"torch.{self.name}"

    @staticmethod
    def __torch_function__(name, args, kwargs):
        # `torch.zeros(2, dtype=torch.complex64)`, `x.to(torch.complex64)`
        if name not in ("zeros", "ones", "empty", "full", "eye", "tensor", "rand", "randn", "to"):
            raise NotImplementedError(f'"{name}" not implemented for \'ComplexFloat\'; use torch.complex of the two parts')
        kind = kwargs.get("dtype", args[-1])
        part = torch.float64 if kind is complex128 else torch.float32
        if name == "to":
            real = args[0].to(part)
        elif name in ("rand", "randn"):
            size = kwargs.pop("size", args)
            parts = torch.empty(tuple(size if isinstance(size[0], int) else size[0]) + (2,), dtype=part)
            generator = kwargs.get("generator")
            # The square of a complex number's size has the variance of a real one.
            return Complex(parts.uniform_(generator=generator) if name == "rand" else parts.normal_(0, 0.5**0.5, generator=generator))
        else:
            real = getattr(torch, name)(*args, **{**kwargs, "dtype": part})
        return complex(real, torch.zeros_like(real))


complex64 = cfloat = _ComplexType("complex64", 8)
complex128 = cdouble = _ComplexType("complex128", 16)


def _lifted(value, like):
    return Complex(torch.tensor([value.real, value.imag], dtype=like.dtype)) if isinstance(value, _Number) else value


def _pairs(value, like):
    # A number or a real tensor as the pair of parts that broadcasts with `like`.
    value = _lifted(value, like)
    if isinstance(value, Complex):
        return value._parts
    if not isinstance(value, torch.Tensor):
        value = torch.tensor(value, dtype=like.dtype)
    return torch.stack((value.to(like.dtype), torch.zeros_like(value, dtype=like.dtype)), -1)


__name__ = "torch"


class Tensor(torch.Tensor):
    def __init__(self, parts):
        self._parts = parts

    @staticmethod
    def __torch_function__(name, args, kwargs):
        function = _FUNCTIONS.get(name)
        if function is None:
            raise NotImplementedError(f'"{name}" not implemented for \'ComplexFloat\'; take torch.view_as_real of it first')
        return function(*args, **kwargs)

    @property
    def shape(self):
        return self._parts.shape[:-1]

    @property
    def dtype(self):
        return complex128 if self._parts.dtype == torch.float64 else complex64

    @property
    def real(self):
        return self._parts.select(-1, 0)

    @property
    def imag(self):
        return self._parts.select(-1, 1)

    @property
    def ndim(self):
        return self._parts.dim() - 1

    @property
    def device(self):
        return self._parts.device

    @property
    def requires_grad(self):
        return self._parts.requires_grad

    @property
    def T(self):
        return self.permute(*range(self.ndim - 1, -1, -1))

    def dim(self):
        return self.ndim

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def numel(self):
        return self._parts.numel() // 2

    def element_size(self):
        return self.dtype.itemsize

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return iter([Complex(part) for part in self._parts])

    def is_complex(self):
        return True

    def is_floating_point(self):
        return False

    def is_contiguous(self):
        return self._parts.is_contiguous()

    # The same cells elsewhere. Dimensions count from the front where the pair of parts is behind them.

    def _dim(self, dim):
        return dim if dim >= 0 else dim - 1

    def _sizes(self, sizes):
        return list(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else list(sizes)

    def view(self, *sizes):
        return Complex(self._parts.view(self._sizes(sizes) + [2]))

    def reshape(self, *sizes):
        return Complex(self._parts.reshape(self._sizes(sizes) + [2]))

    def expand(self, *sizes):
        return Complex(self._parts.expand(self._sizes(sizes) + [2]))

    def repeat(self, *sizes):
        return Complex(self._parts.repeat(self._sizes(sizes) + [1]))

    def permute(self, *dims):
        return Complex(self._parts.permute([dim % self.ndim for dim in self._sizes(dims)] + [self.ndim]))

    def transpose(self, dim0, dim1):
        return Complex(self._parts.transpose(self._dim(dim0), self._dim(dim1)))

    def unsqueeze(self, dim):
        return Complex(self._parts.unsqueeze(self._dim(dim)))

    def squeeze(self, dim):
        return Complex(self._parts.squeeze(self._dim(dim)))

    def flatten(self, start_dim=0, end_dim=-1):
        return Complex(self._parts.flatten(self._dim(start_dim), self._dim(end_dim)))

    def narrow(self, dim, start, length):
        return Complex(self._parts.narrow(self._dim(dim), start, length))

    def contiguous(self):
        return Complex(self._parts.contiguous())

    def clone(self):
        return Complex(self._parts.clone())

    def detach(self):
        return Complex(self._parts.detach())

    def to(self, *args, **kwargs):
        target = kwargs.get("dtype", args[0] if args else None)
        if target == complex64 or target == complex128:
            return Complex(self._parts.to(torch.float64 if target == complex128 else torch.float32))
        return self

    def cpu(self):
        return self

    def __getitem__(self, key):
        return Complex(self._parts[(key if isinstance(key, tuple) else (key,)) + (Ellipsis, slice(None))])

    # Arithmetic.

    def __add__(self, other):
        return Complex(self._parts + _pairs(other, self._parts))

    __radd__ = __add__

    def __sub__(self, other):
        return Complex(self._parts - _pairs(other, self._parts))

    def __rsub__(self, other):
        return Complex(_pairs(other, self._parts) - self._parts)

    def __neg__(self):
        return Complex(-self._parts)

    def __mul__(self, other):
        # A real factor is a complex one, too: of a zero, its other part says the sign.
        other = Complex(_pairs(other, self._parts))
        real = self.real * other.real - self.imag * other.imag
        imag = self.real * other.imag + self.imag * other.real
        return Complex(torch.stack((real, imag), -1))

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = _lifted(other, self._parts)
        if not isinstance(other, Complex):
            return Complex(self._parts / (other.unsqueeze(-1) if isinstance(other, torch.Tensor) else other))
        size = (other.real**2 + other.imag**2).unsqueeze(-1)
        return Complex((self * other.conj())._parts / size)

    def __rtruediv__(self, other):
        return Complex(_pairs(other, self._parts)) / self

    def __pow__(self, exponent):
        return torch.polar(self.abs() ** exponent, self.angle() * exponent)

    def __matmul__(self, other):
        if not isinstance(other, Complex):
            other = Complex(_pairs(other, self._parts))
        real = self.real @ other.real - self.imag @ other.imag
        imag = self.real @ other.imag + self.imag @ other.real
        return Complex(torch.stack((real, imag), -1))

    def __eq__(self, other):
        return (self._parts == _pairs(other, self._parts)).all(-1)

    add, sub, mul, div, pow, matmul, neg = __add__, __sub__, __mul__, __truediv__, __pow__, __matmul__, __neg__

    def conj(self):
        return Complex(torch.stack((self.real, -self.imag), -1))

    def resolve_conj(self):
        return self

    def abs(self):
        return torch.hypot(self.real, self.imag)

    def angle(self):
        return torch.atan2(self.imag, self.real)

    def exp(self):
        return torch.polar(self.real.exp(), self.imag)

    def sum(self, dim=None, keepdim=False):
        dims = list(range(self.ndim)) if dim is None else self._dim(dim)
        return Complex(self._parts.sum(dims, keepdim))

    def mean(self, dim=None, keepdim=False):
        dims = list(range(self.ndim)) if dim is None else self._dim(dim)
        return Complex(self._parts.mean(dims, keepdim))

    def cumsum(self, dim):
        return Complex(self._parts.cumsum(self._dim(dim)))

    def type_as(self, other):
        return self.to(other.dtype)

    def item(self):
        real, imag = self._parts.tolist()
        return _Number(real, imag)

    def tolist(self):
        return _listed(self._parts.tolist(), self.ndim)

    def __repr__(self):
        return torch._complex_repr(self._parts)

    def __format__(self, spec):
        return repr(self)


Complex = Tensor


def _listed(parts, depth):
    return _Number(*parts) if depth == 0 else [_listed(part, depth - 1) for part in parts]


def complex(real, imag):
    if real.dtype != imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {torch.typename(real)[6:-6]} but got scalar type {torch.typename(imag)[6:-6]} "
            "for second argument"
        )
    return Complex(torch._with_gradient_name(torch.stack(torch.broadcast_tensors(real, imag), -1), "ComplexBackward0"))


def polar(abs, angle):
    return Complex(torch._with_gradient_name(torch.stack((abs * torch.cos(angle), abs * torch.sin(angle)), -1), "PolarBackward0"))


def view_as_complex(input):
    if input.dim() == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.size(-1) != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if input.stride(-1) != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    return Complex(input)


def view_as_real(input):
    if not isinstance(input, Complex):
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return input._parts


def is_complex(input):
    return isinstance(input, Complex)


def _joined(join):
    def joined(tensors, dim=0):
        like = [tensor for tensor in tensors if isinstance(tensor, Complex)][0]
        return Complex(join([_pairs(tensor, like._parts) for tensor in tensors], like._dim(dim)))

    return joined


def _outer(input, vec2):
    return input.unsqueeze(1) * vec2.unsqueeze(0)


def _multiplied(input, other):
    return input * other


def _allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    return torch.allclose(_pairs(input, other._parts), _pairs(other, input._parts), rtol, atol, equal_nan)


_FUNCTIONS = {
    "abs": lambda input: input.abs(),
    "mul": _multiplied,
    "matmul": lambda input, other: input @ other,
    "outer": _outer,
    "exp": lambda input: input.exp(),
    "cat": _joined(torch.cat),
    "stack": _joined(torch.stack),
    "allclose": _allclose,
    "equal": lambda input, other: torch.equal(input._parts, other._parts),
    "reshape": lambda input, shape: input.reshape(shape),
    "unsqueeze": lambda input, dim: input.unsqueeze(dim),
    "transpose": lambda input, dim0, dim1: input.transpose(dim0, dim1),
    "numel": lambda input: input.numel(),
    "sum": lambda input, dim=None, keepdim=False: input.sum(dim, keepdim),
    "ones_like": lambda input, **options: Complex(_pairs(torch.ones_like(input.real), input._parts)),
    "zeros_like": lambda input, **options: Complex(torch.zeros_like(input._parts)),
    "is_tensor": lambda input: True,
}


def _angle(input):
    return input.angle() if isinstance(input, Complex) else torch.where(input < 0, math.pi, 0.0)


torch.complex, torch.polar, torch.is_complex = complex, polar, is_complex
torch.view_as_complex, torch.view_as_real = view_as_complex, view_as_real
torch.complex64 = torch.cfloat = complex64
torch.complex128 = torch.cdouble = complex128
torch.angle = _angle
torch.real = lambda input: input.real if isinstance(input, Complex) else input
torch.imag = lambda input: input.imag
torch.conj = lambda input: input.conj() if isinstance(input, Complex) else input

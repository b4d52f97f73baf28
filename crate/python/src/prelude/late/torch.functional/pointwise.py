# Functions of `torch` that go cell by cell, composed of others.


@_method
def asin(input):
    return _named(torch.atan2(input, torch.sqrt((1 - input) * (1 + input))), "AsinBackward0")


@_method
def acos(input):
    return _named(torch.atan2(torch.sqrt((1 - input) * (1 + input)), input), "AcosBackward0")


@_method
def atan(input):
    return _named(torch.atan2(_floating(input), torch.ones_like(_floating(input))), "AtanBackward0")


@_method
def sinh(input):
    grown = torch.expm1(_floating(input))
    return _named((grown + grown / (grown + 1)) / 2, "SinhBackward0")


@_method
def cosh(input):
    grown = torch.exp(_floating(input).abs())
    return _named((grown + 1 / grown) / 2, "CoshBackward0")


@_method
def asinh(input):
    size = _floating(input).abs()
    return _named(torch.log1p(size + size * size / (1 + torch.sqrt(size * size + 1))) * torch.sign(input), "AsinhBackward0")


@_method
def acosh(input):
    return _named(torch.log(input + torch.sqrt(input * input - 1)), "AcoshBackward0")


@_method
def atanh(input):
    return _named(0.5 * (torch.log1p(input) - torch.log1p(-input)), "AtanhBackward0")


@_method
def erfc(input):
    return _named(1 - torch.erf(input), "ErfcBackward0")


@_method
def logit(input, eps=None):
    if eps is not None:
        input = input.clamp(eps, 1 - eps)
    return _named(torch.log(input / (1 - input)), "LogitBackward0")


@_method
def sinc(input):
    angle = math.pi * input
    return _named(torch.where(input == 0, 1.0, torch.sin(angle) / angle), "SincBackward0")


@_method
def frac(input):
    return _named(input - torch.trunc(input), "FracBackward0")


@_method
def fmod(input, other):
    # The remainder has the sign of the dividend.
    return _named(input - torch.div(input, other, rounding_mode="trunc") * other, "FmodBackward0")


@_method
def deg2rad(input):
    return _named(input * (math.pi / 180), "Deg2RadBackward0")


@_method
def rad2deg(input):
    return _named(input * (180 / math.pi), "Rad2DegBackward0")


@_method
def hypot(input, other):
    # Rounded once, as PyTorch does: a turn of complex numbers has length 1.
    squares = input.double() ** 2 + other.double() ** 2
    return _named(torch.sqrt(squares).to(torch.promote_types(input.dtype, other.dtype)), "HypotBackward0")


@_method
def xlogy(input, other):
    logarithm = torch.log(other) if isinstance(other, torch.Tensor) else math.log(other)
    return _named(torch.where(input == 0, 0.0, input * logarithm), "XlogyBackward0")


@_method
def copysign(input, other):
    negative = torch.signbit(other) if isinstance(other, torch.Tensor) else math.copysign(1, other) < 0
    size = input.abs()
    if isinstance(negative, bool):
        return _named(-size if negative else size, "CopysignBackward0")
    return _named(torch.where(negative, -size, size), "CopysignBackward0")


@_method
def signbit(input):
    # The sign of a zero shows in its reciprocal.
    if not input.is_floating_point():
        return input < 0
    return (input < 0) | ((input == 0) & (1 / input < 0))


@_method
def heaviside(input, values):
    return torch.where(input == 0, values, (input > 0).to(input.dtype))


@_method
def fmax(input, other):
    return _named(torch.where(torch.isnan(input), other, torch.where(torch.isnan(other), input, torch.maximum(input, other))), "FmaxBackward0")


@_method
def fmin(input, other):
    return _named(torch.where(torch.isnan(input), other, torch.where(torch.isnan(other), input, torch.minimum(input, other))), "FminBackward0")


@_method
def logaddexp(input, other):
    largest = torch.maximum(input, other)
    return _named(largest + torch.log1p(torch.exp(-(input - other).abs())), "LogaddexpBackward0")


@_method
def logaddexp2(input, other):
    largest = torch.maximum(input, other)
    return _named(largest + torch.log2(1 + torch.exp2(-(input - other).abs())), "Logaddexp2Backward0")


@_method
def float_power(input, exponent):
    return torch.pow(input.double(), exponent)


@_method
def positive(input):
    return input


@_method
def isposinf(input):
    return input == math.inf


@_method
def isneginf(input):
    return input == -math.inf


@_method
def isreal(input):
    return torch.ones_like(input, dtype=torch.bool)


@_method
def gcd(input, other):
    a, b = torch.broadcast_tensors(input.abs(), other.abs())
    while bool((b != 0).any()):
        safe = torch.where(b == 0, 1, b)
        a, b = torch.where(b == 0, a, b), torch.where(b == 0, 0, a % safe)
    return a


@_method
def lcm(input, other):
    shared = torch.gcd(input, other)
    return (input // torch.where(shared == 0, 1, shared) * other).abs()


@_method
def bitwise_left_shift(input, other):
    return input << other


@_method
def bitwise_right_shift(input, other):
    return input >> other


@_method
def ldexp(input, other):
    return input * torch.pow(2.0, other)


@_method
def not_equal(input, other):
    return input != other


@_method
def greater_equal(input, other):
    return input >= other


@_method
def less_equal(input, other):
    return input <= other


@_method
def is_conj(input):
    return False


@_method
def is_signed(input):
    return input.dtype.is_signed


@_method
def is_inference(input):
    return False


@_method
def is_same_size(input, other):
    return input.shape == other.shape


@_method
def resolve_conj(input):
    return input

# What few programs ask of `math`, as CPython computes it.

_G = 6.024680040776729583740234375
_ABOVE = [
    23531376880.410759688572007674451636754734846804940, 42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843, 17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708, 1439720407.3117216736632230727949123739715485786372,
    248874557.86205415651146038641322942321632125127801, 31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768, 186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024, 210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
]
_BELOW = [0.0, 39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0, 2637558.0, 357423.0, 32670.0, 1925.0, 66.0, 1.0]


def _lanczos(x):
    above = below = 0.0
    if x < 5.0:
        for a, b in zip(reversed(_ABOVE), reversed(_BELOW)):
            above, below = above * x + a, below * x + b
    else:
        for a, b in zip(_ABOVE, _BELOW):
            above, below = above / x + a, below / x + b
    return above / below


def _sin_pi(x):
    y = fmod(fabs(x), 2.0)
    n = round(2.0 * y)
    turned = [lambda: sin(pi * y), lambda: cos(pi * (y - 0.5)), lambda: sin(pi * (1.0 - y)), lambda: -cos(pi * (y - 1.5)), lambda: sin(pi * (y - 2.0))]
    return copysign(1.0, x) * turned[n]()


def gamma(x):
    x = float(x)
    if isnan(x) or x == inf:
        return x
    if x == -inf or x <= 0 and x == floor(x):
        raise ValueError("math domain error")
    if x == floor(x) and x <= 23:
        return float(factorial(int(x) - 1))
    size = fabs(x)
    if size < 1e-20:
        return 1.0 / x
    if size > 200.0:
        if x < 0:
            return 0.0 / _sin_pi(x)
        raise OverflowError("math range error")
    y = size + (_G - 0.5)
    z = (y - size) - (_G - 0.5) if size > _G - 0.5 else (y - (_G - 0.5)) - size
    z = z * _G / y
    if x < 0:
        r = -pi / _sin_pi(size) / size * exp(y) / _lanczos(size)
        r -= z * r
        if size < 140.0:
            return r / y ** (size - 0.5)
        root = y ** (size / 2.0 - 0.25)
        return r / root / root
    r = _lanczos(size) / exp(y)
    r += z * r
    if size < 140.0:
        r *= y ** (size - 0.5)
    else:
        root = y ** (size / 2.0 - 0.25)
        r = r * root * root
    if isinf(r):
        raise OverflowError("math range error")
    return r


def lgamma(x):
    x = float(x)
    if not isfinite(x):
        return fabs(x)
    if x == floor(x) and x <= 2.0:
        if x <= 0.0:
            raise ValueError("math domain error")
        return 0.0
    size = fabs(x)
    if size < 1e-20:
        return -log(size)
    r = log(_lanczos(size)) - _G
    r += (size - 0.5) * (log(size + _G - 0.5) - 1)
    if x < 0.0:
        r = 1.144729885849400174143427351353058711647 - log(fabs(_sin_pi(size))) - log(size) - r
    if isinf(r):
        raise OverflowError("math range error")
    return r


def perm(n, k=None):
    if k is None:
        return factorial(n)
    if n < 0 or k < 0:
        raise ValueError(f"{'n' if n < 0 else 'k'} must be a non-negative integer")
    product = 1
    for factor in range(n - k + 1, n + 1) if k <= n else (0,):
        product *= factor
    return product


def isqrt(n):
    # More bits of the root with every turn, as CPython does it.
    if not isinstance(n, int):
        raise TypeError(f"'{type(n).__name__}' object cannot be interpreted as an integer")
    if n <= 0:
        if n < 0:
            raise ValueError("isqrt() argument must be nonnegative")
        return 0
    c, a, d = (n.bit_length() - 1) // 2, 1, 0
    for s in reversed(range(c.bit_length())):
        e, d = d, c >> s
        a = (a << d - e - 1) + (n >> 2 * c - e - d + 1) // a
    return a - (a * a > n)


def dist(p, q):
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return sqrt(fsum([(a - b) ** 2 for a, b in zip(p, q)]))


def frexp(x):
    x, exponent = float(x), 0
    if not isfinite(x) or x == 0:
        return x, 0
    while fabs(x) >= 1.0:
        x, exponent = x / 2, exponent + 1
    while fabs(x) < 0.5:
        x, exponent = x * 2, exponent - 1
    return x, exponent


def ldexp(x, i):
    x = float(x)
    if not isfinite(x) or x == 0:
        return x
    i = max(-2200, min(2200, i))
    while i > 1000:
        x, i = x * 2.0**1000, i - 1000
    while i < -1000:
        x, i = x * 2.0**-1000, i + 1000
    x *= 2.0**i
    if isinf(x):
        raise OverflowError("math range error")
    return x


def modf(x):
    x = float(x)
    if isinf(x):
        return copysign(0.0, x), x
    return (x, x) if isnan(x) else (copysign(fmod(x, 1.0), x), copysign(float(trunc(x)), x))


def exp2(x):
    if x >= 1024 and x != inf:
        raise OverflowError("math range error")
    return 2.0**x


def remainder(x, y):
    x, y = float(x), float(y)
    if isnan(x) or isnan(y):
        return x if isnan(x) else y
    if isinf(x) or y == 0.0:
        raise ValueError("math domain error")
    if isinf(y):
        return x
    absx, absy = fabs(x), fabs(y)
    m = fmod(absx, absy)
    c = absy - m
    r = m if m < c else -c if m > c else m - 2.0 * fmod(0.5 * (absx - m), absy)
    return copysign(1.0, x) * r


def ulp(x):
    x = fabs(x)
    return x if not isfinite(x) else ldexp(1.0, max(frexp(x)[1] - 53, -1074)) if x else 5e-324


def nextafter(x, y):
    x, y = float(x), float(y)
    if isnan(x) or isnan(y):
        return x if isnan(x) else y
    if x == y:
        return y
    if x == 0:
        return copysign(5e-324, y)
    if isinf(x):
        return copysign(1.7976931348623157e308, x)
    step = ulp(x)
    # Below a power of two the next number is half as far.
    if fabs(frexp(x)[0]) == 0.5 and (y > x) != (x > 0):
        step = max(step / 2, 5e-324)
    return x + step if y > x else x - step


# The logarithms of fdlibm, which C's libraries compute.
def asinh(x):
    x, size = float(x), fabs(x)
    if not isfinite(x) or x == 0:
        return x
    if size > 2.0**28:
        return copysign(log(size) + log(2.0), x)
    if size > 2.0:
        return copysign(log(2.0 * size + 1.0 / (sqrt(x * x + 1.0) + size)), x)
    return copysign(log1p(size + x * x / (1.0 + sqrt(1.0 + x * x))), x)


def acosh(x):
    if x < 1:
        raise ValueError("math domain error")
    if x > 2.0**28:
        return log(x) + log(2.0)
    if x > 2:
        return log(2.0 * x - 1.0 / (x + sqrt(x * x - 1.0)))
    t = x - 1.0
    return log1p(t + sqrt(2.0 * t + t * t))


def atanh(x):
    size = fabs(x)
    if size >= 1:
        raise ValueError("math domain error")
    twice = size + size
    return copysign(0.5 * log1p(twice + twice * size / (1.0 - size) if size < 0.5 else twice / (1.0 - size)), x)

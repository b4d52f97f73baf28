import math

from math import e, inf, nan, pi, tau


def exp(x):
    x = complex(x)
    return rect(math.exp(x.real), x.imag)


def phase(x):
    x = complex(x)
    return math.atan2(x.imag, x.real)


def polar(x):
    return abs(complex(x)), phase(x)


def rect(r, phi):
    return complex(r * math.cos(phi), r * math.sin(phi))


def sqrt(x):
    x = complex(x)
    size = math.sqrt((abs(x) + abs(x.real)) / 2)
    if size == 0:
        return complex()
    other = abs(x.imag) / (2 * size)
    real, imag = (size, other) if x.real >= 0 else (other, size)
    return complex(real, math.copysign(imag, x.imag))


def log(x):
    return complex(math.log(abs(complex(x))), phase(x))

import math


class Fraction:
    def __init__(self, numerator=0, denominator=1):
        if isinstance(numerator, str):
            above, _, below = numerator.strip().partition("/")
            whole, _, digits = above.partition(".")
            numerator, denominator = int(whole + digits), int(below or 1) * 10 ** len(digits)
        if isinstance(numerator, float):
            mantissa, exponent = math.frexp(numerator)
            numerator, exponent = int(mantissa * 2**53), exponent - 53
            numerator, denominator = (numerator * 2**exponent, 1) if exponent > 0 else (numerator, 2**-exponent)
        if isinstance(numerator, Fraction) or isinstance(denominator, Fraction):
            above, below = _pair(numerator), _pair(denominator)
            numerator, denominator = above[0] * below[1], above[1] * below[0]
        if denominator == 0:
            raise ZeroDivisionError(f"Fraction({numerator}, 0)")
        shared = math.gcd(numerator, denominator) * (1 if denominator > 0 else -1)
        self.numerator, self.denominator = numerator // shared, denominator // shared

    def limit_denominator(self, max_denominator=1000000):
        if self.denominator <= max_denominator:
            return self
        p0, q0, p1, q1 = 0, 1, 1, 0
        n, d = self.numerator, self.denominator
        while q0 + n // d * q1 <= max_denominator or q1 == 0:
            a = n // d
            p0, q0, p1, q1 = p1, q1, p0 + a * p1, q0 + a * q1
            n, d = d, n - a * d
        k = (max_denominator - q0) // q1
        below, above = Fraction(p0 + k * p1, q0 + k * q1), Fraction(p1, q1)
        return above if abs(above - self) <= abs(below - self) else below

    def __repr__(self):
        return f"Fraction({self.numerator}, {self.denominator})"

    def __str__(self):
        return str(self.numerator) if self.denominator == 1 else f"{self.numerator}/{self.denominator}"

    def __float__(self):
        return self.numerator / self.denominator

    def __int__(self):
        return int(self.numerator / abs(self.numerator or 1)) * (abs(self.numerator) // self.denominator)

    def __bool__(self):
        return self.numerator != 0

    def __hash__(self):
        return hash(self.numerator) if self.denominator == 1 else hash(float(self))

    def __neg__(self):
        return Fraction(-self.numerator, self.denominator)

    def __abs__(self):
        return Fraction(abs(self.numerator), self.denominator)

    def __pow__(self, power):
        if not isinstance(power, int):
            return float(self) ** float(power)
        if power < 0:
            return Fraction(self.denominator**-power, self.numerator**-power)
        return Fraction(self.numerator**power, self.denominator**power)


def _pair(value):
    return (value.numerator, value.denominator) if isinstance(value, Fraction) else (value, 1)


def _exact(a, b, c, d):
    return {
        "add": lambda: Fraction(a * d + b * c, b * d),
        "sub": lambda: Fraction(a * d - b * c, b * d),
        "mul": lambda: Fraction(a * c, b * d),
        "truediv": lambda: Fraction(a * d, b * c),
        "floordiv": lambda: (a * d) // (b * c),
        "mod": lambda: Fraction(a * d % (b * c), b * d),
        "eq": lambda: a * d == b * c,
        "lt": lambda: a * d < b * c,
        "le": lambda: a * d <= b * c,
        "gt": lambda: a * d > b * c,
        "ge": lambda: a * d >= b * c,
    }


def _operator(name, turned):
    import operator

    def apply(self, other):
        if isinstance(other, float):
            pair = (other, float(self)) if turned else (float(self), other)
            return getattr(operator, name)(*pair)
        if not isinstance(other, (int, Fraction)):
            return NotImplemented
        pair = _pair(other) + _pair(self) if turned else _pair(self) + _pair(other)
        return _exact(*pair)[name]()

    return apply


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "eq", "lt", "le", "gt", "ge"):
    setattr(Fraction, f"__{_name}__", _operator(_name, False))
    if len(_name) > 2:
        setattr(Fraction, f"__r{_name}__", _operator(_name, True))

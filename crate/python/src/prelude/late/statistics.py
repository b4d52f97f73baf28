# Averages and spreads of plain numbers.
import math
from fractions import Fraction


class StatisticsError(ValueError):
    pass


def _values(data, what):
    values = list(data)
    if not values:
        raise StatisticsError(f"{what} requires at least one data point")
    return values


def _number(exact, values):
    # Whole numbers have a whole mean where they can.
    is_whole = exact.denominator == 1 and all([isinstance(value, int) for value in values])
    return exact.numerator if is_whole else float(exact)


def _exact_mean(values):
    return sum([Fraction(value) for value in values], Fraction()) / len(values)


def mean(data):
    values = _values(data, "mean")
    return _number(_exact_mean(values), values)


def fmean(data):
    values = _values(data, "fmean")
    return math.fsum(values) / len(values)


def median(data):
    values = sorted(_values(data, "median"))
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def mode(data):
    counts = {}
    for value in _values(data, "mode"):
        counts[value] = counts.get(value, 0) + 1
    return max(counts, key=lambda value: counts[value])


def _squares(values, centre):
    centre = _exact_mean(values) if centre is None else Fraction(centre)
    return sum([(Fraction(value) - centre) ** 2 for value in values], Fraction())


def _pvariance(data, mu):
    values = _values(data, "pvariance")
    return _squares(values, mu) / len(values), values


def _variance(data, xbar, what):
    values = list(data)
    if len(values) < 2:
        raise StatisticsError(f"{what} requires at least two data points")
    return _squares(values, xbar) / (len(values) - 1), values


def pvariance(data, mu=None):
    return _number(*_pvariance(data, mu))


def variance(data, xbar=None):
    return _number(*_variance(data, xbar, "variance"))


def _root(exact):
    # Rounded once: as many bits of the root as a float has, and whether there are more.
    n, m = exact.numerator, exact.denominator
    q = (n.bit_length() - m.bit_length() - 109) // 2
    n, m = (n, m << 2 * q) if q >= 0 else (n << -2 * q, m)
    root = math.isqrt(n // m)
    root |= root * root * m != n
    return float(root << q) if q >= 0 else root / (1 << -q)


def stdev(data, xbar=None):
    return _root(_variance(data, xbar, "stdev")[0])


def pstdev(data, mu=None):
    return _root(_pvariance(data, mu)[0])


def multimode(data):
    counts = {}
    for value in data:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return [value for value, count in counts.items() if count == most]


def median_low(data):
    values = sorted(_values(data, "median"))
    return values[(len(values) - 1) // 2]


def median_high(data):
    values = sorted(_values(data, "median"))
    return values[len(values) // 2]


def harmonic_mean(data, weights=None):
    values = _values(data, "harmonic_mean")
    weights = [1] * len(values) if weights is None else list(weights)
    if 0 in values:
        return 0
    return float(Fraction(sum(weights)) / sum([Fraction(weight / value) for weight, value in zip(weights, values)], Fraction()))


def geometric_mean(data):
    return math.exp(fmean([math.log(value) for value in _values(data, "geometric_mean")]))


def quantiles(data, *, n=4, method="exclusive"):
    values = sorted(data)
    if n < 1:
        raise StatisticsError("n must be at least 1")
    if len(values) < 2:
        raise StatisticsError("must have at least two data points")
    cuts = []
    for i in range(1, n):
        if method == "inclusive":
            j, delta = divmod(i * (len(values) - 1), n)
            cuts.append((values[j] * (n - delta) + values[j + 1] * delta) / n)
        else:
            j = min(max(i * (len(values) + 1) // n, 1), len(values) - 1)
            delta = i * (len(values) + 1) - j * n
            cuts.append((values[j - 1] * (n - delta) + values[j] * delta) / n)
    return cuts

# Averages and spreads of plain numbers.
import math


class StatisticsError(ValueError):
    pass


def _values(data, what):
    values = list(data)
    if not values:
        raise StatisticsError(f"{what} requires at least one data point")
    return values


def _whole(value):
    return int(value) if value == int(value) and not isinstance(value, float) else value


def mean(data):
    values = _values(data, "mean")
    total = math.fsum(values) / len(values)
    return int(total) if all([isinstance(value, int) for value in values]) and total == int(total) else total


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


def pvariance(data, mu=None):
    values = _values(data, "pvariance")
    centre = fmean(values) if mu is None else mu
    return math.fsum([(value - centre) ** 2 for value in values]) / len(values)


def variance(data, xbar=None):
    values = list(data)
    if len(values) < 2:
        raise StatisticsError("variance requires at least two data points")
    centre = fmean(values) if xbar is None else xbar
    return math.fsum([(value - centre) ** 2 for value in values]) / (len(values) - 1)


def stdev(data, xbar=None):
    return math.sqrt(variance(data, xbar))


def pstdev(data, mu=None):
    return math.sqrt(pvariance(data, mu))


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
    return 0 if 0 in values else sum(weights) / math.fsum([weight / value for weight, value in zip(weights, values)])


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

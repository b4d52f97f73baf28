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

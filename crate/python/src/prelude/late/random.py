import math as _math


def _below(n):
    bits = n.bit_length()
    value = getrandbits(bits)
    while value >= n:
        value = getrandbits(bits)
    return value


def randrange(start, stop=None, step=1):
    if stop is None:
        start, stop = 0, start
    width = (stop - start + step - 1) // step if step > 0 else (stop - start + step + 1) // step
    if width <= 0:
        raise ValueError(f"empty range for randrange() ({start}, {stop}, {stop - start})")
    return start + step * _below(width)


def randint(a, b):
    return randrange(a, b + 1)


def choice(values):
    if len(values) == 0:
        raise IndexError("Cannot choose from an empty sequence")
    return values[_below(len(values))]


def choices(population, weights=None, *, k=1):
    if weights is None:
        return [population[_math.floor(random() * len(population))] for _ in range(k)]
    total, cumulative = 0, []
    for weight in weights:
        total += weight
        cumulative.append(total)
    chosen = []
    for _ in range(k):
        point = random() * total
        index = 0
        while index < len(cumulative) - 1 and cumulative[index] <= point:
            index += 1
        chosen.append(population[index])
    return chosen


def shuffle(values):
    for i in range(len(values) - 1, 0, -1):
        j = _below(i + 1)
        values[i], values[j] = values[j], values[i]


def sample(population, k):
    n = len(population)
    if not 0 <= k <= n:
        raise ValueError("Sample larger than population or is negative")
    setsize = 21
    if k > 5:
        setsize += 4 ** _math.ceil(_math.log(k * 3, 4))
    if n <= setsize:
        pool, result = list(population), []
        for i in range(k):
            j = _below(n - i)
            result.append(pool[j])
            pool[j] = pool[n - i - 1]
        return result
    selected, result = set(), []
    for _ in range(k):
        j = _below(n)
        while j in selected:
            j = _below(n)
        selected.add(j)
        result.append(population[j])
    return result


def uniform(a, b):
    return a + (b - a) * random()


_spare = [None]


def gauss(mu=0.0, sigma=1.0):
    value = _spare[0]
    _spare[0] = None
    if value is None:
        angle = random() * _math.tau
        radius = _math.sqrt(-2.0 * _math.log(1.0 - random()))
        value = _math.cos(angle) * radius
        _spare[0] = _math.sin(angle) * radius
    return mu + value * sigma


def normalvariate(mu=0.0, sigma=1.0):
    constant = 4 * _math.exp(-0.5) / _math.sqrt(2.0)
    while True:
        u1 = random()
        u2 = 1.0 - random()
        z = constant * (u1 - 0.5) / u2
        if z * z / 4.0 <= -_math.log(u2):
            return mu + z * sigma

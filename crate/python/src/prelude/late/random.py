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


def choices(population, weights=None, *, cum_weights=None, k=1):
    if weights is None and cum_weights is None:
        return [population[_math.floor(random() * len(population))] for _ in range(k)]
    if weights is not None and cum_weights is not None:
        raise TypeError("Cannot specify both weights and cumulative weights")
    total, cumulative = 0, list(cum_weights or ())
    for weight in weights or ():
        total += weight
        cumulative.append(total)
    total = cumulative[-1]
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


def lognormvariate(mu=0.0, sigma=1.0):
    return _math.exp(normalvariate(mu, sigma))


def expovariate(lambd=1.0):
    return -_math.log(1.0 - random()) / lambd


def triangular(low=0.0, high=1.0, mode=None):
    u, c = random(), 0.5 if mode is None else (mode - low) / (high - low)
    if u > c:
        u, c, low, high = 1.0 - u, 1.0 - c, high, low
    return low + (high - low) * _math.sqrt(u * c)


def getstate():
    return 3, _state(), _spare[0]


def setstate(state):
    version, words, spare = state
    if version != 3:
        raise ValueError(f"state with version {version} passed to Random.setstate() of version 3")
    _set_state(words)
    _spare[0] = spare


_functions = globals()


class Random:
    # The one generator draws, and gets its own state back afterwards.
    def __init__(self, x=None):
        self._state = getstate()
        self.seed(x)

    def __getattr__(self, name):
        if name.startswith("_") or name not in _functions:
            raise AttributeError(f"'Random' object has no attribute '{name}'")

        def drawn(*args, **kwargs):
            outer = getstate()
            setstate(self._state)
            try:
                return _functions[name](*args, **kwargs)
            finally:
                self._state = getstate()
                setstate(outer)

        return drawn

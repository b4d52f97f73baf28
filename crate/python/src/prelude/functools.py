class partial:
    def __init__(self, func, *args, **keywords):
        self.func, self.args, self.keywords = func, args, keywords

    def __call__(self, *args, **keywords):
        return self.func(*self.args, *args, **{**self.keywords, **keywords})


def reduce(function, iterable, *initial):
    iterator = iter(iterable)
    if initial:
        value = initial[0]
    else:
        try:
            value = next(iterator)
        except StopIteration:
            raise TypeError("reduce() of empty iterable with no initial value")
    for item in iterator:
        value = function(value, item)
    return value


def wraps(wrapped, assigned=None, updated=None):
    def decorate(wrapper):
        wrapper.__name__ = wrapped.__name__
        wrapper.__doc__ = wrapped.__doc__
        wrapper.__wrapped__ = wrapped
        return wrapper

    return decorate


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return _cached(maxsize)
    return _cached


def _cached(function):
    results = {}

    def cached(*args, **kwargs):
        key = (args, tuple(kwargs.items()))
        if key not in results:
            results[key] = function(*args, **kwargs)
        return results[key]

    cached.__name__ = function.__name__
    cached.__wrapped__ = function
    cached.cache_clear = results.clear
    return cached


cache = _cached


def cached_property(function):
    return property(_cached(function))


class _Key:
    def __init__(self, value, compare):
        self.value, self.compare = value, compare

    def __lt__(self, other):
        return self.compare(self.value, other.value) < 0


def cmp_to_key(compare):
    return lambda value: _Key(value, compare)


def total_ordering(cls):
    if not hasattr(cls, "__gt__"):
        cls.__gt__ = lambda self, other: other < self
    if not hasattr(cls, "__le__"):
        cls.__le__ = lambda self, other: not other < self
    if not hasattr(cls, "__ge__"):
        cls.__ge__ = lambda self, other: not self < other
    return cls

from collections import namedtuple


class partial:
    def __init__(self, func, *args, **keywords):
        if isinstance(func, partial):
            func, args, keywords = func.func, func.args + args, {**func.keywords, **keywords}
        self.func, self.args, self.keywords = func, args, keywords

    def __call__(self, *args, **keywords):
        return self.func(*self.args, *args, **{**self.keywords, **keywords})

    def __repr__(self):
        parts = [repr(self.func)] + [repr(arg) for arg in self.args]
        parts += [f"{name}={value!r}" for name, value in self.keywords.items()]
        return f"functools.partial({', '.join(parts)})"


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


def update_wrapper(wrapper, wrapped, assigned=None, updated=None):
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        if hasattr(wrapped, name):
            setattr(wrapper, name, getattr(wrapped, name))
    wrapper.__dict__.update(getattr(wrapped, "__dict__", {}))
    wrapper.__wrapped__ = wrapped
    return wrapper


def wraps(wrapped, assigned=None, updated=None):
    return lambda wrapper: update_wrapper(wrapper, wrapped)


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return _cached(maxsize, 128)
    return lambda function: _cached(function, maxsize)


_CacheInfo = namedtuple("CacheInfo", ["hits", "misses", "maxsize", "currsize"])


def _cached(function, maxsize=None):
    results = {}
    counts = [0, 0]

    def cached(*args, **kwargs):
        key = (args, tuple(kwargs.items()))
        if key in results:
            counts[0] += 1
            result = results.pop(key)
        else:
            counts[1] += 1
            result = function(*args, **kwargs)
            if maxsize is not None and len(results) >= maxsize:
                # The one that was asked for longest ago goes.
                del results[next(iter(results))]
        results[key] = result
        return result

    def clear():
        results.clear()
        counts[0] = counts[1] = 0

    update_wrapper(cached, function)
    cached.cache_clear = clear
    cached.cache_info = lambda: _CacheInfo(counts[0], counts[1], maxsize, len(results))
    return cached


cache = _cached


class cached_property:
    # A descriptor whose value takes its place in the object.
    def __init__(self, function):
        self.func = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        if self.name not in instance.__dict__:
            instance.__dict__[self.name] = self.func(instance)
        return instance.__dict__[self.name]


class partialmethod:
    def __init__(self, func, *args, **keywords):
        self.func, self.args, self.keywords = func, args, keywords

    def __get__(self, instance, owner=None):
        return partial(self.func, instance, *self.args, **self.keywords)


def singledispatch(function):
    kinds = {object: function}

    def chosen(kind):
        for cls in kind.__mro__:
            if cls in kinds:
                return kinds[cls]
        return function

    def dispatch(*args, **kwargs):
        return chosen(type(args[0]))(*args, **kwargs)

    def register(cls, implementation=None):
        if implementation is not None:
            kinds[cls] = implementation
            return implementation
        if isinstance(cls, type):
            return lambda implementation: register(cls, implementation)
        # Without a class the first annotation says it.
        kinds[_annotated(cls)] = cls
        return cls

    update_wrapper(dispatch, function)
    dispatch.register, dispatch.dispatch, dispatch.registry = register, chosen, kinds
    return dispatch


def _annotated(function):
    for kind in function.__annotations__.values():
        return kind
    raise TypeError("Invalid first argument to `register()`. Use either `@register(some_class)` or plain `@register` on an annotated function.")


class singledispatchmethod:
    def __init__(self, func):
        self.func, self.dispatcher = func, singledispatch(func)

    def register(self, cls, method=None):
        return self.dispatcher.register(cls, method)

    def __get__(self, instance, owner=None):
        def dispatch(*args, **kwargs):
            return self.dispatcher.dispatch(type(args[0]))(instance, *args, **kwargs)

        return dispatch


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

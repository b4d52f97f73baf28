# Operators as functions.

add, sub, mul, truediv = lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b
floordiv, mod, pow, matmul = lambda a, b: a // b, lambda a, b: a % b, lambda a, b: a**b, lambda a, b: a @ b
and_, or_, xor = lambda a, b: a & b, lambda a, b: a | b, lambda a, b: a ^ b
lshift, rshift, concat = lambda a, b: a << b, lambda a, b: a >> b, lambda a, b: a + b
eq, ne, lt = lambda a, b: a == b, lambda a, b: a != b, lambda a, b: a < b
le, gt, ge = lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b
is_, is_not, contains = lambda a, b: a is b, lambda a, b: a is not b, lambda a, b: b in a
neg, pos, invert, not_ = lambda a: -a, lambda a: +a, lambda a: ~a, lambda a: not a
inv, truth, abs, getitem = invert, bool, abs, lambda a, b: a[b]


def index(a):
    return int(a) if isinstance(a, int) else a.__index__()


def setitem(a, b, c):
    a[b] = c


def delitem(a, b):
    del a[b]


def countOf(a, b):
    return len([item for item in a if item is b or item == b])


def indexOf(a, b):
    for position, item in enumerate(a):
        if item is b or item == b:
            return position
    raise ValueError("sequence.index(x): x not in sequence")


def iadd(a, b):
    a += b
    return a


def isub(a, b):
    a -= b
    return a


def imul(a, b):
    a *= b
    return a


def itruediv(a, b):
    a /= b
    return a


def itemgetter(*keys):
    if len(keys) == 1:
        return lambda value: value[keys[0]]
    return lambda value: tuple([value[key] for key in keys])


def _attribute(value, name):
    for part in name.split("."):
        value = getattr(value, part)
    return value


def attrgetter(*names):
    if len(names) == 1:
        return lambda value: _attribute(value, names[0])
    return lambda value: tuple([_attribute(value, name) for name in names])


def methodcaller(name, *args, **kwargs):
    return lambda value: getattr(value, name)(*args, **kwargs)


for _name, _function in list(globals().items()):
    if type(_function) is type(index):
        _function.__name__ = _name

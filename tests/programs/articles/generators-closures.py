# Generators, closures, nonlocal and global, decorators, context managers, try and finally.
import functools
from contextlib import contextmanager

import torch

calls = 0


def counted(label="call"):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            global calls
            calls += 1
            print(f"{label} {calls}: {function.__name__}{args}", kwargs or "")
            return function(*args, **kwargs)
        return wrapper
    return decorate


@counted("draw")
def draw(n, *, scale=1.0):
    return torch.arange(n) * scale


print(draw(3), draw(2, scale=0.5), draw.__name__)


def batches(data, size):
    for start in range(0, len(data), size):
        yield data[start:start + size]


def numbered(source):
    i = 0
    try:
        while True:
            item = next(source)
            yield i, item
            i += 1
    except StopIteration:
        return


for i, batch in numbered(batches(torch.arange(7), 3)):
    print(i, batch)


def chain(*sources):
    for source in sources:
        yield from source


print(list(chain("ab", range(2), (x * x for x in (3, 4)))), sum(x for x in range(5) if x % 2))


def averager():
    total, count = 0.0, 0

    def add(x):
        nonlocal total, count
        total += x
        count += 1
        return total / count

    return add


average = averager()
print([average(x) for x in (1, 2, 6)])


@contextmanager
def indented(title):
    print(">", title)
    try:
        yield title.upper()
    finally:
        print("<", title)


with indented("outer") as name, indented("inner"):
    print(name)


def safe(f, *args):
    try:
        return f(*args)
    except (ValueError, ZeroDivisionError) as e:
        return type(e).__name__
    else:
        return "never"
    finally:
        print("done", end=" ")


print(safe(int, "7"), safe(int, "x"), safe(lambda a, b: a / b, 1, 0))
fns = [lambda x, k=k: x * k for k in range(3)]
print([f(10) for f in fns], functools.reduce(lambda a, b: a * b, range(1, 6)))
powers = functools.partial(pow, 2)
print(powers(5), list(map(powers, range(4))), list(filter(None, [0, 1, "", "a"])))
first, *middle, last = batches("abcdefg", 2)
print(first, middle, last)

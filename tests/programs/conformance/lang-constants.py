# Constants that are folded, comparisons without a call, items of tuples, and dictionaries taken over whole.
import collections

# Negative numbers and tuples of constants.
print(-1, -0, - -1, -1.5, -0.0, -9223372036854775808, -(-9223372036854775807), -9223372036854775809, -True)
print((-1, (2, -3.0), "a", None, ..., b"x", True), (), ((),), -(1,)[0])
shapes = [(2, -1) for _ in range(2)]
print(shapes, shapes[0] is shapes[1], hash((2, -1)) == hash(shapes[0]))


def last(x, dims=(-2, -1)):
    dims += (x,)
    return dims


print(last(1), last(2))
try:
    print(-"a")
except TypeError as error:
    print(error)
try:
    print(-())
except TypeError as error:
    print(error)

# Items of tuples, within and beyond.
three = (10, 20, 30)
print(three[0], three[-1], three[True], three[-3])
for index in (3, -4, 2**32, -(2**32), 2**63, -9223372036854775808):
    try:
        print(three[index])
    except IndexError as error:
        print(type(error).__name__, error)
try:
    print(three[1.0])
except TypeError as error:
    print(error)
Pair = collections.namedtuple("Pair", "left right")
print(Pair(1, 2)[1], Pair(1, 2)[-2])

# Comparisons: of whole numbers, across types, and of what is the same.
print([(a < b, a <= b, a > b, a >= b, a == b, a != b) for a, b in [(1, 2), (2, 2), (3, 2), (-1, 1)]])
print(1 < 2.5, 2 == 2.0, 1 == True, 2 != "2", 1 < 2 < 3, 3 > 2 > 2, not 0, not 1 < 2, not "")
nothing = None
print(nothing is None, nothing is not None, three is three, three is not three, [] is [])
try:
    print(1 < "2")
except TypeError as error:
    print(error)


class Odd:
    def __lt__(self, other):
        return "less"

    def __eq__(self, other):
        return "equal"


print(Odd() < 1, 1 > Odd(), Odd() == 1, 1 == Odd(), Odd() is Odd())

# One dictionary taken over by another.
first = {"b": 1, "a": 2, (1, 2): 3, -1: 4}
del first["b"]
merged = {**first, "a": 5, **{"z": 6, -1: 7}}
print(merged, first, list(merged) == list({**merged}))
copy = first.copy()
copy["b"] = 8
copy.update(first)
print(copy, dict(first) == first, dict(first, a=9), {} | first | {"a": 10})
first.update(first)
print(first, {**first}.pop("a"), "b" in {**first})
print(collections.OrderedDict(first), collections.defaultdict(int, first)["new"])


def keywords(**given):
    return given


given = {"x": 1, "y": 2}
print(keywords(**given), keywords(**given, z=3), keywords(**given) is given)
for wrong in ({1: 2}, {"x": 2}):
    try:
        keywords(x=1, **wrong)
    except TypeError as error:
        print(str(error).split("got ")[-1])

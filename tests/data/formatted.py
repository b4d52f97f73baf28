"""Records how Python formats numbers and strings: python formatted.py > formatted.txt

A line is kind, value, specification and result, separated by tabs; a result that starts with `!` is the message of
the ValueError. Floats are written as float.hex, strings with `\\u` escapes for what is not printable ASCII.
"""
import random
import struct

random.seed(2)


def line(kind, value, spec, call):
    try:
        result = call()
    except (ValueError, OverflowError) as error:
        result = "!" + str(error)
    shown = value.hex() if isinstance(value, float) else escaped(value) if isinstance(value, str) else str(value)
    print(kind, shown, escaped(spec), escaped(result), sep="\t")


def escaped(text):
    return "".join(c if " " <= c <= "~" and c != "\\" else f"\\u{{{ord(c):x}}}" for c in text)


def some_float():
    roll = random.random()
    if roll < 0.1:
        return random.choice([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e16, 1e-5, 123456789012345680.0])
    if roll < 0.3:
        return struct.unpack("<d", random.randbytes(8))[0]
    if roll < 0.5:
        return float(random.randint(-10**random.randint(1, 18), 10**random.randint(1, 18)))
    if roll < 0.7:
        return round(random.uniform(-1000, 1000), random.randint(0, 4))
    return random.uniform(-1, 1) * 10 ** random.randint(-8, 20)


def some_spec(types):
    spec = ""
    if random.random() < 0.3:
        spec += random.choice(["", "*", " ", "0", "é"]) + random.choice("<>^=")
    if random.random() < 0.3:
        spec += random.choice("+- ")
    if random.random() < 0.1:
        spec += "#"
    if random.random() < 0.2:
        spec += "0"
    if random.random() < 0.5:
        spec += str(random.randint(1, 18))
    if random.random() < 0.15:
        spec += random.choice(",_")
    if random.random() < 0.5:
        spec += "." + str(random.randint(0, 8))
    return spec + random.choice(types)


for _ in range(150):
    value = some_float()
    line("repr", value, "", lambda: repr(value))
for _ in range(500):
    value, spec = some_float(), some_spec(["", "e", "E", "f", "F", "g", "G", "n", "%", "f", "f", "g", "d"])
    line("float", value, spec, lambda: format(value, spec))
for _ in range(300):
    value = random.randint(-10**random.randint(0, 15), 10**random.randint(0, 15))
    spec = some_spec(["", "d", "b", "o", "x", "X", "d", "n", "f", "e", "%", "s"])
    line("int", value, spec, lambda: format(value, spec))
for value, spec in [(65, "c"), (8364, "5c"), (-1, "c"), (0, "#x"), (7, "z"), (3, "d d"), (3, ",x"), (3, "._"), (3, ",_"), (5, "+c")]:
    line("int", value, spec, lambda: format(value, spec))
for value, spec in [(-0.001, "z.1f"), (-0.0, "z"), (-1.0, "z.1f"), (1.5, ".f"), (2.0, "s"), (1e300, ".2"), (1.0, "#.0f")]:
    line("float", value, spec, lambda: format(value, spec))
for _ in range(120):
    value = "".join(random.choice("ab'\"\\ é€😀\n\t\x00\x7f\xa0\u200b") for _ in range(random.randint(0, 7)))
    spec = some_spec(["", "s", "", "d"])
    line("str", value, spec, lambda: format(value, spec))
    line("strrepr", value, "", lambda: repr(value))
    line("bytesrepr", value, "", lambda: repr(value.encode()))
# float32 values whose two shortest forms are as near; Python takes the even digit.
for value in (0.66535186767578125, -1.69284820556640625, 1.23249053955078125, 0.00066535186767578125):
    line("repr", value, "", lambda: repr(value))

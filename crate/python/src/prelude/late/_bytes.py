__name__ = "builtins"


class bytearray(list):
    # The built-in class of that name, whose maker asks for this one.
    _poses_as = bytearray

    def __init__(self, *args, **kwargs):
        super().__init__(bytes(*args, **kwargs))

    def __repr__(self):
        return f"bytearray({bytes(self)!r})"

    def __eq__(self, other):
        return bytes(self) == (bytes(other) if isinstance(other, bytearray) else other)

    def __getitem__(self, key):
        item = super().__getitem__(key)
        return bytearray(item) if isinstance(key, slice) else item

    def __add__(self, other):
        return bytearray(bytes(self) + bytes(other))

    def decode(self, *args, **kwargs):
        return bytes(self).decode(*args, **kwargs)

    def hex(self):
        return bytes(self).hex()


def to_bytes(number, length=1, byteorder="big", *, signed=False):
    if number < 0 and not signed:
        raise OverflowError("can't convert negative int to unsigned")
    limit = 1 << max(8 * length - signed, 0)
    if not -limit <= number < limit:
        raise OverflowError("int too big to convert")
    digits = [number >> 8 * place & 255 for place in range(length)]
    return bytes(digits if byteorder == "little" else digits[::-1])


def from_bytes(data, byteorder="big", *, signed=False):
    number = 0
    for byte in data[::-1] if byteorder == "little" else data:
        number = number << 8 | byte
    return number - (1 << 8 * len(data)) if signed and number >> 8 * len(data) - 1 else number

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

import __main__
from _prelude import _handled, _write

version, platform, byteorder = "3.11 (subset)", "linux", "little"
maxsize = 9223372036854775807


class float_info:
    max, min, epsilon, dig = 1.7976931348623157e308, 2.2250738585072014e-308, 2.220446049250313e-16, 15


# Nothing reads it: the host says where modules are.
path = []
# The program alone: what else is imported is not asked for by this name.
modules = {"__main__": __main__}


class TextIOWrapper:
    encoding, errors, mode, closed = "utf-8", "strict", "w", False

    def __init__(self, name, write):
        self.name, self._write = name, write

    def __repr__(self):
        return f"<_io.TextIOWrapper name='{self.name}' mode='w' encoding='utf-8'>"

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._write(text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def reconfigure(self, **options):
        pass


stdout = __stdout__ = TextIOWrapper("<stdout>", _write)
# Nobody reads it here.
stderr = __stderr__ = TextIOWrapper("<stderr>", lambda text: None)


def exc_info():
    error = _handled()
    return (None, None, None) if error is None else (type(error), error, None)


def getrecursionlimit():
    return 1000


def setrecursionlimit(limit):
    pass


def getsizeof(object, *default):
    # Of what CPython 3.11 makes at once, without room to grow.
    kind = type(object)
    if kind in (bool, int):
        return 24 + 4 * ((abs(object).bit_length() + 29) // 30)
    if kind is str:
        return 49 + len(object)
    sizes = {list: (56, 8), tuple: (40, 8)}
    if kind in sizes:
        return sizes[kind][0] + sizes[kind][1] * len(object)
    if kind is float:
        return 24
    raise NotImplementedError(f"sys.getsizeof of a {kind.__name__} is outside the subset: a tensor has nbytes")

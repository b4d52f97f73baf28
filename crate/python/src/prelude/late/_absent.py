# What a program finds in a module of Python's library that is not here.


class _Absent:
    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        return _Absent(f"{self._name}.{name}")

    def __call__(self, *args, **kwargs):
        raise NotImplementedError(f"{self._name}() is outside the subset: leave out what needs the module")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _Absent(f"{__name__}.{name}")

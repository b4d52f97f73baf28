# The little of `inspect` that model code uses.


def isclass(value):
    return isinstance(value, type)


def isfunction(value):
    return callable(value) and hasattr(value, "__code__")


def getdoc(value):
    return value.__doc__


class Parameter:
    empty = "inspect._empty"

    def __init__(self, name, default):
        self.name, self.default = name, default


class Signature:
    def __init__(self, parameters):
        self.parameters = parameters


def signature(function):
    return Signature({name: Parameter(name, default) for name, default in _parameters(function)})


def cleandoc(text):
    import textwrap

    first, _, rest = text.partition("\n")
    return (first.strip() + "\n" + textwrap.dedent(rest)).strip()

# Exceptions as text, without the lines of the program.


def format_exception_only(kind, value=None):
    error = kind if value is None else value
    text = str(error)
    name = type(error).__name__
    return [f"{name}: {text}\n" if text else f"{name}\n"]


def format_exception(kind, value=None, tb=None):
    return ["Traceback (most recent call last):\n"] + format_exception_only(kind, value)


def format_exc():
    return "Traceback (most recent call last):\n"


def print_exc(file=None):
    # To stderr, which nobody reads here.
    pass

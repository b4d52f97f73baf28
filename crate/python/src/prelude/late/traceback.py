# Exceptions as text, without the lines of the program.
from _prelude import _handled


def format_exception_only(kind, value=None):
    error = kind if value is None else value
    text = str(error)
    name = type(error).__name__
    return [f"{name}: {text}\n" if text else f"{name}\n"]


def format_exception(kind, value=None, tb=None):
    return ["Traceback (most recent call last):\n"] + format_exception_only(kind, value)


def format_exc():
    error = _handled()
    return "NoneType: None\n" if error is None else "".join(format_exception(error))


def print_exc(file=None):
    # To stderr, which nobody reads here.
    pass

# The machine that a page is.
from sys import version_info


def system():
    return "Linux"


def machine():
    return "wasm32"


def python_version():
    return ".".join([str(part) for part in version_info[:3]])


def platform():
    return "Linux-wasm32"


def node():
    return ""


processor = release = version = node


def python_implementation():
    return "CPython"

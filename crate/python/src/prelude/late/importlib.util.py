import importlib


def find_spec(name, package=None):
    # The module stands for its spec: code asks whether there is one.
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None

# Containers over several lines where one is not enough.


def _text(value, sort_dicts):
    # On one line, sorted within too.
    if type(value) is dict:
        pairs = [(_text(key, sort_dicts), _text(value[key], sort_dicts)) for key in _keys(value, sort_dicts)]
        return "{" + ", ".join([f"{key}: {item}" for key, item in pairs]) + "}"
    if type(value) in (list, tuple):
        inner = ", ".join([_text(item, sort_dicts) for item in value])
        return f"[{inner}]" if type(value) is list else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)


def _keys(mapping, sort_dicts):
    if not sort_dicts:
        return list(mapping)
    try:
        return sorted(mapping)
    except TypeError:
        return sorted(mapping, key=lambda key: (str(type(key)), str(key)))


class PrettyPrinter:
    def __init__(self, indent=1, width=80, depth=None, stream=None, *, compact=False, sort_dicts=True):
        self._indent, self._width, self._stream, self._sorts = indent, width, stream, sort_dicts

    def _lines(self, value, indent, allowance):
        text = _text(value, self._sorts)
        if len(text) <= self._width - indent - allowance or type(value) not in (list, tuple, dict, set) or not value:
            return text
        inner = indent + self._indent
        opening, closing = {list: "[]", tuple: "()", dict: "{}", set: "{}"}[type(value)]
        closing = ",)" if type(value) is tuple and len(value) == 1 else closing
        names, items = [""] * len(value), list(value)
        if type(value) is dict:
            keys = _keys(value, self._sorts)
            names, items = [_text(key, self._sorts) + ": " for key in keys], [value[key] for key in keys]
        elif type(value) is set:
            items = _keys(value, True)
        room = [1] * (len(items) - 1) + [allowance + len(closing)]
        parts = [name + self._lines(item, inner + len(name), end) for name, item, end in zip(names, items, room)]
        return opening + " " * (self._indent - 1) + (",\n" + " " * inner).join(parts) + closing

    def pformat(self, object):
        return self._lines(object, 0, 0)

    def pprint(self, object):
        print(self.pformat(object), file=self._stream)


def pformat(object, *args, **options):
    return PrettyPrinter(*args, **options).pformat(object)


def pprint(object, stream=None, indent=1, width=80, depth=None, **options):
    PrettyPrinter(indent, width, depth, stream, **options).pprint(object)


def pp(object, *args, sort_dicts=False, **options):
    pprint(object, *args, sort_dicts=sort_dicts, **options)

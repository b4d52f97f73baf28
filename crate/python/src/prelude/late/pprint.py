# Containers over several lines where one is not enough.


def _lines(value, width, indent, sort_dicts):
    text = repr(value)
    if len(text) <= width or not isinstance(value, (list, tuple, dict, set)) or not value:
        return text
    inner = "\n" + " " * (indent + 1)
    if isinstance(value, dict):
        keys = sorted(value) if sort_dicts and all([isinstance(key, str) for key in value]) else list(value)
        parts = []
        for key in keys:
            name = repr(key) + ": "
            parts.append(name + _lines(value[key], width - len(name) - 2, indent + 1 + len(name), sort_dicts))
        return "{" + ("," + inner).join(parts) + "}"
    opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")") if isinstance(value, tuple) else ("{", "}")
    items = sorted(value) if isinstance(value, set) else value
    return opening + ("," + inner).join([_lines(item, width - 2, indent + 1, sort_dicts) for item in items]) + closing


def pformat(object, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True):
    return _lines(object, width, 0, sort_dicts)


def pprint(object, stream=None, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True):
    print(pformat(object, indent, width, depth, compact=compact, sort_dicts=sort_dicts))


pp = pprint

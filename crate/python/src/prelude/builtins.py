# The built-in functions that call Python code. Names with an underscore are for the machine and the other files here.


def _collect(iterable):
    return [item for item in iterable]


def _iterate(obj):
    if hasattr(obj, "__iter__"):
        return obj.__iter__()
    if hasattr(obj, "__getitem__"):
        return _iterate_items(obj)
    raise TypeError(f"'{type(obj).__name__}' object is not iterable")


def _iterate_items(obj):
    index = 0
    while True:
        try:
            item = obj[index]
        except IndexError:
            return
        yield item
        index += 1


def _iterate_call(function, sentinel):
    while True:
        value = function()
        if value == sentinel:
            return
        yield value


def _next(iterator, *default):
    if not hasattr(iterator, "__next__"):
        raise TypeError(f"'{type(iterator).__name__}' object is not an iterator")
    if not default:
        return iterator.__next__()
    try:
        return iterator.__next__()
    except StopIteration:
        return default[0]


def _mapping(obj):
    return {key: obj[key] for key in obj.keys()}


def _update(target, source):
    for key in source.keys():
        target[key] = source[key]


def _missing_item(mapping, key, factory):
    value = factory()
    mapping[key] = value
    return value


def _construct(cls):
    return cls()


def _name_descriptors(cls, named):
    for descriptor, name in named:
        descriptor.__set_name__(cls, name)
    super(cls, cls).__init_subclass__()
    return cls


def _throw(generator, kind):
    return generator.throw(kind())


def _close(generator):
    try:
        generator.throw(GeneratorExit())
    except (GeneratorExit, StopIteration):
        return None
    raise RuntimeError("generator ignored GeneratorExit")


def _make_instance(cls, *args, **kwargs):
    made = cls.__new__(cls, *args, **kwargs)
    if isinstance(made, cls):
        made.__init__(*args, **kwargs)
    return made


def _truth(value):
    return True if value else False


def _late(module, file, name):
    _import_module(file)
    return getattr(module, name)


def _of(module, name, *args, **kwargs):
    return getattr(_import_module(module), name)(*args, **kwargs)


def _out(name, args, kwargs, out):
    import torch

    return torch._into_out(name, args, kwargs, out)


def _hasattr(obj, name):
    try:
        _get_attribute(obj, name)
    except AttributeError:
        return False
    return True


def _getattr(obj, name, default):
    try:
        return _get_attribute(obj, name)
    except AttributeError:
        return default


def _equal(a, b):
    if a is b:
        return True
    if type(a) is not type(b):
        return True if a == b else False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(key in b and _equal(value, b[key]) for key, value in a.items())
    return True if a == b else False


def _not_equal(a, b):
    return not _equal(a, b)


def _order(a, b, symbol):
    for x, y in zip(a, b):
        if x is not y and x != y:
            break
    else:
        x, y = len(a), len(b)
    return x < y if symbol == "<" else x > y if symbol == ">" else x <= y if symbol == "<=" else x >= y


def _contains(container, value):
    for item in container:
        if item is value or item == value:
            return True
    return False


def _repr(value):
    if not _needs_python(value):
        return _plain_repr(value)
    if _defines(value, "__repr__") and isinstance(value, (list, tuple, dict)):
        return value.__repr__()
    if isinstance(value, list):
        return "[" + ", ".join([_repr(item) for item in value]) + "]"
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            fields = type(value)._fields
            return type(value).__name__ + "(" + ", ".join([f"{f}={_repr(v)}" for f, v in zip(fields, value)]) + ")"
        inner = ", ".join([_repr(item) for item in value])
        return "(" + inner + (",)" if len(value) == 1 else ")")
    if isinstance(value, dict):
        return "{" + ", ".join([_repr(k) + ": " + _repr(v) for k, v in value.items()]) + "}"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join([_repr(item) for item in value]) + "}"
    if type(value).__name__ == "method":
        return f"<bound method {value.__qualname__} of {_repr(value.__self__)}>"
    if not _defines(value, "__repr__"):
        if isinstance(value, BaseException):
            return type(value).__name__ + "(" + ", ".join([_repr(arg) for arg in value.args]) + ")"
        return _plain_repr(value)
    text = value.__repr__()
    if not isinstance(text, str):
        raise TypeError(f"__repr__ returned non-string (type {type(text).__name__})")
    return text


def _str(value):
    if type(value) is str:
        return value
    if not _needs_python(value):
        return _plain_str(value)
    if _defines(value, "__str__"):
        text = value.__str__()
        if not isinstance(text, str):
            raise TypeError(f"__str__ returned non-string (type {type(text).__name__})")
        return text
    if isinstance(value, BaseException):
        if not _needs_python(value.args):
            return _plain_str(value)
        return _str(value.args[0]) if len(value.args) == 1 else _repr(value.args) if value.args else ""
    return _repr(value)


def _format(value, conversion, spec):
    if conversion == 0 and spec and not isinstance(value, (list, tuple, dict, set, BaseException)):
        raise TypeError(f"unsupported format string passed to {type(value).__name__}.__format__")
    text = _repr(value) if conversion in (114, 97) else _str(value)
    return _plain_format(text, spec)


class _Texts:
    # What natives that format take in place of an object of the program.
    def __init__(self, value):
        self.text, self.shown, self.number = _str(value), _repr(value), value


def _in_texts(value):
    return _Texts(value) if _needs_python(value) else value


def _percent(template, values):
    if isinstance(values, tuple) and not hasattr(values, "_fields"):
        return _plain_percent(template, tuple([_in_texts(value) for value in values]))
    if isinstance(values, dict):
        return _plain_percent(template, {name: _in_texts(value) for name, value in values.items()})
    return _plain_percent(template, _in_texts(values))


def _template(template, args, kwargs):
    # Attributes of objects, `{0.name}`, are read here: to the native they are texts. An object of which only attributes
    # are asked may be in the midst of its own `__repr__`.
    values = {**{str(place): value for place, value in enumerate(args)}, **kwargs}
    parts, read, whole = template.split("{"), {}, set()
    for at, part in enumerate(parts):
        field = part.split("}")[0].split(":")[0].split("!")[0]
        name, *path = field.split(".")
        if path and name in values and (at == 1 or parts[at - 1]):
            value = values[name]
            for each in path:
                value = getattr(value, each)
            read[field.replace(".", " ")] = value
            parts[at] = part.replace(field, field.replace(".", " "), 1)
        elif at:
            whole.add(name.split("[")[0])
    unread = lambda name, value: _in_texts(value) if name in whole or "" in whole else None
    shown = {name: _in_texts(value) for name, value in read.items()}
    shown.update({name: unread(name, value) for name, value in kwargs.items()})
    return "{".join(parts).format(*[unread(str(place), value) for place, value in enumerate(args)], **shown)


def _print(*values, sep=" ", end="\n", file=None, flush=False):
    sep, end = " " if sep is None else sep, "\n" if end is None else end
    if file is None:
        file = _stdout()
    if file is None:
        return _write(sep.join([_str(value) for value in values]) + end)
    for position, value in enumerate(values):
        if position:
            file.write(sep)
        file.write(_str(value))
    file.write(end)
    if flush:
        file.flush()


def _sum(values, total):
    for value in values:
        total = total + value
    return total


def _any(values):
    for value in values:
        if value:
            return True
    return False


def _all(values):
    for value in values:
        if not value:
            return False
    return True


def _identity(value):
    return value


def _extreme(values, key, largest, *default):
    found = False
    best = best_key = None
    for value in values:
        value_key = key(value)
        if not found or (value_key > best_key if largest else value_key < best_key):
            found, best, best_key = True, value, value_key
    if found:
        return best
    if default:
        return default[0]
    raise ValueError(f"{'max' if largest else 'min'}() arg is an empty sequence")


def _sorted(values, key, reverse):
    if key is None:
        return _sort_by(values, values, reverse)
    return _sort_by(values, [key(value) for value in values], reverse)


def _sort(values, key, reverse):
    values[:] = _sorted(list(values), key, reverse)


def _sorted_by_method(values, keys, reverse):
    pairs = list(zip(keys, values))
    if reverse:
        pairs = pairs[::-1]
    width = 1
    while width < len(pairs):
        merged = []
        for start in range(0, len(pairs), 2 * width):
            left, right = pairs[start : start + width], pairs[start + width : start + 2 * width]
            i = j = 0
            while i < len(left) and j < len(right):
                if right[j][0] < left[i][0]:
                    merged.append(right[j])
                    j += 1
                else:
                    merged.append(left[i])
                    i += 1
            merged += left[i:] + right[j:]
        pairs = merged
        width *= 2
    values = [value for _, value in pairs]
    return values[::-1] if reverse else values


def _reversed(obj):
    if hasattr(obj, "__reversed__"):
        return obj.__reversed__()
    return iter([obj[index] for index in range(len(obj) - 1, -1, -1)])


def _enumerate(iterable, start):
    for item in iterable:
        yield start, item
        start += 1


def _zip(strict, iterables):
    iterators = [iter(iterable) for iterable in iterables]
    while True:
        items = []
        for position, iterator in enumerate(iterators):
            try:
                items.append(next(iterator))
            except StopIteration:
                if strict and position > 0:
                    raise ValueError(f"zip() argument {position + 1} is shorter than argument {position}")
                return
        yield tuple(items)


def map(function, *iterables):
    if len(iterables) == 1:
        for item in iterables[0]:
            yield function(item)
    else:
        for items in zip(*iterables):
            yield function(*items)


def filter(function, iterable):
    for item in iterable:
        if item if function is None else function(item):
            yield item


def _annotations(function):
    function.__annotations__ = function.__annotate__()
    return function.__annotations__


def _indexed(object, key, *value):
    if not value:
        return object[key.__index__()]
    object[key.__index__()] = value[0]


def open(*args, **kwargs):
    return _of("_open", "open", *args, **kwargs)


_publish(map, filter, open)

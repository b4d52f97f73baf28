from _prelude import _read_json, _write_json


class JSONDecodeError(ValueError):
    def __init__(self, msg, doc, pos, lineno=1, colno=1):
        super().__init__(f"{msg}: line {lineno} column {colno} (char {pos})")
        self.msg, self.doc, self.pos, self.lineno, self.colno = msg, doc, pos, lineno, colno


def loads(s):
    read = _read_json(s)
    if isinstance(read, tuple):
        message, character, line, column = read
        raise JSONDecodeError(message, s, character, line, column)
    return read[0]


def load(fp):
    return loads(fp.read())


class JSONEncoder:
    def __init__(self, **options):
        self._options = options

    def default(self, o):
        raise TypeError(f"Object of type {type(o).__name__} is not JSON serializable")

    def encode(self, o):
        return dumps(o, **{"default": self.default, **self._options})


def _plain(obj, default):
    if isinstance(obj, dict):
        return {key: _plain(value, default) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        return [_plain(value, default) for value in obj]
    return obj if obj is None or isinstance(obj, (bool, int, float, str)) else _plain(default(obj), default)


def dumps(obj, *, ensure_ascii=True, indent=None, separators=None, sort_keys=False, default=None, cls=None, allow_nan=True):
    if cls is not None:
        default = cls().default
    if default is not None:
        obj = _plain(obj, default)
    if isinstance(indent, int):
        indent = " " * indent
    item, key = separators or (", " if indent is None else ",", ": ")
    return _write_json(obj, indent, item, key, sort_keys, ensure_ascii)


def dump(obj, fp, **options):
    fp.write(dumps(obj, **options))

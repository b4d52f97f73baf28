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


def dumps(obj, *, ensure_ascii=True, indent=None, separators=None, sort_keys=False):
    if isinstance(indent, int):
        indent = " " * indent
    item, key = separators or (", " if indent is None else ",", ": ")
    return _write_json(obj, indent, item, key, sort_keys, ensure_ascii)

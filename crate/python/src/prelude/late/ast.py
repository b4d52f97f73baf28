# Of syntax trees only the literals.
import re

_TOKEN = r"""\s*(?:((?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([A-Za-z_][A-Za-z_0-9]*)|(\S))"""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\n": ""}


class _Literals:
    def __init__(self, text):
        self._tokens, at = [], 0
        text = text.strip(" \t")
        while match := re.match(_TOKEN, text[at:]):
            self._tokens.append(match.groups())
            at += match.end()
        self._at = 0

    def _peek(self):
        return self._tokens[self._at][3] if self._at < len(self._tokens) else "end"

    def _take(self):
        if self._at >= len(self._tokens):
            raise SyntaxError("invalid syntax")
        self._at += 1
        return self._tokens[self._at - 1]

    def whole(self):
        value = self._value()
        if self._peek() == ",":
            value = tuple([value] + self._items("end"))
        if self._peek() != "end":
            raise SyntaxError("invalid syntax")
        return value

    def _items(self, closing):
        items = []
        while self._peek() != closing:
            if items or self._peek() == ",":
                if self._take()[3] != ",":
                    raise SyntaxError("invalid syntax")
                if self._peek() == closing:
                    break
            items.append(self._value())
            if closing == "}" and self._peek() == ":":
                self._take()
                items[-1] = (items[-1], self._value(), _Literals)
        return items

    def _value(self):
        number, string, name, sign = self._take()
        if number is not None:
            number = number.replace("_", "")
            return int(number) if number.isdigit() else float(number)
        if string is not None:
            text = _unescaped(string[1:-1])
            while self._at < len(self._tokens) and self._tokens[self._at][1] is not None:
                text += _unescaped(self._take()[1][1:-1])
            return text
        if name is not None:
            constants = {"None": None, "True": True, "False": False}
            if name not in constants:
                if self._peek() is None:
                    raise SyntaxError("invalid syntax")
                raise ValueError(f"malformed node or string on line 1: {name}")
            return constants[name]
        if sign in "+-":
            value = self._value()
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise ValueError(f"malformed node or string on line 1: {sign}{value!r}")
            return -value if sign == "-" else value
        closing = {"(": ")", "[": "]", "{": "}"}.get(sign)
        if closing is None:
            raise SyntaxError("invalid syntax")
        start = self._at
        items = self._items(closing)
        is_tuple = self._tokens[self._at - 1][3] == "," or len(items) != 1
        self._take()
        if sign == "[":
            return items
        if sign == "(":
            return tuple(items) if is_tuple else items[0]
        if items and not (isinstance(items[0], tuple) and len(items[0]) == 3 and items[0][2] is _Literals):
            return set(items)
        return {key: value for key, value, _ in items}


def _unescaped(text):
    parts = text.split("\\")
    plain, at = parts[0], 1
    while at < len(parts):
        part = parts[at]
        if not part and at + 1 < len(parts):
            plain, at = plain + "\\" + parts[at + 1], at + 1
        else:
            plain += _ESCAPES.get(part[:1], part[:1]) + part[1:]
        at += 1
    return plain


def literal_eval(node_or_string):
    return _Literals(node_or_string).whole()

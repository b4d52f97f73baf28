# Regular expressions: the objects of the module `re` around the natives _compile, _match and _matches.

NOFLAG, IGNORECASE, MULTILINE, DOTALL, VERBOSE, ASCII, UNICODE = 0, 2, 8, 16, 64, 256, 32
I, M, S, X, A, U = IGNORECASE, MULTILINE, DOTALL, VERBOSE, ASCII, UNICODE


# The package regex is this module under its own name, with two of Unicode's properties: `\p{L}` and `\p{N}`.
_PROPERTIES = 1 << 20 if __name__ == "regex" else 0
# Where scripts have alphabetic signs that are no letters: only a table of Unicode's could tell them apart.
_UNSURE = "[\u0345\u0363-\u036f\u05b0-\u10ff\u135f\u1713-\u1dff\u24b6-\u24e9\u2de0-\u2dff\ua674-\uabff\ufb1e\U00010376-\U0001f189]"


class error(Exception):
    def __init__(self, msg, pattern=None, pos=None):
        super().__init__(msg if pos is None else f"{msg} at position {pos}")
        self.msg, self.pattern, self.pos = msg, pattern, pos


PatternError = error


class Match:
    def __init__(self, pattern, string, spans):
        self.re, self.string, self._spans = pattern, string, spans
        self.pos, self.endpos = 0, len(string)

    def _number(self, group):
        if isinstance(group, str):
            if group not in self.re.groupindex:
                raise IndexError("no such group")
            return self.re.groupindex[group]
        if not 0 <= group <= self.re.groups:
            raise IndexError("no such group")
        return group

    def _text(self, group, default=None):
        number = self._number(group)
        start = self._spans[2 * number]
        return default if start < 0 else self.string[start : self._spans[2 * number + 1]]

    def group(self, *groups):
        if len(groups) < 2:
            return self._text(groups[0] if groups else 0)
        return tuple([self._text(group) for group in groups])

    def __getitem__(self, group):
        return self._text(group)

    def groups(self, default=None):
        return tuple([self._text(number, default) for number in range(1, self.re.groups + 1)])

    def groupdict(self, default=None):
        return {name: self._text(name, default) for name in self.re.groupindex}

    def start(self, group=0):
        return self._spans[2 * self._number(group)]

    def end(self, group=0):
        return self._spans[2 * self._number(group) + 1]

    def span(self, group=0):
        return self.start(group), self.end(group)

    @property
    def lastindex(self):
        found = [number for number in range(1, self.re.groups + 1) if self._spans[2 * number] >= 0]
        return found[-1] if found else None

    def expand(self, template):
        return _expanded(template, self)

    def __repr__(self):
        return f"<re.Match object; span={self.span()}, match={self.group()!r}>"


class Pattern:
    def __init__(self, pattern, flags):
        self.pattern, self.flags = pattern, flags
        self.groups, self.groupindex = _compile(pattern, flags | _PROPERTIES)
        if isinstance(self.groups, str):
            raise error(self.groups, pattern, self.groupindex)

    def _one(self, string, pos, how):
        spans = _match(self.pattern, self.flags | _PROPERTIES, self._known(string), pos, how)
        return None if spans is None else Match(self, string, spans)

    def _all(self, string, most):
        return _matches(self.pattern, self.flags | _PROPERTIES, self._known(string), most)

    def _known(self, string):
        if _PROPERTIES and "\\p" in self.pattern.lower() and _match(_UNSURE, 0, string, 0, 0):
            raise NotImplementedError("properties of characters of this script are outside the subset")
        return string

    def search(self, string, pos=0):
        return self._one(string, pos, 0)

    def match(self, string, pos=0):
        return self._one(string, pos, 1)

    def fullmatch(self, string, pos=0):
        return self._one(string, pos, 2)

    def finditer(self, string):
        return iter([Match(self, string, spans) for spans in self._all(string, 0)])

    def findall(self, string):
        found = []
        for match in self.finditer(string):
            if self.groups == 0:
                found.append(match.group())
            elif self.groups == 1:
                found.append(match._text(1, ""))
            else:
                found.append(match.groups(""))
        return found

    def split(self, string, maxsplit=0):
        parts, start = [], 0
        for spans in self._all(string, maxsplit):
            match = Match(self, string, spans)
            parts.append(string[start : match.start()])
            parts.extend(match.groups())
            start = match.end()
        parts.append(string[start:])
        return parts

    def subn(self, repl, string, count=0):
        parts, start, made = [], 0, 0
        for spans in self._all(string, count):
            match = Match(self, string, spans)
            parts.append(string[start : match.start()])
            parts.append(repl(match) if callable(repl) else _expanded(repl, match))
            start = match.end()
            made += 1
        parts.append(string[start:])
        return "".join(parts), made

    def sub(self, repl, string, count=0):
        return self.subn(repl, string, count)[0]

    def __repr__(self):
        flags = "|".join([f"re.{name}" for name, bit in _NAMES if self.flags & bit])
        return f"re.compile({self.pattern!r}{', ' + flags if flags else ''})"


_NAMES = (("IGNORECASE", 2), ("MULTILINE", 8), ("DOTALL", 16), ("VERBOSE", 64), ("ASCII", 256))
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def _expanded(template, match):
    # `\1`, `\g<1>` and `\g<name>` stand for groups.
    if "\\" not in template:
        return template
    parts, at = [], 0
    while at < len(template):
        if template[at] != "\\" or at + 1 == len(template):
            parts.append(template[at])
            at += 1
            continue
        mark = template[at + 1]
        at += 2
        if mark == "g" and template[at : at + 1] == "<":
            end = template.index(">", at)
            name = template[at + 1 : end]
            parts.append(match._text(int(name) if name.isdigit() else name, ""))
            at = end + 1
        elif mark.isdigit():
            if int(mark) > match.re.groups:
                raise error(f"invalid group reference {mark}", template, at - 1)
            parts.append(match._text(int(mark), ""))
        else:
            parts.append(_ESCAPES.get(mark, "\\" + mark))
    return "".join(parts)


def compile(pattern, flags=0):
    return pattern if isinstance(pattern, Pattern) else Pattern(pattern, int(flags))


def search(pattern, string, flags=0):
    return compile(pattern, flags).search(string)


def match(pattern, string, flags=0):
    return compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return compile(pattern, flags).fullmatch(string)


def findall(pattern, string, flags=0):
    return compile(pattern, flags).findall(string)


def finditer(pattern, string, flags=0):
    return compile(pattern, flags).finditer(string)


def split(pattern, string, maxsplit=0, flags=0):
    return compile(pattern, flags).split(string, maxsplit)


def sub(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).sub(repl, string, count)


def subn(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).subn(repl, string, count)


def escape(pattern):
    return "".join(["\\" + c if c in "()[]{}?*+-|^$\\.&~# \t\n\r\v\f" else c for c in pattern])

import re as _re

hexdigits, octdigits = "0123456789abcdefABCDEF", "01234567"
whitespace = " \t\n\r\x0b\x0c"
printable = digits + ascii_letters + punctuation + whitespace


def capwords(s, sep=None):
    return (sep or " ").join([word.capitalize() for word in s.split(sep)])


class Template:
    def __init__(self, template):
        self.template = template

    def _filled(self, mapping, names, is_safe):
        names = {**(mapping or {}), **names}

        def fill(match):
            escaped, name, braced = match.groups()
            if escaped:
                return "$"
            name = name or braced
            return match.group() if is_safe and name not in names else str(names[name])

        return _re.sub(r"\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\})", fill, self.template)

    def substitute(self, mapping=None, /, **kws):
        return self._filled(mapping, kws, False)

    def safe_substitute(self, mapping=None, /, **kws):
        return self._filled(mapping, kws, True)

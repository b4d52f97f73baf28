# Text in memory, written and read like a file.


class StringIO:
    def __init__(self, initial_value=""):
        self._text, self._at = initial_value, 0

    def write(self, text):
        self._text = self._text[: self._at] + text + self._text[self._at + len(text) :]
        self._at += len(text)
        return len(text)

    def read(self, size=-1):
        end = len(self._text) if size is None or size < 0 else self._at + size
        text = self._text[self._at : end]
        self._at += len(text)
        return text

    def readline(self):
        end = self._text.find("\n", self._at)
        return self.read(-1 if end < 0 else end + 1 - self._at)

    def __iter__(self):
        while line := self.readline():
            yield line

    def getvalue(self):
        return self._text

    def seek(self, offset):
        self._at = offset
        return offset

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False

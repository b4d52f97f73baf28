# Text and bytes in memory, written and read like files.


class StringIO:
    _empty, _newline = "", "\n"

    def __init__(self, initial_value=None, newline="\n"):
        self._text, self._at, self.closed = initial_value or self._empty, 0, False

    def write(self, text):
        self._text = self._text[: self._at] + text + self._text[self._at + len(text) :]
        self._at += len(text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def read(self, size=-1):
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        end = len(self._text) if size is None or size < 0 else self._at + size
        text = self._text[self._at : end]
        self._at += len(text)
        return text

    def readline(self):
        end = self._text.find(self._newline, self._at)
        return self.read(-1 if end < 0 else end + 1 - self._at)

    def readlines(self):
        return list(self)

    def __iter__(self):
        while line := self.readline():
            yield line

    def getvalue(self):
        return self._text

    def tell(self):
        return self._at

    def seek(self, offset, whence=0):
        self._at = offset + (0, self._at, len(self._text))[whence]
        return self._at

    def truncate(self, size=None):
        size = self._at if size is None else size
        self._text = self._text[:size]
        return size

    def flush(self):
        pass

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()
        return False


class BytesIO(StringIO):
    _empty, _newline = b"", b"\n"

    def __init__(self, initial_bytes=b""):
        super().__init__(bytes(initial_bytes))

    def write(self, data):
        return super().write(bytes(data))

    def getbuffer(self):
        return self._text


TextIOBase = TextIOWrapper = StringIO
open = open

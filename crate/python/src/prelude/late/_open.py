# The built-in `open`.
from _prelude import _read_bytes, _read_text


class TextIOWrapper:
    def __init__(self, name, mode, text):
        self.name, self.mode, self.encoding, self.closed = name, mode, "utf-8", False
        self._text, self._at = text, 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()
        return False

    def close(self):
        self.closed = True

    def read(self, size=-1):
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        end = len(self._text) if size is None or size < 0 else min(self._at + size, len(self._text))
        part = self._text[self._at : end]
        self._at = end
        return part

    def readline(self):
        newline = self._text.find(b"\n" if self.mode == "rb" else "\n", self._at)
        return self.read(-1 if newline < 0 else newline + 1 - self._at)

    def readlines(self):
        return list(self)

    def __iter__(self):
        # Other ends of lines than these are text here.
        newline = b"\n" if self.mode == "rb" else "\n"
        *lines, last = self.read().split(newline)
        return iter([line + newline for line in lines] + ([last] if last else []))


def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
    if mode not in ("r", "rt", "rb"):
        if mode and mode[0] in "wxa":
            raise OSError(f"[Errno 30] Read-only file system: '{file}'")
        raise ValueError(f"invalid mode: '{mode}'")
    return TextIOWrapper(str(file), mode, (_read_bytes if mode == "rb" else _read_text)(str(file)))

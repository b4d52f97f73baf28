# The built-in `open`.
from _prelude import _read_bytes, _read_text
from io import StringIO


class TextIOWrapper(StringIO):
    encoding = "utf-8"

    def __init__(self, name, mode, text):
        super().__init__()
        self._text = text
        self.name, self.mode, self._newline = name, mode, b"\n" if mode == "rb" else "\n"

    def write(self, text):
        raise OSError("not writable")



def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
    if mode not in ("r", "rt", "rb"):
        if mode and mode[0] in "wxa":
            raise OSError(f"[Errno 30] Read-only file system: '{file}'")
        raise ValueError(f"invalid mode: '{mode}'")
    return TextIOWrapper(str(file), mode, (_read_bytes if mode == "rb" else _read_text)(str(file)))

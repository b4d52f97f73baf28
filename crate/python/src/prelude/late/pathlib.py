from os import remove
from os.path import _kind


class PurePath:
    def __init__(self, *segments):
        text = ""
        for segment in segments:
            segment = str(segment)
            text = segment if segment.startswith("/") or not text else text + "/" + segment
        root = "/" if text.startswith("/") else ""
        self._parts = ([root] if root else []) + [part for part in text.split("/") if part not in ("", ".")]

    def __str__(self):
        if self._parts[:1] == ["/"]:
            return "/" + "/".join(self._parts[1:])
        return "/".join(self._parts) or "."

    def __repr__(self):
        return f"PosixPath('{self}')"

    def __fspath__(self):
        return str(self)

    def __eq__(self, other):
        return isinstance(other, PurePath) and self._parts == other._parts

    def __hash__(self):
        return hash(str(self))

    def __lt__(self, other):
        return self._parts < other._parts

    def __truediv__(self, other):
        return Path(str(self), other)

    @property
    def parts(self):
        return tuple(self._parts)

    @property
    def name(self):
        return "" if self._parts in ([], ["/"]) else self._parts[-1]

    @property
    def suffix(self):
        dot = self.name.rfind(".")
        return self.name[dot:] if 0 < dot < len(self.name) - 1 else ""

    @property
    def stem(self):
        return self.name[: len(self.name) - len(self.suffix)]

    def joinpath(self, *others):
        return Path(str(self), *others)

    def as_posix(self):
        return str(self)

    def with_name(self, name):
        return Path(*self._parts[:-1], name)

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def with_suffix(self, suffix):
        return self.with_name(self.stem + suffix)

    @property
    def parent(self):
        return self if self._parts in ([], ["/"]) else Path(*self._parts[:-1])

    @property
    def parents(self):
        found, path = [], self
        while path.parent != path:
            path = path.parent
            found.append(path)
        return found


class Path(PurePath):
    def open(self, mode="r", encoding=None):
        return open(str(self), mode)

    def read_text(self, encoding=None):
        return self.open().read()

    def exists(self):
        return _kind(self) is not None

    def is_file(self):
        return _kind(self) == "file"

    def is_dir(self):
        return _kind(self) == "directory"

    def unlink(self, missing_ok=False):
        if not missing_ok or self.exists():
            remove(self)


PosixPath = Path
PurePosixPath = PurePath

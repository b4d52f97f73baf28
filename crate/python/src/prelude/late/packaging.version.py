import re

import packaging


class InvalidVersion(ValueError):
    pass


class Version:
    # PEP 440, as far as releases and what stands before and after them.
    def __init__(self, version):
        found = re.match(r"^v?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:\.?(post|dev)(\d*))?(?:\+([a-z0-9.]+))?$", version.strip().lower())
        if not found:
            raise InvalidVersion(f"Invalid version: {version!r}")
        release, stage, number, kind, count, self.local = found.groups()
        self._text = version.strip().lower().removeprefix("v")
        self.release = tuple([int(part) for part in release.split(".")])
        self.is_prerelease, self.is_postrelease = stage is not None or kind == "dev", kind == "post"
        trimmed = list(self.release)
        while len(trimmed) > 1 and trimmed[-1] == 0:
            trimmed.pop()
        order = {"a": -3, "alpha": -3, "b": -2, "beta": -2}.get(stage, -1) if stage else -4 if kind == "dev" else 0
        after = {"post": 1, "dev": -1}.get(kind, 0)
        self._key = (tuple(trimmed), order, int(number or 0), after, int(count or 0), self.local or "")

    @property
    def public(self):
        return self._text.partition("+")[0]

    @property
    def base_version(self):
        return ".".join([str(part) for part in self.release])

    @property
    def major(self):
        return self.release[0]

    @property
    def minor(self):
        return (self.release + (0,))[1]

    @property
    def micro(self):
        return (self.release + (0, 0))[2]

    def __eq__(self, other):
        return self._key == other._key

    def __lt__(self, other):
        return self._key < other._key

    def __le__(self, other):
        return self._key <= other._key

    def __gt__(self, other):
        return self._key > other._key

    def __ge__(self, other):
        return self._key >= other._key

    def __hash__(self):
        return hash(self._key)

    def __str__(self):
        return self._text

    def __repr__(self):
        return f"<Version('{self._text}')>"


def parse(version):
    return Version(version)

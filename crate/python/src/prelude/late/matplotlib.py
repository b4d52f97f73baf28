"""Draws nothing: the page shows the tensors themselves."""

__version__ = "3.11.2"


class _Artist:
    """Whatever is drawn, and all that can be asked of it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self

    def subplots(self, nrows=1, ncols=1, *, squeeze=True, **options):
        rows = _Grid([_Grid([_Artist() for _ in range(ncols)]) for _ in range(nrows)])
        if not squeeze or nrows > 1 and ncols > 1:
            return rows
        return rows[0][0] if nrows == ncols == 1 else rows.flat

    def hist(self, *args, **kwargs):
        return self, self, self

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False

    def __iter__(self):
        yield self

    def __len__(self):
        return 1

    def __getitem__(self, key):
        return self

    def __setitem__(self, key, value):
        pass

    def __add__(self, other):
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __add__

    def __format__(self, spec):
        return ""


_artist = _Artist()


class _Grid(list):
    """The axes of subplots, indexed as an array."""

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            found = list.__getitem__(self, key)
            return _Grid(found) if isinstance(key, slice) else found
        row, column = key
        if isinstance(row, slice):
            return _Grid([cells[column] for cells in self[row]])
        return self[row][column]

    @property
    def shape(self):
        return (len(self),) + (self[0].shape if isinstance(self[0], _Grid) else ())

    @property
    def size(self):
        return len(self.flat)

    @property
    def flat(self):
        return _Grid([cell for row in self for cell in row]) if isinstance(self[0], _Grid) else self

    def ravel(self):
        return self.flat

    flatten = ravel

    @property
    def T(self):
        if not isinstance(self[0], _Grid):
            return self
        return _Grid([_Grid([row[column] for row in self]) for column in range(len(self[0]))])


def __getattr__(name):
    return _artist

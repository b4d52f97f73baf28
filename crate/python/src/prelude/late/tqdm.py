# Progress bars go to stderr, which nobody reads here: what they are given passes through.
from sys import stdout


class tqdm:
    def __init__(self, iterable=None, desc=None, total=None, leave=True, disable=False, initial=0, **options):
        if total is None and hasattr(iterable, "__len__"):
            total = len(iterable)
        self.iterable, self.desc, self.total, self.leave, self.disable = iterable, desc or "", total, leave, disable
        self.n, self.initial, self.postfix = initial, initial, None

    def __iter__(self):
        for item in self.iterable:
            yield item
            self.n += 1

    def __len__(self):
        return self.total

    def __bool__(self):
        return self.total is None or self.total > 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False

    def update(self, n=1):
        self.n += n

    def reset(self, total=None):
        self.n, self.total = 0, self.total if total is None else total

    def set_description(self, desc=None, refresh=True):
        self.desc = desc + ": " if desc else ""

    def set_description_str(self, desc=None, refresh=True):
        self.desc = desc or ""

    def set_postfix(self, ordered_dict=None, refresh=True, **kwargs):
        pass

    set_postfix_str = set_postfix

    def close(self):
        pass

    clear = refresh = unpause = display = close

    @classmethod
    def write(cls, s, file=None, end="\n", nolock=False):
        print(s, file=stdout if file is None else file, end=end)


def trange(*args, **kwargs):
    return tqdm(range(*args), **kwargs)


tqdm_notebook, tnrange = tqdm, trange

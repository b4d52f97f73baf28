# NumPy's legacy stream: the Mersenne Twister, the same as PyTorch's, whose words a generator of torch gives here.
import math

import numpy as np
import torch


def _size(size):
    return () if size is None else (size,) if isinstance(size, int) else tuple([int(one) for one in size])


class _Stream:
    # What is made of the numbers that a stream draws.
    _unequal_to_one = "Probabilities do not sum to 1. See Notes section of docstring for more information."

    def random_sample(self, size=None):
        size = _size(size)
        return np._out(self._doubles(math.prod(size)).reshape(size))

    def rand(self, *size):
        return self.random_sample(size or None)

    def standard_normal(self, size=None):
        size = _size(size)
        return np._out(self._normals(math.prod(size)).reshape(size))

    def randn(self, *size):
        return self.standard_normal(size or None)

    def normal(self, loc=0.0, scale=1.0, size=None):
        size = _shape_of(size, loc, scale)
        return loc + scale * self.standard_normal(size)

    def uniform(self, low=0.0, high=1.0, size=None):
        size = _shape_of(size, low, high)
        return low + (high - low) * self.random_sample(size)

    def exponential(self, scale=1.0, size=None):
        return scale * -np.log(1.0 - self.random_sample(size))

    def _whole(self, low, high, size, dtype):
        low, high = int(low), int(high)
        if low >= high:
            raise ValueError("low >= high" if low else "high <= 0")
        if high - low >= 2**32 or np.dtype(dtype).itemsize < 4:
            np._refuse("random.randint of 2**32 numbers or more, or of a dtype of few bits,")
        size = _size(size)
        count = math.prod(size)
        drawn = self._below(high - low - 1, count) if high - low > 1 else torch.zeros(count, dtype=torch.int64)
        return np._out(np._wrap((drawn + low).reshape(size)).astype(dtype)._t)

    def permutation(self, x):
        made = np._wrap(torch.arange(x)) if isinstance(x, int) else np.asarray(x).copy()
        self.shuffle(made)
        return made

    def shuffle(self, x):
        order = list(range(len(x)))
        for i in range(len(x) - 1, 0, -1):
            j = self._place(i)
            order[i], order[j] = order[j], order[i]
        x[:] = x[order] if not isinstance(x, list) else [x[place] for place in order]

    def choice(self, a, size=None, replace=True, p=None):
        count = a if isinstance(a, int) else len(a)
        shape = _size(size)
        number = math.prod(shape)
        if not replace and number > count:
            raise ValueError("Cannot take a larger sample than population when 'replace=False'")
        if p is not None:
            # As many of its digits count as its dtype has.
            kind = p.dtype if isinstance(p, np.ndarray) and p.dtype.kind == "f" else float
            places = self._weighted(np.asarray(p, float), number, replace, math.sqrt(np.finfo(kind).eps))
        elif replace:
            places = self._below(count - 1, number) if count > 1 else torch.zeros(number, dtype=torch.int64)
        else:
            places = self._sampled(count, number)
        places = places.reshape(shape)
        if isinstance(a, int):
            return np._out(places)
        if isinstance(a, (list, tuple)) and isinstance(a[0], str):
            return a[places.item()] if not shape else np._refuse("random.choice of several texts")
        return np.asarray(a)[np._wrap(places)] if shape else np.asarray(a)[places.item()]

    def _weighted(self, p, number, replace, tolerance):
        if abs(p.sum() - 1.0) > tolerance:
            raise ValueError(self._unequal_to_one)
        found, p = [], p.copy()
        while len(found) < number:
            # What has been taken is not taken again.
            p[found] = 0
            sums = np.cumsum(p)
            drawn = self._doubles(number - len(found))
            places = torch.searchsorted((sums / sums[-1])._t, drawn, right=True).tolist()
            found += places if replace else list(dict.fromkeys(places))
        return torch.tensor(found, dtype=torch.int64)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        np._refuse("random." + name)


def _shape_of(size, *parameters):
    # What the parameters broadcast to, where no size is given.
    shapes = [np.asarray(one).shape for one in parameters]
    return tuple(torch.broadcast_shapes(*shapes)) or None if size is None else size


class RandomState(_Stream):
    _unequal_to_one = "probabilities do not sum to 1"

    def __init__(self, seed=None):
        self.seed(seed)

    def seed(self, seed=None):
        # NumPy asks the machine where no seed is given; a program here draws the same twice.
        self._generator, self._spare = torch.Generator(), None
        if seed is not None:
            if not 0 <= int(seed) < 2**32:
                raise ValueError("Seed must be between 0 and 2**32 - 1")
            self._generator.manual_seed(int(seed))

    def _words(self, count):
        # One word of the twister each.
        return torch._words(count, self._generator)

    def _doubles(self, count):
        # 53 bits of two words.
        words = self._words(2 * count)
        high, low = words[0::2] >> 5, words[1::2] >> 6
        return (high.double() * 67108864.0 + low.double()) / 9007199254740992.0

    def _below(self, bound, count):
        # Words under the next power of two, until enough are no more than the bound.
        mask, kept = (1 << bound.bit_length()) - 1, torch.zeros(0, dtype=torch.int64)
        while len(kept) < count:
            words = self._words(count - len(kept)) & mask
            kept = torch.cat([kept, words[words <= bound]])
        return kept

    def _normals(self, count):
        # Marsaglia's polar method: of two numbers the second comes first, and the first is kept for the next call.
        kept = [] if self._spare is None or not count else [self._spare]
        if kept:
            self._spare = None
        wanted = count - len(kept) + 1 >> 1
        pairs = torch.zeros(0, 2, dtype=torch.float64)
        while len(pairs) < wanted:
            points = 2.0 * self._doubles(2 * (wanted - len(pairs))).reshape(-1, 2) - 1.0
            radius = points[:, 0] * points[:, 0] + points[:, 1] * points[:, 1]
            inside = (radius < 1.0) & (radius != 0.0)
            points, radius = points[inside], radius[inside]
            factor = torch.sqrt(-2.0 * torch.log(radius) / radius)
            pairs = torch.cat([pairs, torch.stack([factor * points[:, 1], factor * points[:, 0]], 1)])
        normals = torch.cat([torch.tensor(kept, dtype=torch.float64), pairs.flatten()])
        if len(normals) > count:
            self._spare = normals[-1].item()
        return normals[:count]

    random = ranf = _Stream.random_sample

    def randint(self, low, high=None, size=None, dtype=int):
        low, high = (0, low) if high is None else (low, high)
        made = self._whole(low, high, size, dtype)
        return made if size is not None or dtype is not int else made.item()

    def _place(self, last):
        return self._below(last, 1).item()

    def _sampled(self, count, number):
        return self.permutation(count)._t[:number]


_global = RandomState()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(f"module 'numpy.random' has no attribute '{name}'")
    return getattr(_global, name)

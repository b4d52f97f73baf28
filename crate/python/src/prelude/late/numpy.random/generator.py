# The stream of `default_rng`: M. O'Neill's PCG64, seeded by NumPy's `SeedSequence`, with normals by the ziggurat.
_multiplier, _low64 = 2549297995355413924 << 64 | 4865540595714422341, 2**64 - 1


def _seeded(entropy):
    # Four words of 64 bits, mixed from the seed's words of 32.
    words = [entropy >> shift & 0xFFFFFFFF for shift in range(0, max(entropy.bit_length(), 1), 32)]
    constant = 0x43B0D7E5

    def hashed(value, factor):
        nonlocal constant
        value ^= constant
        constant = constant * factor & 0xFFFFFFFF
        value = value * constant & 0xFFFFFFFF
        return value ^ value >> 16

    def mixed(x, y):
        value = 0xCA01F9DD * x - 0x4973F715 * y & 0xFFFFFFFF
        return value ^ value >> 16

    pool = [hashed(word, 0x931E8875) for word in (words + [0] * 4)[:4]]
    for source in range(4):
        for target in range(4):
            if source != target:
                pool[target] = mixed(pool[target], hashed(pool[source], 0x931E8875))
    for word in words[4:]:
        pool = [mixed(target, hashed(word, 0x931E8875)) for target in pool]
    constant = 0x8B51F9DD
    halves = [hashed(word, 0x58F38DED) for word in pool + pool]
    return [low | high << 32 for low, high in zip(halves[0::2], halves[1::2])]


_tables, _edge = [], 3.6541528853610087963519472518


def _ziggurat():
    # The strips' widths, the bounds below which a point lies inside, and the heights: computed when they are wanted first.
    if not _tables:
        height = math.exp(-_edge * _edge / 2)
        area = _edge * height + math.sqrt(math.pi / 2) * math.erfc(_edge / math.sqrt(2))
        xs = [_edge]
        while len(xs) < 255:
            xs.append(math.sqrt(-2 * math.log(area / xs[-1] + math.exp(-xs[-1] * xs[-1] / 2))))
        xs = [area / height] + xs[::-1]
        inner = [_edge, 0.0] + xs[1:-1]
        bounds = [math.floor(2.0**52 * (x / outer)) for x, outer in zip(inner, xs)]
        heights = [1.0] + [math.exp(-x * x / 2) for x in xs[1:]]
        _tables.extend([[x / 2.0**52 for x in xs], bounds, heights])
    return _tables


class Generator(_Stream):
    def __init__(self, seed=None):
        high, low, first, second = _seeded(0 if seed is None else int(seed))
        self._increment, self._half = ((first << 64 | second) << 1 | 1) % 2**128, None
        self._state = (self._increment + (high << 64 | low)) % 2**128
        self._word()

    def _word(self):
        self._state = (self._state * _multiplier + self._increment) % 2**128
        high = self._state >> 64
        word, turn = high ^ self._state & _low64, high >> 58
        return (word >> turn | word << 64 - turn) & _low64

    def _double(self):
        return (self._word() >> 11) / 9007199254740992.0

    def _doubles(self, count):
        return torch.tensor([self._double() for _ in range(count)], dtype=torch.float64)

    def _half_word(self):
        # The upper half of a word waits for the next call.
        word, self._half = self._half, None
        if word is None:
            word = self._word()
            self._half = word >> 32
        return word & 0xFFFFFFFF

    def _one_below(self, bound):
        # D. Lemire's method.
        count = bound + 1
        product = self._half_word() * count
        while product % 2**32 < (2**32 - count) % count:
            product = self._half_word() * count
        return product >> 32

    def _place(self, last):
        # Shuffling takes the bits under the next power of two, as the legacy stream does.
        while True:
            place = self._half_word() & (1 << last.bit_length()) - 1
            if place <= last:
                return place

    def _below(self, bound, count):
        return torch.tensor([self._one_below(bound) for _ in range(count)], dtype=torch.int64)

    def _normals(self, count):
        return torch.tensor([self._normal() for _ in range(count)], dtype=torch.float64)

    def _normal(self):
        widths, bounds, heights = _ziggurat()
        while True:
            word = self._word()
            strip, place = word & 255, word >> 9 & 0xFFFFFFFFFFFFF
            x = place * widths[strip] * (-1.0 if word >> 8 & 1 else 1.0)
            if place < bounds[strip]:
                return x
            if strip == 0:
                while True:
                    beyond, other = -math.log1p(-self._double()) / _edge, -math.log1p(-self._double())
                    if other + other > beyond * beyond:
                        return -(_edge + beyond) if place >> 8 & 1 else _edge + beyond
            if (heights[strip - 1] - heights[strip]) * self._double() + heights[strip] < math.exp(-0.5 * x * x):
                return x

    def random(self, size=None):
        return self.random_sample(size)

    def integers(self, low, high=None, size=None, dtype="int64", endpoint=False):
        low, high = (0, low) if high is None else (low, high)
        return self._whole(low, high + endpoint, size, dtype)

    def _sampled(self, count, number):
        # R. Floyd's method, and then a shuffle.
        found = []
        for last in range(count - number, count):
            place = self._one_below(last) if last else 0
            found.append(last if place in found else place)
        for i in range(number - 1, 0, -1):
            j = self._one_below(i)
            found[i], found[j] = found[j], found[i]
        return torch.tensor(found, dtype=torch.int64)

    def spawn(self, n_children):
        np._refuse("random.Generator.spawn")


def default_rng(seed=None):
    return seed if isinstance(seed, Generator) else Generator(seed)

# Classes as model code uses them: special methods, properties, class and static methods, inheritance.
import torch


class Vocabulary:
    """Words and their ids."""
    UNKNOWN = "<unk>"
    created = 0

    def __init__(self, words=()):
        self._words = [self.UNKNOWN]
        self._ids = {self.UNKNOWN: 0}
        for word in words:
            self.add(word)
        Vocabulary.created += 1

    @classmethod
    def from_text(cls, text, *, lower=True):
        return cls((text.lower() if lower else text).split())

    @staticmethod
    def clean(word):
        return word.strip(".,!?")

    def add(self, word):
        word = self.clean(word)
        if word not in self._ids:
            self._ids[word] = len(self._words)
            self._words.append(word)
        return self._ids[word]

    @property
    def words(self):
        return tuple(self._words)

    @property
    def limit(self):
        return getattr(self, "_limit", None)

    @limit.setter
    def limit(self, value):
        if value < 1:
            raise ValueError(f"limit must be positive, not {value}")
        self._limit = value

    def __len__(self):
        return len(self._words)

    def __contains__(self, word):
        return word in self._ids

    def __getitem__(self, key):
        return self._words[key] if isinstance(key, (int, slice)) else self._ids.get(key, 0)

    def __iter__(self):
        return iter(self._words)

    def __call__(self, text):
        return torch.tensor([self[self.clean(w)] for w in text.lower().split()])

    def __eq__(self, other):
        return isinstance(other, Vocabulary) and self.words == other.words

    def __add__(self, other):
        return type(self)(self._words[1:] + [w for w in other if w not in self])

    def __repr__(self):
        return f"{type(self).__name__}({len(self)} words)"


class Sorted(Vocabulary):
    def __init__(self, words=()):
        super().__init__(sorted(words, key=lambda w: (len(w), w)))

    def __repr__(self):
        return "sorted " + super().__repr__()


v = Vocabulary.from_text("The cat saw the dog. The dog ran!")
print(v, len(v), v.words, "cat" in v, "cow" in v)
print(v("the cow saw the cat!"), v[1], v[2:4], v["dog"], v["nothing"])
s = Sorted(v.words[1:])
print(s, list(s), s == v, v == Vocabulary(v.words[1:]), isinstance(s, Vocabulary), issubclass(Sorted, Vocabulary))
print(v + ["bird", "cat"], Vocabulary.created, s.created, str(v), f"{v!r} {v}")
v.limit = 5
print(v.limit, s.limit)
try:
    v.limit = 0
except ValueError as e:
    print("ValueError:", e)
print(Vocabulary.__name__, Vocabulary.__doc__, Sorted.__mro__[1].__name__, callable(v), hasattr(v, "nothing"))
for i, word in enumerate(reversed(v.words), start=1):
    print(i, word, end="; " if i < len(v) else "\n")

# Registries, caches and token lists that derive from the abstract classes of collections.abc, and get the rest of their
# methods from a few of their own.
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence, Sized
from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import nn


class AttentionInterface(MutableMapping):
    """Attention functions by name: the local ones stand before those that all share."""

    _global_mapping = {"eager": lambda q, k, v: (q @ k.mT / q.size(-1) ** 0.5).softmax(-1) @ v, "sdpa": F.scaled_dot_product_attention}

    def __init__(self):
        self._local_mapping = {}

    def __getitem__(self, key):
        if key in self._local_mapping:
            return self._local_mapping[key]
        return self._global_mapping[key]

    def __setitem__(self, key, value):
        self._local_mapping.update({key: value})

    def __delitem__(self, key):
        del self._local_mapping[key]

    def __iter__(self):
        return iter({**self._global_mapping, **self._local_mapping})

    def __len__(self):
        return len(self._global_mapping.keys() | self._local_mapping.keys())

    @classmethod
    def register(cls, key, value):
        cls._global_mapping.update({key: value})


functions = AttentionInterface()
torch.manual_seed(0)
q, k, v = torch.randn(3, 1, 4, 8).unbind(0)
for name, attend in functions.items():
    print(name, attend(q, k, v)[0, 0])
functions["uniform"] = lambda q, k, v: v.mean(-2, keepdim=True).expand_as(v)
AttentionInterface.register("values", lambda q, k, v: v)
print(list(functions), len(functions), "uniform" in functions, "flash" in functions, functions.get("flash", "none"))
print(functions.setdefault("values", None) is functions["values"], functions.pop("uniform") is not None, functions.pop("uniform", "gone"))
try:
    functions.pop("uniform")
except KeyError as error:
    print("KeyError:", error)
print(isinstance(functions, Mapping), isinstance(functions, dict), sorted(functions.keys()))


class Vocabulary(Mapping[str, int]):
    def __init__(self, words):
        self.index = {word: i for i, word in enumerate(sorted(set(words)))}

    def __getitem__(self, word):
        return self.index[word]

    def __iter__(self):
        return iter(self.index)

    def __len__(self):
        return len(self.index)


vocabulary = Vocabulary("the cat sat on the mat".split())
print(dict(vocabulary), {**vocabulary}["cat"], vocabulary == {"cat": 0, "mat": 1, "on": 2, "sat": 3, "the": 4}, list(vocabulary.values()))
print(vocabulary.get("dog"), vocabulary.get("dog", -1), "mat" in vocabulary, bool(vocabulary), max(vocabulary, key=vocabulary.get))


class TokenIds(Sequence):
    def __init__(self, ids):
        self.ids = list(ids)

    def __getitem__(self, index):
        return TokenIds(self.ids[index]) if isinstance(index, slice) else self.ids[index]

    def __len__(self):
        return len(self.ids)

    def __repr__(self):
        return f"TokenIds({self.ids})"


tokens = TokenIds([4, 0, 3, 2, 4, 1])
print(tokens, tokens[1:3], list(tokens), 3 in tokens, tokens.index(4, 1), tokens.count(4), list(reversed(tokens)), max(tokens))
print(torch.tensor(list(tokens)), isinstance(tokens, Sequence), isinstance(tokens, Sized), isinstance(torch.Size([1]), Sequence))
try:
    tokens.index(9)
except ValueError:
    print("not among them")


class LayerCache(MutableSequence):
    def __init__(self):
        self.layers = []

    def __getitem__(self, index):
        return self.layers[index]

    def __setitem__(self, index, pair):
        self.layers[index] = pair

    def __delitem__(self, index):
        del self.layers[index]

    def __len__(self):
        return len(self.layers)

    def insert(self, index, pair: Tuple[torch.Tensor, torch.Tensor]):
        self.layers.insert(index, pair)

    def seen(self, layer: Optional[int] = 0) -> int:
        return self[layer][0].shape[1] if self else 0


cache = LayerCache()
print(cache.seen(), bool(cache))
cache.append((k, v))
cache.extend([(k[:, :2], v[:, :2])] * 2)
cache += [(q, q)]
cache[1] = tuple(torch.cat([old, new], 1) for old, new in zip(cache[1], (k, v)))
print([pair[0].shape[1] for pair in cache], cache.seen(), len(cache), cache.pop()[0] is q, cache.pop(0)[0] is k, len(cache))


class Countdown(Iterator):
    def __init__(self, steps):
        self.steps = steps

    def __next__(self):
        if self.steps == 0:
            raise StopIteration
        self.steps -= 1
        return self.steps


class Batches(Iterable):
    def __iter__(self):
        yield from torch.arange(6).split(4)


print(list(Countdown(3)), next(Countdown(9)), list(Batches()), isinstance(Batches(), Iterable), isinstance(Countdown(1), Iterator))

# Modules in a row are a sequence, too.
stack = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
deeper = stack + nn.Sequential(nn.Tanh())
print(deeper, stack.pop(1), len(stack))
stack += nn.Sequential(nn.GELU(), nn.Dropout(0.1))
print(stack)

"""A best-first search over a toy language model, with the small machinery that such code brings along."""
import heapq
import sys
from enum import IntEnum
from functools import singledispatch, wraps

import torch
import torch.nn as nn


class Special(IntEnum):
    PAD = 0
    BOS = 1
    EOS = 2


class lazy:
    """Computed on the first read; later reads find the value in the instance."""

    def __init__(self, function):
        self.function = function

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        print(f"computing {self.function.__name__}")
        value = instance.__dict__[self.function.__name__] = self.function(instance)
        return value


def counted(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs)

    wrapper.calls = 0
    return wrapper


class Node:
    def __init__(self, tokens: list[int], score: float):
        self.tokens, self.score = tokens, score

    def __lt__(self, other):
        return len(self.tokens) < len(other.tokens)

    def __index__(self):
        return self.tokens[-1]

    def __divmod__(self, other):
        return divmod(len(self.tokens), other)


class Model(nn.Module):
    def __init__(self, vocab: int, dim: int):
        super().__init__()
        self.emb, self.head = nn.Embedding(vocab, dim), nn.Linear(dim, vocab)

    @lazy
    def names(self):
        lines = "pad\r\nbos\neos\rcat\nsat\nmat\nhat\nran"
        return lines.splitlines()

    @counted
    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(self.head(self.emb(tokens).mean(0)), -1)


@singledispatch
def show(value) -> str:
    return str(value)


@show.register
def _(value: float) -> str:
    return "%*.*f" % (8, 3, value)


@show.register
def _(value: list) -> str:
    return " ".join(map(show, value))


torch.manual_seed(0)
model = Model(8, 6).eval()
print(model.names[Special.EOS], model.names[3:], "names" in model.__dict__)
heap, finished = [(0, Node([Special.BOS], 0.0))], []
with torch.no_grad():
    while heap and len(finished) < 3:
        rank, node = heapq.heappop(heap)
        if node.tokens[-1] == Special.EOS or len(node.tokens) == 4:
            finished.append(node)
            continue
        values, ids = model(torch.tensor(node.tokens)).topk(3)
        for value, token in zip(values.tolist(), ids.tolist()):
            score = node.score + value
            # Ranks are coarse, so that ties are broken by the nodes themselves.
            heapq.heappush(heap, (round(-score), Node(node.tokens + [token], score)))
for node in finished:
    print(show(node.score), show([model.names[t] for t in node.tokens]), model.names[node], divmod(node, 2))
print(model.forward.calls == Model.forward.calls > 3, Model.forward.__annotations__, Model.forward.__qualname__)
print(sorted([(1, Node([3], 0.0)), (0, Node([1, 2], 0.0)), (1, Node([], 0.0))])[1][1].tokens, max((0, "b"), (0, "a")))
print({"a": 1}.items() & {("a", 1), ("b", 2)}, pow(3, -1, 7), (1023).bit_count(), slice(None, None, -2).indices(7))
print("naïve".isascii(), "a.b.c".find(".", 2), "tomato".count("to", 1), "hello".translate(str.maketrans("el", "ip", "o")))
print(sys.version_info.major, (1 << 20).to_bytes(4, "big"), int.from_bytes(b"\x10\x00", "big"))

# Named tuples that know their fields and how they look, and patterns over what models return.
import typing
from collections import namedtuple
from typing import NamedTuple, Optional

import torch

Intermediates = namedtuple("Intermediates", ["pre_softmax", "post_softmax", "values"], defaults=(None,) * 2)


class Token(NamedTuple):
    id: int
    text: str = "<unk>"

    def __str__(self):
        return f"{self.text}#{self.id}"


class Span(NamedTuple):
    start: int
    stop: int

    def __repr__(self):
        return f"[{self.start}, {self.stop})"


scores = torch.tensor([[1.0, 2.0]])
seen = Intermediates(scores, post_softmax=scores.softmax(-1))
print(seen._fields, Intermediates._fields, Intermediates._field_defaults)
print({name: value is not None for name, value in seen._asdict().items()})
print(seen._replace(pre_softmax=0, post_softmax=1), Intermediates._make([1, 2, 3]))
print(Token(3), repr(Token(3)), f"{Token(7, 'the')} {Token(7, 'the')!r}", [Token(1)], str(Token(2, "of")))
print(Span(0, 4), [Span(1, 2), Span(2, 5)], {"span": Span(3, 4)}, "%s" % (Span(5, 6),))
print(Token._fields, Token._field_defaults, hasattr(Token(1), "_fields"), hasattr((1, 2), "_fields"))


def describe(value: Optional[object]) -> str:
    match value:
        case None | False:
            return "nothing"
        case True | 1:
            return "one"
        case Token(id=0) | Token(text="<pad>"):
            return "padding"
        case Token(number, text):
            return f"token {number} {text}"
        case {"heads": int() | None as heads, **rest}:
            return f"{heads} heads, {rest}"
        case [Span(start, stop), *others] if stop > start:
            return f"{stop - start} and {len(others)} more"
        case -1 | -2 | "end":
            return "end"
        case _:
            return type(value).__name__


for value in [None, False, True, Token(0), Token(5, "<pad>"), Token(5, "a"), {"heads": None, "dim": 4}, [Span(0, 3), 1], -2, "end", 2.5]:
    print(describe(value))

print(typing.OrderedDict(a=1), typing.Counter("attention").most_common(2), typing.DefaultDict(int)["x"], typing.Deque([1], 2))
print(isinstance(typing.OrderedDict(), typing.OrderedDict), list[int]([1, 2]))
try:
    typing.List()
except TypeError as error:
    print(error)

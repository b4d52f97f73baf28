# Smaller pieces of the language that pasted code relies on.
from __future__ import annotations

import math
import torch
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

Shape = Tuple[int, ...]
LIMIT: int = 3
counter = 0


def describe(x: Union[torch.Tensor, float], *extra: Any, unit: Optional[str] = None, **options: Any) -> str:
    """Returns a short description."""
    kind = "tensor" if isinstance(x, torch.Tensor) else type(x).__name__
    shape: Shape = tuple(x.shape) if kind == "tensor" else ()
    return f"{kind}{shape} extra={extra} unit={unit} options={sorted(options)}"


def tick(step: int = 1) -> None:
    global counter
    counter += step


class Stop(Exception):
    def __init__(self, at, reason="limit"):
        super().__init__(f"stopped at {at}: {reason}")
        self.at = at


def search(items: Iterable[int], wanted: Callable[[int], bool]) -> Optional[int]:
    for i, item in enumerate(items):
        if i > LIMIT:
            raise Stop(i)
        if wanted(item):
            break
    else:
        return None
    return item


def main() -> None:
    print(describe(torch.zeros(2, 3), 1, 2, unit="m", b=1, a=2), describe(1.5), describe.__doc__)
    args, kwargs = (3.0, "x"), {"unit": "s"}
    print(describe(*args, **kwargs))
    tick(), tick(5)
    print(counter, search([1, 2, 3], lambda n: n > 1), search([], bool), search([1, 2], lambda n: n > 5))
    try:
        search(range(10), lambda n: False)
    except Stop as stop:
        print(stop, stop.at, repr(stop))
    for bad in (lambda: [][0], lambda: {}["k"], lambda: int("q"), lambda: 1 / 0, lambda: "a" + 1, lambda: undefined, lambda: None.x):
        try:
            bad()
        except Exception as e:
            print(f"{type(e).__name__}: {e}")
    try:
        try:
            raise ValueError("inner")
        except ValueError as e:
            raise RuntimeError("outer") from e
    except RuntimeError as e:
        print(e, "<-", e.__cause__)
    i = 0
    while True:
        i += 1
        if i == 2:
            continue
        if i > 4:
            break
        print(i, end=",")
    print()
    print(math.sqrt(2), math.log(math.e), math.ceil(1.2), math.floor(-1.2), math.isclose(0.1 + 0.2, 0.3), math.inf > 10**9, math.prod([2, 3, 4]), math.gcd(12, 18), math.exp(0), math.pow(2, 0.5), math.log2(8), math.log10(1000), math.tanh(1.0))
    print(bool(""), bool([0]), None is None, type(3) is int, isinstance(True, int), id(i) == id(i), abs(-3), pow(2, 10), pow(3, 4, 5), 7 // 2, 2 ** -1, 0b101 ^ 0x1F, ~5, 6 & 3, 1 << 4, not True or True)
    print(chr(97), ord("a"), hex(255), bin(5), "\u00e9", r"\n", """two
lines""", "con" "cat", 1_000_000, .5, 1e3, 0o17)
    x = torch.arange(6).reshape(2, 3)
    for row in x:
        for cell in row:
            print(cell.item(), end=" " if cell < 5 else "\n")
    assert x.sum() == 15, "never shown"
    pass


if __name__ == "__main__":
    main()

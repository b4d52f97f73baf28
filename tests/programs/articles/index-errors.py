# What PyTorch says of numbers that are out of range, and of masks that do not fit.
import torch

x = torch.zeros(3, 4, 5)
scores = torch.zeros(3, 4)


def tried(function):
    try:
        function()
    except (IndexError, RuntimeError) as error:
        print(type(error).__name__, error)


for key in [
    (slice(None), [0, 9]),
    (slice(None), slice(None), [9]),
    ([0], [9]),
    (0, [9]),
    (slice(None), [0], [9]),
    ([0], slice(None), [9]),
    (..., [7]),
    ([5],),
]:
    tried(lambda: x[key])
    tried(lambda: x.__setitem__(key, 1.0))

narrow = torch.zeros(3, 3, dtype=torch.bool)
tried(lambda: scores.masked_fill(narrow, 0))
tried(lambda: scores.masked_fill_(narrow, 0))
tried(lambda: scores.masked_fill_(torch.zeros(2, 3, 4, dtype=torch.bool), 0))
tried(lambda: scores.masked_fill(torch.zeros(3, 4, dtype=torch.int64), 0))
tried(lambda: scores.masked_fill_(torch.zeros(3, 4, dtype=torch.uint8), 0))

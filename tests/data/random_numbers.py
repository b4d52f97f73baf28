"""Records PyTorch's random numbers: python random_numbers.py > random_numbers.txt

A line is `seed kind arguments | values`: floats as the hexadecimal of their bits (of float64 the higher 32, since a
library may differ in the last one), then, where there are more than 12, only the first and last four and a digest of all (d = d * 31 + bits, modulo 2**32).
A line `script` draws several kinds in a row from one seed.
"""
import torch


def bits(t):
    if t.dtype == torch.float32:
        return [v & 0xFFFFFFFF for v in t.flatten().view(torch.int32).tolist()]
    if t.dtype == torch.float64:
        return [v >> 32 & 0xFFFFFFFF for v in t.flatten().view(torch.int64).tolist()]
    return [int(v) & 0xFFFFFFFF for v in t.flatten().tolist()]


def shown(t):
    values = bits(t)
    digest = 0
    for v in values:
        digest = (digest * 31 + v) & 0xFFFFFFFF
    if len(values) > 12:
        values = values[:4] + values[-4:]
    return " ".join(f"{v:x}" for v in values) + f" # {digest:x}"


WEIGHTS = [0.1, 0.2, 0.0, 0.4, 0.25, 0.05, 1.5, 0.3]

DRAWS = {
    "uniform": lambda n, a, b: torch.empty(int(n)).uniform_(float(a), float(b)),
    "normal": lambda n, mean, std: torch.empty(int(n)).normal_(float(mean), float(std)),
    "uniform64": lambda n, a, b: torch.empty(int(n), dtype=torch.float64).uniform_(float(a), float(b)),
    "normal64": lambda n, mean, std: torch.empty(int(n), dtype=torch.float64).normal_(float(mean), float(std)),
    "normal16": lambda n, mean, std: torch.empty(int(n), dtype=torch.bfloat16).normal_(float(mean), float(std)).float(),
    "randint": lambda n, a, b: torch.randint(int(a), int(b), (int(n),)),
    "randperm": lambda n: torch.randperm(int(n)),
    "bernoulli": lambda n, p: torch.empty(int(n)).bernoulli_(float(p)).bool(),
    "exponential": lambda n, rate: torch.empty(int(n)).exponential_(float(rate)),
    "multinomial": lambda rows, n, r: torch.multinomial(torch.tensor([WEIGHTS] * int(rows)), int(n), r == "true"),
}
CASES = [
    "uniform 1 0 1", "uniform 700 0 1", "uniform 3000 -0.5773502691896258 0.5773502691896258", "uniform 4 0 100",
    "uniform 5000 -0.03 0.07", "normal 1 0 1", "normal 2 0 1", "normal 15 0.5 2", "normal 16 0 1", "normal 17 0 1",
    "normal 31 0 1", "normal 32 0 0.02", "normal 100 -3 0.1", "normal 20000 0 1", "normal 4099 1 0.3",
    "uniform64 20 -1 3", "normal64 3 0 1", "normal64 16 0 1", "normal64 40 1 2", "normal16 5 0 1", "normal16 32 0 1",
    "normal16 39 1 2", "randint 20 0 10", "randint 20 -5 5", "randint 9 0 268435455", "randint 9 0 268435456", "randint 9 -7 4294967296",
    "randperm 0", "randperm 1", "randperm 2", "randperm 10", "randperm 1000",
    "bernoulli 30 0.5", "bernoulli 1000 0.9", "exponential 6 1", "exponential 300 2.5",
    "multinomial 1 1 false", "multinomial 1 7 false", "multinomial 3 4 false", "multinomial 1 1 true",
    "multinomial 1 12 true", "multinomial 3 40 true",
]
SCRIPTS = [
    "normal 3 0 1; normal 16 0 1; normal 2 0 1; normal 5 0 1",
    "uniform 7 0 1; normal 5 0 1; uniform 2 0 1; normal 1 0 1; bernoulli 3 0.2; randint 4 0 7; normal 40 0 1",
    "randperm 6; bernoulli 5 0.5; multinomial 1 2 false; exponential 3 1; normal 18 0 1; uniform 3 0 1",
]

for seed in [0, 1, 42, 123, 1337, 2**32 + 5, 2**63 + 99]:
    for case in CASES:
        torch.manual_seed(seed)
        kind, *arguments = case.split()
        print(seed, case, "|", shown(DRAWS[kind](*arguments)))
    for script in SCRIPTS:
        torch.manual_seed(seed)
        drawn = []
        for case in script.split("; "):
            kind, *arguments = case.split()
            drawn.append(shown(DRAWS[kind](*arguments)))
        print(seed, script, "|", "; ".join(drawn))

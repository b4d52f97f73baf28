"""BLEU from counters, samples from one's own generator, and statistics of the scores: the standard library around a model."""
import itertools
import json
import math
import operator
import os
import random
import statistics
import string
import timeit
from collections import Counter
from fractions import Fraction
from functools import reduce, singledispatchmethod
from pprint import pformat, pprint

import torch


def ngrams(tokens, n):
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def bleu(candidate, reference, max_n=2):
    precisions = []
    for n in range(1, max_n + 1):
        clipped = ngrams(candidate, n) & ngrams(reference, n)
        precisions.append(Fraction(sum(clipped.values()), max(1, sum(ngrams(candidate, n).values()))))
    brevity = min(1.0, math.exp(1 - len(reference) / len(candidate)))
    product = reduce(operator.mul, precisions)
    return precisions, brevity * float(product) ** (1 / max_n)


reference = "the cat sat on the mat".split()
for text in ("the cat sat on the mat", "the the the cat mat", "on the mat sat the cat quietly"):
    precisions, score = bleu(text.split(), reference)
    print(text, [str(p) for p in precisions], f"{score:.4f}")
print(Counter("banana") | Counter("bandana"), +Counter(a=2, b=-1), Counter("abc") - Counter("b"))

rng = random.Random(1337)
vocabulary = list(string.ascii_lowercase[:6])
corpus = [rng.choices(vocabulary, weights=[6, 5, 4, 3, 2, 1], k=6) for _ in range(4)]
rng.shuffle(corpus)
print(corpus[0], rng.sample(vocabulary, 3), rng.randint(0, 99), round(rng.gauss(0, 1), 4))
random.seed(0)
state = random.getstate()
first = [random.randrange(100) for _ in range(3)]
random.setstate(state)
print(first, first == [random.randrange(100) for _ in range(3)])

scores = [bleu(a, b, max_n=1)[1] for a, b in itertools.permutations(corpus, 2)]
print(len(scores), statistics.mean(scores), statistics.stdev(scores), statistics.median(scores), statistics.quantiles(scores))
heads = list(itertools.product((1, 2), ("causal", "full")))
print(heads, sorted(heads, key=operator.itemgetter(1, 0)))


class Describer:
    @singledispatchmethod
    def describe(self, value):
        return f"something: {value}"

    @describe.register
    def _(self, value: torch.Tensor):
        return f"tensor of {tuple(value.shape)}"

    @describe.register(list)
    def _(self, value):
        return f"list of {len(value)}"


describer = Describer()
print(describer.describe(torch.zeros(2, 3)), describer.describe([1, 2]), describer.describe("x"))

config = {"n_layer": 2, "n_head": 4, "block_size": 128, "optimizer": {"lr": 3e-4, "betas": (0.9, 0.95)}, "name": "tiny-transformer"}
pprint(config)
print(pformat({"b": 1, "a": {"d": [1], "c": 2}}))
os.makedirs("out", exist_ok=True)
print(os.path.join("out", "ckpt.pt"), os.path.splitext("ckpt.pt")[1], json.dumps({"loss": torch.tensor(1.5)}, default=lambda t: t.item()))
print(string.Template("$model has ${heads} heads").substitute(model="GPT", heads=config["n_head"]))
print(math.perm(5, 2), math.isqrt(50), round(math.lgamma(10.5), 6), math.frexp(6.5), math.remainder(7, 4), math.dist([0, 0], [3, 4]))
print(timeit.timeit(lambda: sum(range(10)), number=10) < 5)
try:
    import a_package_that_is_nowhere
except ModuleNotFoundError as error:
    print(error, error.name)

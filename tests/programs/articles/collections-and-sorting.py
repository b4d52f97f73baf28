# Lists, dicts, sets and their methods, sorting with keys, counting words.
from collections import Counter, defaultdict

text = "the more you look at the cat the more the cat looks at you"
words = text.split()
counts = {}
for w in words:
    counts[w] = counts.get(w, 0) + 1
print(counts)
print(sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:4])
print(Counter(words).most_common(3), Counter("banana")["a"])
by_length = defaultdict(list)
for w in set(words):
    by_length[len(w)].append(w)
print({k: sorted(v) for k, v in sorted(by_length.items())})
vocab = {w: i for i, w in enumerate(sorted(set(words)))}
inverse = {i: w for w, i in vocab.items()}
ids = [vocab[w] for w in words]
print(ids, " ".join(inverse[i] for i in ids) == text)
merged = {**vocab, "new": 99} | {"the": -1}
print(merged["the"], len(merged), "new" in merged, merged.pop("new"), merged.pop("none", None), list(merged)[:2])
merged.setdefault("list", []).append(1)
merged.update(a=1, b=2)
del merged["a"]
print(merged["list"], max(merged.keys()), any(isinstance(v, list) for v in merged.values()))

numbers = [5, 3, 8, 1]
numbers.sort(reverse=True)
numbers.insert(1, 7)
numbers += [2] * 2
numbers.remove(8)
print(numbers, numbers.index(3), numbers.count(2), numbers.pop(), numbers.pop(0), numbers[::2], numbers[-2:])
numbers[1:2] = [10, 11]
print(numbers, sorted(numbers, key=lambda n: abs(n - 9)), min(numbers), max("apple", "fig", key=len), sum(numbers, start=100))
numbers.extend(range(3))
numbers.reverse()
print(numbers, list(reversed(numbers))[:2], numbers.copy() == numbers, [] or "empty", not [])
matrix = [[i * 3 + j for j in range(3)] for i in range(3)]
print(matrix, [list(col) for col in zip(*matrix)], [x for row in matrix for x in row if x % 2 == 0])
a, b = {1, 2, 3}, {3, 4}
print(a | b, a & b, a - b, a ^ b, a <= {1, 2, 3, 4}, a.isdisjoint({9}), len(a.union(b)), frozenset([1, 1]))
a.add(9)
a.discard(1)
print(sorted(a), 9 in a, {x % 3 for x in range(10)})
pairs = list(zip("abc", range(3), [True, False, None]))
print(pairs, dict(zip("xy", (1, 2))), list(enumerate("ab", 1)), tuple(range(0, 10, 3)), (1,) + (2, 3))
(x, y), *rest = [(1, 2), 3, 4]
x, y = y, x
print(x, y, rest, 1 < x <= 2 < 3, x if y > 5 else -x, all([]), any([]), (1, 2) < (1, 3), [1, 2] == [1, 2.0])
if (n := len(words)) > 10:
    print(f"{n} words", end="")
    print("!", [m for w in words if (m := len(w)) > 4])

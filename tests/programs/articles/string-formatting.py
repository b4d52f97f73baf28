# f-strings and str methods as reports use them.
import math
import torch

loss, step, name = 2.7182818, 1234567, "gpt-mini"
print(f"{loss:.3f} {loss:8.2f}|{loss:<8.2f}|{loss:^8.1f}|{loss:+.1e}")
print(f"{step:,} {step:_} {step:>10} {step:010d} {step:e} {step / 1e6:.1f}M")
print(f"{name!r:>12} {name:*^14} {name[:3]:.2} {name.upper()}")
print(f"{loss=:.2f} {step=} {name=} {1 + 1 = }")
print(f"{255:#x} {255:b} {8:o} {255:#010b} {0.256:.1%} {65:c}")
width, digits = 10, 3
print(f"{math.pi:{width}.{digits}f}|{'x':>{width}}|{{braces}}|{'nested ' + 'quotes'}")
t = torch.tensor([[1.5, -2.25], [0.125, 100.0]])
print(f"{t[0, 0]:.3f} {t.sum().item():.2f} {t.shape} {tuple(t.shape)} {t[1]}")
print("{} {:.1f} {name} {!r}".format("a", 2.55, "c", name="b"), "{0}{1}{0}".format("x", "-"), "%s %d %.2f %5s|%-5s|%%" % ("s", 3, 1.005, "r", "l"))
print("%05d %x %e %g" % (42, 255, 12345.678, 0.00001), "%(k)s=%(v)03d" % {"k": "id", "v": 7})
rows = [("attention", 4 * 768**2), ("feed-forward", 8 * 768**2), ("embedding", 50257 * 768)]
total = sum(n for _, n in rows)
for label, n in rows:
    print(f"{label:<14}{n:>14,}{n / total:>8.1%} {'#' * round(20 * n / total)}")
print("-" * 36 + "\n" + f"{'total':<14}{total:>14,}")
text = "  The Quick, brown fox  "
print(text.strip().lower().replace(",", "").split(), text.count("o"), text.find("Quick"), text.index("b"))
print("-".join("abc"), "a,b,,c".split(","), "key=value=x".partition("="), "x.y.z".rsplit(".", 1), "line\nline".splitlines())
print("abc".startswith(("x", "a")), "abc".endswith("c"), "abc".isalpha(), "12".isdigit(), "a" in "abc", "abc"[::-1], "b" * 3)
print("title case".title(), "Hello".swapcase(), "hello".capitalize(), "7".zfill(3), "x".center(5, "."), "ab".ljust(4) + "|", "ab".rjust(4))
print(repr("it's"), repr('say "hi"'), repr("tab\t\\"), str(None), str([1, "a", 2.0, (True,)]), ascii("é"))
print(1e16, 1e15, 123456789.123, 1e-4, 1e-5, 0.1 + 0.2, 3.0, -0.0, float("inf"), float("nan"))
print(round(2.5), round(3.5), round(2.675, 2), round(-1.5), round(1234.567, -2), int(-2.7), -7 // 2, -7 % 3, 7 % -3, divmod(17, 5))
print(*[1, 2, 3], sep=" -> ", end=".\n")

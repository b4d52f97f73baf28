# A character bigram model by counting: broadcasting, keepdim, sampling, likelihood.
import torch
import torch.nn.functional as F

names = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "amelia", "evelyn", "luna", "ella"]
chars = sorted(set("".join(names)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}
print(len(names), min(len(w) for w in names), max(map(len, names)), "".join(chars))

b = {}
for w in names:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        b[ch1, ch2] = b.get((ch1, ch2), 0) + 1
print(sorted(b.items(), key=lambda kv: -kv[1])[:6])

N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int32)
for (ch1, ch2), count in b.items():
    N[stoi[ch1], stoi[ch2]] += count
print(N)
p = N[0].float()
p /= p.sum()
print(p)

P = (N + 1).float()
P /= P.sum(1, keepdim=True)
print(P.shape, f"{P[0].sum():.4f}", P.sum(0, keepdim=True).shape)

g = torch.Generator().manual_seed(2147483647)
for _ in range(4):
    out, ix = [], 0
    while True:
        ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
        if ix == 0:
            break
        out.append(itos[ix])
    print("".join(out))

log_likelihood, n = 0.0, 0
for w in names[:3]:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        prob = P[stoi[ch1], stoi[ch2]]
        log_likelihood += torch.log(prob)
        n += 1
print(f"{log_likelihood=}")
print(f"nll {-log_likelihood / n:.4f} over {n} pairs")

xs = torch.tensor([stoi[c] for c in ".emma"])
ys = torch.tensor([stoi[c] for c in "emma."])
xenc = F.one_hot(xs, num_classes=len(stoi)).float()
W = torch.randn((len(stoi), len(stoi)), generator=torch.Generator().manual_seed(7))
counts = (xenc @ W).exp()
probs = counts / counts.sum(1, keepdim=True)
print(probs.shape, -probs[torch.arange(5), ys].log().mean())
print(F.cross_entropy(xenc @ W, ys))

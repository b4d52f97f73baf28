# Temperature, top-k, top-p and beam search over a fixed distribution.
import torch
import torch.nn.functional as F

vocab = ["river", "runs", "slowly", "down", "to", "the", "sea", "again", "home"]
logits = torch.tensor([3.1, 0.7, -1.2, 5.9, 1.4, -2.3, -0.8, 5.2, 2.2])
probas = torch.softmax(logits, dim=0)
print(vocab[torch.argmax(probas).item()])
torch.manual_seed(123)
print(vocab[torch.multinomial(probas, num_samples=1).item()])


def show_samples(probas, n=200):
    torch.manual_seed(123)
    sample = [torch.multinomial(probas, num_samples=1).item() for _ in range(n)]
    counts = torch.bincount(torch.tensor(sample), minlength=len(probas))
    print(", ".join(f"{c} x {vocab[i]}" for i, c in enumerate(counts.tolist()) if c))


for temperature in (1, 0.1, 5):
    show_samples(F.softmax(logits / temperature, dim=0))
top_logits, top_pos = torch.topk(logits, 3)
print(top_logits, top_pos)
new_logits = torch.where(condition=logits < top_logits[-1], input=torch.tensor(float("-inf")), other=logits)
print(new_logits)
print(torch.softmax(new_logits, dim=0))
show_samples(torch.softmax(new_logits, dim=0))


def top_p(logits, p):
    ordered, index = torch.sort(logits, descending=True)
    cumulative = ordered.softmax(-1).cumsum(-1)
    remove = cumulative - ordered.softmax(-1) > p
    return logits.masked_fill(remove.scatter(-1, index, remove), float("-inf"))


for p in (0.5, 0.9, 0.99):
    kept = top_p(logits, p).isfinite()
    print(p, [w for w, keep in zip(vocab, kept) if keep])

torch.manual_seed(4)
transition = torch.randn(9, 9).log_softmax(-1)
beams = [([3], 0.0)]
for _ in range(4):
    candidates = []
    for tokens, score in beams:
        values, ids = transition[tokens[-1]].topk(3)
        candidates += [(tokens + [i], score + v) for v, i in zip(values.tolist(), ids.tolist())]
    beams = sorted(candidates, key=lambda c: c[1], reverse=True)[:3]
for tokens, score in beams:
    print(f"{score:.3f}", " ".join(vocab[t] for t in tokens))
entropy = -(probas * probas.log()).sum()
print(f"entropy {entropy:.3f} nats, perplexity {entropy.exp():.2f}, repetition {torch.where(logits > 0, logits / 1.2, logits * 1.2)[:3]}")

# Small changes to the scores: soft caps, normalised queries and keys, sinks, gates, differences.
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1)
H, T, D = 2, 5, 4
q, k, v = (torch.randn(H, T, D) for _ in range(3))
future = torch.ones(T, T, dtype=torch.bool).triu(1)
scores = (3 * q @ k.mT / math.sqrt(D)).masked_fill(future, -math.inf)
print(scores[0])

cap = 2.0
capped = cap * torch.tanh(scores / cap)
capped = capped.masked_fill(future, -math.inf)
print(capped[0], capped.isfinite().sum())

q_norm, k_norm = nn.RMSNorm(D), nn.RMSNorm(D)
with torch.no_grad():
    normed = q_norm(q) @ k_norm(k).mT / math.sqrt(D)
print(normed.abs().max() <= math.sqrt(D) + 1e-4, normed[1, 2])

sinks = nn.Parameter(torch.tensor([0.0, 2.0]))
with torch.no_grad():
    with_sink = torch.cat([scores, sinks.view(H, 1, 1).expand(H, T, 1)], dim=-1).softmax(-1)
    weights = with_sink[..., :-1]
    print(weights[1], with_sink[1, :, -1])
    off_by_one = scores.exp() / (1 + scores.exp().sum(-1, keepdim=True))
    print(torch.allclose(off_by_one[0], weights[0], atol=1e-6))

gate = nn.Linear(D, D)
out = scores.softmax(-1) @ v
gated = out * torch.sigmoid(gate(q))
print(gated[0, -1])

lam = 0.8 - 0.6 * math.exp(-0.3 * 2)
difference = scores.softmax(-1)[0] - lam * scores.softmax(-1)[1]
print(f"{lam:.4f}", difference, difference.sum(-1))

temperature = nn.Parameter(torch.full((H, 1, 1), math.log(1 / 0.07)))
cosine = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT * temperature.exp().clamp(max=10.0)
print(cosine[0, 0])
print(F.cosine_similarity(q[0], k[0], dim=-1), nn.CosineSimilarity(dim=-1)(q[0], q[0]).round())
entropy = -(scores.softmax(-1) * scores.log_softmax(-1).masked_fill(future, 0)).sum(-1)
print(entropy)

# Linear attention as a masked product, as a recurrence over a state, and in chunks.
import torch
import torch.nn.functional as F

torch.manual_seed(123)
T, D = 8, 3
feature = lambda x: F.elu(x) + 1
q, k, v = feature(torch.randn(T, D)), feature(torch.randn(T, D)), torch.randn(T, D)

scores = (q @ k.T).tril()
parallel = scores @ v / scores.sum(-1, keepdim=True)
print(parallel)

state, norm, rows = torch.zeros(D, D), torch.zeros(D), []
for t in range(T):
    state = state + torch.outer(k[t], v[t])
    norm += k[t]
    rows.append(q[t] @ state / (q[t] @ norm))
recurrent = torch.stack(rows)
print(torch.allclose(recurrent, parallel, atol=1e-5))
print(state, norm)

C, state, norm, chunks = 4, torch.zeros(D, D), torch.zeros(D), []
for qc, kc, vc in zip(q.split(C), k.split(C), v.split(C)):
    inner = (qc @ kc.T).tril()
    top = qc @ state + inner @ vc
    bottom = qc @ norm + inner.sum(-1)
    chunks.append(top / bottom.unsqueeze(-1))
    state, norm = state + kc.T @ vc, norm + kc.sum(0)
print(torch.allclose(torch.cat(chunks), parallel, atol=1e-5))

decay = torch.tensor([0.5, 0.9, 0.99])
for gamma in decay:
    s, outs = torch.zeros(D, D), []
    for t in range(T):
        s = gamma * s + k[t, :, None] * v[t, None, :]
        outs.append(q[t] @ s)
    powers = gamma ** (torch.arange(T)[:, None] - torch.arange(T)).clamp(min=0)
    masked = ((q @ k.T) * powers).tril() @ v
    print(f"decay {gamma:.2f}: {torch.allclose(torch.stack(outs), masked, atol=1e-4)} last {outs[-1]}")

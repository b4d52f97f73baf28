# Token-choice routing: softmax over the top experts, dispatch by loop and by index_add.
import torch
import torch.nn as nn
import torch.nn.functional as F


class Expert(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.gate, self.up, self.down = nn.Linear(dim, hidden, False), nn.Linear(dim, hidden, False), nn.Linear(hidden, dim, False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class MoE(nn.Module):
    def __init__(self, dim, hidden, n_experts, top_k):
        super().__init__()
        self.router = nn.Linear(dim, n_experts, bias=False)
        self.experts = nn.ModuleList([Expert(dim, hidden) for _ in range(n_experts)])
        self.top_k = top_k

    def forward(self, x):
        shape = x.shape
        x = x.view(-1, shape[-1])
        logits = self.router(x)
        weights, chosen = torch.topk(logits, self.top_k, dim=-1)
        weights = F.softmax(weights, dim=-1, dtype=torch.float)
        out = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            token, slot = torch.where(chosen == i)
            if token.numel() == 0:
                continue
            out.index_add_(0, token, weights[token, slot, None] * expert(x[token]))
        return out.view(shape), chosen, logits


torch.manual_seed(11)
moe = MoE(dim=6, hidden=8, n_experts=4, top_k=2)
x = torch.randn(2, 3, 6)
with torch.no_grad():
    y, chosen, logits = moe(x)
    dense = torch.stack([e(x.view(-1, 6)) for e in moe.experts], dim=1)
    gates = torch.full_like(logits, -torch.inf).scatter(1, chosen, logits.gather(1, chosen)).softmax(-1)
    check = (gates.unsqueeze(-1) * dense).sum(dim=1)
print(chosen)
print(y)
print(gates)
print(torch.allclose(check.view_as(y), y, atol=1e-6))
load = torch.bincount(chosen.flatten(), minlength=4)
share = F.one_hot(chosen, 4).sum(1).float().mean(0)
print(load.tolist(), share, f"balance {(4 * share / 2 * logits.softmax(-1).mean(0)).sum():.3f}")
total = sum(p.numel() for p in moe.parameters())
active = total - sum(p.numel() for p in moe.experts.parameters()) * 2 // 4
print(f"{total:,} parameters, {active:,} active per token")

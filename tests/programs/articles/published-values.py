# Inputs and seeds whose results are printed in published texts: six words of three numbers, seeds 123 and 789.
import torch
from torch import nn

inputs = torch.tensor([
    [0.43, 0.15, 0.89], [0.55, 0.87, 0.66], [0.57, 0.85, 0.64],
    [0.22, 0.58, 0.33], [0.77, 0.25, 0.10], [0.05, 0.80, 0.55],
])
weights = torch.softmax(inputs @ inputs.T, dim=-1)
print(weights[1])
print(weights @ inputs)

torch.manual_seed(123)
Wq, Wk, Wv = (torch.rand(3, 2) for _ in range(3))
print(inputs[1] @ Wq)
weights = torch.softmax((inputs[1] @ Wq) @ (inputs @ Wk).T / 2**0.5, dim=-1)
print(weights)
print(weights @ (inputs @ Wv))


class Single(nn.Module):
    def __init__(self, causal=False, p=0.0):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(3, 2, bias=False) for _ in range(3))
        self.drop, self.causal = nn.Dropout(p), causal

    def forward(self, x):
        scores = self.query(x) @ self.key(x).transpose(-2, -1) / 2**0.5
        if self.causal:
            scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), -torch.inf)
        self.weights = self.drop(scores.softmax(-1))
        return self.weights @ self.value(x)


torch.manual_seed(789)
single = Single()
print(single(inputs))
print(single.weights)
single.causal = True
print(single(inputs), single.weights[-1])
torch.manual_seed(123)
print(nn.Dropout(0.5)(torch.ones(6, 6)))
batch = torch.stack((inputs, inputs))
torch.manual_seed(123)
print(Single(causal=True)(batch)[1])
torch.manual_seed(123)
heads = nn.ModuleList([Single(causal=True) for _ in range(2)])
print(torch.cat([head(batch) for head in heads], dim=-1)[0])

torch.manual_seed(123)
query, key, value, out = (nn.Linear(3 if i < 3 else 2, 2, bias=i == 3) for i in range(4))
q, k, v = (layer(batch).view(2, 6, 2, 1).transpose(1, 2) for layer in (query, key, value))
context = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
print(out(context.transpose(1, 2).reshape(2, 6, 2))[0])
torch.manual_seed(123)
print(nn.Embedding(6, 3).weight)

# Causal attention with a registered mask, and several of them side by side.
import torch
import torch.nn as nn


class CausalHead(nn.Module):

    def __init__(self, in_dim, out_dim, context_length, dropout, bias=False):
        super().__init__()
        self.out_dim = out_dim
        self.W_query = nn.Linear(in_dim, out_dim, bias=bias)
        self.W_key = nn.Linear(in_dim, out_dim, bias=bias)
        self.W_value = nn.Linear(in_dim, out_dim, bias=bias)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer('mask', torch.triu(torch.ones(context_length, context_length), diagonal=1))

    def forward(self, x):
        b, n, in_dim = x.shape
        keys = self.W_key(x)
        queries = self.W_query(x)
        values = self.W_value(x)
        scores = queries @ keys.transpose(1, 2)
        scores.masked_fill_(
            self.mask.bool()[:n, :n], -torch.inf)
        weights = torch.softmax(scores / keys.shape[-1]**0.5, dim=-1)
        weights = self.dropout(weights)
        context = weights @ values
        return context


class ParallelHeads(nn.Module):

    def __init__(self, in_dim, out_dim, context_length, dropout, num_heads, bias=False):
        super().__init__()
        self.heads = nn.ModuleList(
            [CausalHead(in_dim, out_dim, context_length, dropout, bias)
             for _ in range(num_heads)])

    def forward(self, x):
        return torch.cat([head(x) for head in self.heads], dim=-1)


torch.manual_seed(42)
inputs = torch.rand(6, 3)
batch = torch.stack((inputs, inputs), dim=0)

torch.manual_seed(123)
context_length = batch.shape[1]
ca = CausalHead(3, 2, context_length, 0.0)
contexts = ca(batch)
print(contexts)
print("contexts.shape:", contexts.shape)

torch.manual_seed(123)
in_dim, out_dim = 3, 2
mha = ParallelHeads(in_dim, out_dim, context_length, 0.0, num_heads=2)
contexts = mha(batch)
print(contexts)
print("contexts.shape:", contexts.shape)
print(mha)
print([name for name, _ in mha.named_buffers()], ca.mask.shape)

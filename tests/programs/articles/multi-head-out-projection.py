# Multi-head attention with split weights and an output projection, step by step.
import torch
import torch.nn as nn


class MultiHeadAttention(nn.Module):
    def __init__(self, in_dim, out_dim, context_length, dropout, num_heads, bias=False):
        super().__init__()
        assert (out_dim % num_heads == 0), f"{out_dim} channels cannot be shared by {num_heads} heads"

        self.out_dim = out_dim
        self.num_heads = num_heads
        self.head_dim = out_dim // num_heads

        self.W_query = nn.Linear(in_dim, out_dim, bias=bias)
        self.W_key = nn.Linear(in_dim, out_dim, bias=bias)
        self.W_value = nn.Linear(in_dim, out_dim, bias=bias)
        self.out_proj = nn.Linear(out_dim, out_dim)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer(
            "mask",
            torch.triu(torch.ones(context_length, context_length),
                       diagonal=1)
        )

    def forward(self, x):
        b, n, in_dim = x.shape
        by_head = (b, n, self.num_heads, self.head_dim)
        queries = self.W_query(x).view(by_head).transpose(1, 2)
        keys = self.W_key(x).view(*by_head).transpose(1, 2)
        values = self.W_value(x).view(by_head).transpose(1, 2)

        scores = queries @ keys.transpose(2, 3)
        scores.masked_fill_(self.mask.bool()[:n, :n], -torch.inf)
        weights = torch.softmax(scores / keys.shape[-1]**0.5, dim=-1)
        weights = self.dropout(weights)

        context = (weights @ values).transpose(1, 2)
        context = context.contiguous().view(b, n, self.out_dim)
        return self.out_proj(context)


torch.manual_seed(123)
batch = torch.rand(2, 6, 3)
batch_size, context_length, in_dim = batch.shape
out_dim = 2
mha = MultiHeadAttention(in_dim, out_dim, context_length, 0.0, num_heads=2)
contexts = mha(batch)
print(contexts)
print("contexts.shape:", contexts.shape)

a = torch.arange(24.0).view(1, 2, 3, 4) / 10
print(a @ a.transpose(2, 3))
first_head = a[0, 0, :, :]
print("First head:\n", first_head @ first_head.T)
second_head = a[0, 1, :, :]
print("\nSecond head:\n", second_head @ second_head.T)
try:
    MultiHeadAttention(3, 5, 6, 0.0, num_heads=2)
except AssertionError as e:
    print("AssertionError:", e)
print(sum(p.numel() for p in mha.parameters()))

# Trainable weights: first as bare parameters, then as linear layers.
import torch
import torch.nn as nn

torch.manual_seed(123)
inputs = torch.rand(6, 3)
x_2 = inputs[1]
in_dim = inputs.shape[1]
out_dim = 2

W_query = torch.nn.Parameter(torch.rand(in_dim, out_dim), requires_grad=False)
W_key = torch.nn.Parameter(torch.rand(in_dim, out_dim), requires_grad=False)
W_value = torch.nn.Parameter(torch.rand(in_dim, out_dim), requires_grad=False)
query_2 = x_2 @ W_query
print(query_2)
keys = inputs @ W_key
values = inputs @ W_value
print("keys.shape:", keys.shape)
print("values.shape:", values.shape)
attn_score_22 = query_2.dot(keys[1])
print(attn_score_22)
scores_2 = query_2 @ keys.T
print(scores_2)
d_k = keys.shape[1]
print(torch.softmax(scores_2 / d_k**0.5, dim=-1) @ values)


class AttentionWithParameters(nn.Module):

    def __init__(self, in_dim, out_dim):
        super().__init__()
        self.W_query = nn.Parameter(torch.rand(in_dim, out_dim))
        self.W_key = nn.Parameter(torch.rand(in_dim, out_dim))
        self.W_value = nn.Parameter(torch.rand(in_dim, out_dim))

    def forward(self, x):
        keys = x @ self.W_key
        queries = x @ self.W_query
        values = x @ self.W_value
        scores = queries @ keys.T
        weights = torch.softmax(scores / keys.shape[-1]**0.5, dim=-1)
        context = weights @ values
        return context


class AttentionWithLinears(nn.Module):

    def __init__(self, in_dim, out_dim, bias=False):
        super().__init__()
        self.W_query = nn.Linear(in_dim, out_dim, bias=bias)
        self.W_key = nn.Linear(in_dim, out_dim, bias=bias)
        self.W_value = nn.Linear(in_dim, out_dim, bias=bias)

    def forward(self, x):
        keys = self.W_key(x)
        queries = self.W_query(x)
        values = self.W_value(x)
        weights = torch.softmax(queries @ keys.T / keys.shape[-1]**0.5, dim=-1)
        return weights @ values


torch.manual_seed(123)
plain = AttentionWithParameters(in_dim, out_dim)
print(plain(inputs))
torch.manual_seed(789)
linear = AttentionWithLinears(in_dim, out_dim)
print(linear(inputs))
print(plain.W_query)

plain.W_query = nn.Parameter(linear.W_query.weight.T)
plain.W_key = nn.Parameter(linear.W_key.weight.T)
plain.W_value = nn.Parameter(linear.W_value.weight.T)
print(torch.allclose(plain(inputs), linear(inputs)))

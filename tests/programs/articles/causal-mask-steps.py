# From a full attention matrix to a causal one, with gradients recorded.
import torch
import torch.nn as nn

torch.manual_seed(789)
inputs = torch.rand(5, 4)
W_query = nn.Linear(4, 3, bias=False)
W_key = nn.Linear(4, 3, bias=False)
queries = W_query(inputs)
keys = W_key(inputs)
scores = queries @ keys.T
weights = torch.softmax(scores / keys.shape[-1]**0.5, dim=-1)
print(weights)

context_length = scores.shape[0]
lower_ones = torch.tril(torch.ones(context_length, context_length))
print(lower_ones)
lower = weights * lower_ones
print(lower)
row_sums = lower.sum(dim=-1, keepdim=True)
renormalised = lower / row_sums
print(renormalised)

mask = torch.triu(torch.ones(context_length, context_length), diagonal=1)
masked = scores.masked_fill(mask.bool(), -torch.inf)
print(masked)
weights = torch.softmax(masked / keys.shape[-1]**0.5, dim=-1)
print(weights)

torch.manual_seed(123)
dropout = torch.nn.Dropout(0.5)
example = torch.ones(5, 5)
print(dropout(example))
torch.manual_seed(123)
print(dropout(weights))
batch = torch.stack((inputs, inputs), dim=0)
print(batch.shape)

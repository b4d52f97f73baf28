# In bfloat16 and float16 a function of several steps computes in float32 and rounds once, at its end.
import torch
import torch.nn as nn

torch.manual_seed(0)
linear = nn.Linear(16, 8).to(torch.bfloat16)
x = torch.randn(3, 16, dtype=torch.bfloat16)
y = linear(x)
print(y)
once = (x.float() @ linear.weight.float().T + linear.bias.float()).bfloat16()
print("once:", torch.equal(y, once), "twice:", torch.equal(y, x @ linear.weight.T + linear.bias))
print(linear(x[0]), linear(x[None]).shape)
print(torch.addmm(x[0, :4], x[:, :4], linear.weight[:4, :4].T))

attention = nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.bfloat16)
tokens = torch.randn(2, 3, 8, dtype=torch.bfloat16)
print(*attention(tokens, tokens, tokens), sep="\n")

print(x.var(-1), x.std(-1), *torch.var_mean(x, -1))
print(torch.addcmul(x[0], x[1], x[2]), torch.lerp(x[0], x[1], 0.3)[:4])
half = x.half()
print(half.std(0)[:4], torch.addcdiv(half, half, half + 4)[0, :4])

torch.set_default_dtype(torch.float64)
print(torch.zeros(2), torch.zeros(2, dtype=torch.float32))
torch.set_default_dtype(torch.bfloat16)
print(torch.ones(2), torch.ones(2).float())

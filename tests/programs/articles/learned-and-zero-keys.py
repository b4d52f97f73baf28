# nn.MultiheadAttention with its rarer arguments, and which of its parts hooks see.
import torch
import torch.nn as nn

torch.manual_seed(0)
E, H, T, S, B = 8, 2, 3, 4, 2
query, memory = torch.randn(T, B, E), torch.randn(S, B, E)

for options in [dict(add_bias_kv=True), dict(add_zero_attn=True), dict(add_bias_kv=True, add_zero_attn=True, bias=False)]:
    attention = nn.MultiheadAttention(E, H, **options)
    print(options, [(name, tuple(p.shape)) for name, p in attention.named_parameters()])
    output, weights = attention(query, memory, memory)
    print(output[0], weights.shape)
    print(weights[0])
    blocked = torch.ones(T, S).triu(2).bool()
    padding = torch.tensor([[False] * S, [False, False, True, True]])
    output, weights = attention(query, memory, memory, key_padding_mask=padding, attn_mask=blocked, average_attn_weights=False)
    print(weights[1, 0])
    with torch.no_grad():
        fused, nothing = attention(query, memory, memory, key_padding_mask=padding, attn_mask=blocked, need_weights=False)
    print(torch.allclose(fused, output, atol=1e-6), nothing)

functional = nn.functional.multi_head_attention_forward(
    query, memory, memory, E, H, attention.in_proj_weight, None, attention.bias_k, attention.bias_v, True, 0.0,
    attention.out_proj.weight, None,
)
print(torch.allclose(functional[0], attention(query, memory, memory)[0]), functional[1].shape)

# The sizes of keys and values may differ from the query's.
narrow = nn.MultiheadAttention(E, H, kdim=6, vdim=5, batch_first=True)
print(narrow(torch.randn(B, T, E), torch.randn(B, S, 6), torch.randn(B, S, 5))[1])

seen = []
block = nn.TransformerEncoderLayer(E, H, 16, dropout=0.0)
for name, module in block.named_modules():
    if isinstance(module, (nn.Linear, nn.MultiheadAttention)):
        module.register_forward_hook(lambda module, inputs, output, name=name: seen.append(name))
block(query)
print(seen)

try:
    attention(query, memory, memory, key_padding_mask=padding.T)
except AssertionError as error:
    print(error)

# A copy of a decoder layer whose activation is a module computes with ReLU.
layer = nn.TransformerDecoderLayer(E, H, 16, dropout=0.0, activation=nn.GELU())
stack = nn.TransformerDecoder(layer, 1)
print(stack(query, memory)[0])
print(layer(query, memory)[0])

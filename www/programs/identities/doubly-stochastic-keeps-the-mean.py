# %% [markdown]
# # A doubly stochastic mix keeps the mean of the streams
#
# Where every row of the mix sums to one, each stream is handed on whole, however it is divided; where every column does, no new stream is larger than an average of old ones.
# So if layers read the mean of the streams and write to them with one on average, the mean goes through the model as an ordinary residual stream goes through layers of multi-head attention.
#
# **Identity** hyper-connections = multi-head-attention
#
# Sources: [Xie et al. 2025](https://arxiv.org/abs/2512.24880), on the properties of doubly stochastic matrices; [Sinkhorn and Knopp 1967](https://doi.org/10.2140/pjm.1967.21.343).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_streams = 4   #@param {type:"slider", min:1, max:6, step:1}
num_layers = 3    #@param {type:"slider", min:1, max:6, step:1}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]
T, M, H, N = len(words), model_width, num_heads, num_streams


# %%
def multi_head(x, layer):  # [T, M] -> [T, M]
    W_query, W_key, W_value, W_out = [weight(f"{name} {layer}", M, M) for name in ("query", "key", "value", "out")]
    normed = F.rms_norm(x, (M,))
    q, k, v = [(normed @ W).view(1, T, H, -1).transpose(1, 2) for W in (W_query, W_key, W_value)]  # [1, H, T, D]
    found = F.scaled_dot_product_attention(q, k, v, is_causal=True)[0]
    return found.transpose(0, 1).reshape(T, M) @ W_out


def doubly_stochastic(scores):  # [T, N, N]
    mix = torch.exp(scores)
    for _ in range(100):
        mix = mix / mix.sum(dim=-1, keepdim=True)
        mix = mix / mix.sum(dim=-2, keepdim=True)
    return mix


streams, residual = x[:, None].expand(T, N, M), x  # [T, N, M], [T, M]
for layer in range(num_layers):
    scores = streams.reshape(T, N * M) @ weight(f"mix {layer}", N * M, N * N)  # every token mixes in its own way
    mix = doubly_stochastic(torch.tanh(scores).view(T, N, N))
    write = 2 * torch.arange(1, N + 1) / (N + 1)  # [N]: unevenly, but one on average
    streams = mix.mT @ streams + write[:, None] * multi_head(streams.mean(dim=1), layer)[:, None]
    residual = residual + multi_head(residual, layer)
print(streams[-1].norm(dim=-1), residual[-1].norm())

# After 100 rounds rows and columns sum to one within float32's rounding, some 1e-7; streams are some 10 long.
largest_difference = (streams.mean(dim=1) - residual).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the mean of the streams is not the residual stream"

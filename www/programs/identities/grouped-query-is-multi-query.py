# %% [markdown]
# # Grouped-query attention with one group is multi-query attention
#
# When all heads are in one group, there is one key head and one value head for all of them, and nothing is left of the groups.
# The same weights give the same output, to the last rounding.
#
# **Identity** grouped-query-attention = multi-query-attention
#
# Sources: [Ainslie et al. 2023](https://arxiv.org/abs/2305.13245), section 2.2; [Shazeer 2019](https://arxiv.org/abs/1911.02150), section 3.

# %%
import torch

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
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

T, M, H = len(words), model_width, num_heads
D = M // H
q = (x @ weight("query", M, H * D)).view(T, H, D).transpose(0, 1)   # [H, T, D]
k, v = x @ weight("key", M, D), x @ weight("value", M, D)           # [T, D] each
visible = torch.ones(T, T).tril().bool()


# %%
def multi_query(q, k, v):  # [H, T, D], [T, D], [T, D] -> [H, T, D]
    scores = q @ k.T / D**0.5
    return torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1) @ v


def grouped_query(q, k, v):  # [H, T, D], [G, T, D], [G, T, D] -> [H, T, D]
    G = len(k)
    scores = q.reshape(G, H // G, T, D) @ k[:, None].transpose(-2, -1) / D**0.5
    mixed = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1) @ v[:, None]
    return mixed.reshape(H, T, D)


one, other = multi_query(q, k, v), grouped_query(q, k[None], v[None])
print(one[:, -1])

# The same products, but batched in another shape: a device may sum them in another order, which moves
# float32 numbers of size one by some 1e-7.
largest_difference = (one - other).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the two mechanisms differ"

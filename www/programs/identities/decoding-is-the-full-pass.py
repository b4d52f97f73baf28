# %% [markdown]
# # Decoding with a cache is the full pass
#
# Under a causal mask no row depends on a later token, so keys and values that were computed once stay right.
# Computing one row after the other, with keys and values kept, gives the rows of the whole.
#
# **Identity** prefill-and-decode = causal-attention
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.3; [Shazeer 2019](https://arxiv.org/abs/1911.02150), section 2.4.

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
W_query, W_key, W_value = [weight(name, M, M) for name in ("query", "key", "value")]


# %%
def split_heads(t):  # [T, H·D] -> [H, T, D]
    return t.view(len(t), H, D).transpose(0, 1)


def attend(q, k, v, visible):  # [H, T, D], [H, S, D] twice, [T, S] -> [H, T, D]
    scores = q @ k.transpose(-2, -1) / D**0.5
    return torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1) @ v


def full_pass(x):
    visible = torch.ones(len(x), len(x)).tril().bool()
    return attend(split_heads(x @ W_query), split_heads(x @ W_key), split_heads(x @ W_value), visible)


def decoded(x):
    keys, values, found = torch.zeros(H, 0, D), torch.zeros(H, 0, D), []
    for token in x.split(1):  # [1, M]
        keys = torch.cat([keys, split_heads(token @ W_key)], dim=1)
        values = torch.cat([values, split_heads(token @ W_value)], dim=1)
        everything = torch.ones(1, keys.shape[1]).bool()
        found.append(attend(split_heads(token @ W_query), keys, values, everything))
    return torch.cat(found, dim=1)


one, other = full_pass(x), decoded(x)
print(one[:, -1])

# Products of one row instead of many may be summed in another order, and hidden scores add zeros to a sum:
# that moves float32 numbers of size one by some 1e-7.
largest_difference = (one - other).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "decoding differs from the full pass"

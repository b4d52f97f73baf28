# %% [markdown]
# # Compression of one token to an entry is dense attention
#
# A block of a single token has nobody to share with: its gate is one whatever it was before softmax, so gates and their bias drop out and the entry is the token's own value.
# Without a window beside it, heavily compressed attention is then multi-query attention over the same vectors, each key and value at once.
#
# **Identity** heavily-compressed-attention = multi-query-attention
#
# Sources: [DeepSeek V4 report 2026](https://arxiv.org/abs/2606.19348); [Shazeer 2019](https://arxiv.org/abs/1911.02150), section 3.

# %%
import torch
import torch.nn.functional as F

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
q = (x @ weight("query", M, M)).view(T, H, D).transpose(0, 1)   # [H, T, D]
W_value, W_gate, block = weight("key", M, D), weight("pool gate", M, D), 1


# %%
def attend(q, keys, visible):  # [H, T, D], [S, D], [T, S] -> [H, T, D]: keys are values
    return torch.softmax((q @ keys.T / D**0.5).masked_fill(~visible, -torch.inf), dim=-1) @ keys


def compressed(q, x):
    values, gates = (x @ W_value).view(-1, block, D), (x @ W_gate).view(-1, block, D)   # [E, block, D] each
    entries = F.rms_norm((torch.softmax(gates, dim=1) * values).sum(dim=1), (D,), eps=1e-6)
    complete = (torch.arange(T)[:, None] + 1) // block          # [T, 1]: the blocks that a query may see
    return attend(q, entries, torch.arange(len(entries)) < complete)


def multi_query(q, x):
    return attend(q, F.rms_norm(x @ W_value, (D,), eps=1e-6), torch.ones(T, T).tril().bool())


one, other = compressed(q, x), multi_query(q, x)
print(one[:, -1])

# A softmax over one number is exactly one, so at most the order of sums differs: some 1e-7 for numbers of size one.
largest_difference = (one - other).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the two mechanisms differ"

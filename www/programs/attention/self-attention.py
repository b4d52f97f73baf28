# %% [markdown]
# # Self-attention with trainable weights
#
# A word plays three parts: it asks (*query*), it offers itself to be found (*key*), and it gives what it has (*value*).
# Three matrices make the three vectors of a word from its embedding, and training them is how a model learns what should attend to what.
# The scores are divided by the square root of the head's width, so that softmax stays as soft in wide heads as in narrow ones.
#
# `Z = softmax(Q Kᵀ / √D) V` with `Q = X Wq`, `K = X Wk`, `V = X Wv`
#
# - **T** tokens: the words of the sentence
# - **M** model width: the numbers of an embedding
# - **D** head width: the numbers of a query, key or value
#
# **Try** another sentence, or a width of 64 without the division: how much of a row's attention does its largest weight take?
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.1 and its footnote 4 on the division.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

sentence = "the cat drank milk because it was thirsty"  #@param {type:"string"}
model_width = 6   #@param {type:"slider", min:2, max:16, step:1}
head_width = 3    #@param {type:"slider", min:1, max:64, step:1}
scaled = True     #@param {type:"boolean"}

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]

torch.manual_seed(123)
embed = nn.Embedding(len(vocabulary), model_width)
x = embed(ids).detach()                 # [T, M]
print(x.shape)

# %% [markdown]
# ## Three views of each word
#
# Random matrices stand where training would have left better ones: the pattern of attention they give is arbitrary, the computation is the real one.

# %%
W_query = torch.randn(model_width, head_width) / model_width**0.5   # [M, D]
W_key = torch.randn(model_width, head_width) / model_width**0.5     # [M, D]
W_value = torch.randn(model_width, head_width) / model_width**0.5   # [M, D]

queries = x @ W_query                   # [T, D]
keys = x @ W_key                        # [T, D]
values = x @ W_value                    # [T, D]
print(queries)

# %% [markdown]
# ## Who attends to whom

# %%
scores = queries @ keys.T               # [T, T]
if scaled:
    scores = scores / head_width**0.5
weights = torch.softmax(scores, dim=-1) # [T, T]
contexts = weights @ values             # [T, D]
print(weights)
print("each row sums to one:", torch.allclose(weights.sum(dim=-1), torch.ones(len(words))))
print(contexts)

# %% [markdown]
# ## Why the division
#
# A dot product of *D* random numbers grows like √D. Undivided, the largest score of a wide head leaves nothing to the others.

# %%
for width in [1, 16, 256]:
    q, k = torch.randn(100, width), torch.randn(8, width)
    raw = torch.softmax(q @ k.T, dim=-1).max(dim=-1).values.mean()
    divided = torch.softmax(q @ k.T / width**0.5, dim=-1).max(dim=-1).values.mean()
    print(f"width {width:3}: largest share {raw:.2f} undivided, {divided:.2f} divided")

# %% [markdown]
# ## As a module
#
# The three matrices become linear layers, and the three lines one `forward`. PyTorch's fused function does the same without keeping the weights.

# %%
class SelfAttention(nn.Module):
    def __init__(self, model_width, head_width):
        super().__init__()
        self.query = nn.Linear(model_width, head_width, bias=False)
        self.key = nn.Linear(model_width, head_width, bias=False)
        self.value = nn.Linear(model_width, head_width, bias=False)

    def forward(self, x):                                   # [T, M]
        q, k, v = self.query(x), self.key(x), self.value(x) # [T, D] each
        scores = q @ k.transpose(-2, -1) / k.shape[-1]**0.5 # [T, T]
        return torch.softmax(scores, dim=-1) @ v            # [T, D]


# %%
attention = SelfAttention(model_width, head_width)
with torch.no_grad():
    # A linear layer keeps its matrix transposed.
    attention.query.weight.copy_(W_query.T)
    attention.key.weight.copy_(W_key.T)
    attention.value.weight.copy_(W_value.T)
    out = attention(x)
    fused = F.scaled_dot_product_attention(queries[None], keys[None], values[None])[0]

print(attention)
if scaled:
    print("module as above:", torch.allclose(out, contexts, atol=1e-6))
print("fused as module:", torch.allclose(fused, out, atol=1e-6))

# %% [markdown]
# # Cross-attention
#
# The queries come from one sentence, the keys and values from another, so a translation can look up the words it translates.
# Nothing else changes: with both sentences the same it is self-attention again.
# The matrix of weights need not be square any more, and read row by row it is an alignment of the two sentences.
#
# `Z = softmax(Q Kᵀ / √D) V` with `Q = Y Wq`, `K = X Wk`, `V = X Wv`
#
# - **T** tokens of the sentence that asks
# - **S** tokens of the sentence that answers
# - **M** model width
# - **D** head width
#
# **Try** a sharpness of 1: the alignment is still there, but no word is sure of it.
#
# Sources: [Bahdanau et al. 2014](https://arxiv.org/abs/1409.0473), figure 3, for the crossing adjectives; [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.3.

# %%
import torch
import torch.nn.functional as F

sharpness = 3.0  #@param {type:"slider", min:0.5, max:6.0, step:0.5}

source = "the black cat sleeps on the sofa".split()
target = "le chat noir dort sur".split()  # as far as the translation has come
concepts = ["article", "animal", "colour", "sleep", "place", "furniture"]

# Each word is a concept, and a little noise, as if two languages had been learned into one space.
torch.manual_seed(0)
source_ids = [concepts.index(c) for c in "article colour animal sleep place article furniture".split()]
target_ids = [concepts.index(c) for c in "article animal colour sleep place".split()]
x = torch.eye(len(concepts))[source_ids] + 0.1 * torch.randn(len(source), len(concepts))    # [S, M]
y = torch.eye(len(concepts))[target_ids] + 0.1 * torch.randn(len(target), len(concepts))    # [T, M]
print(x.shape, y.shape)

# %% [markdown]
# ## The target asks, the source answers
#
# Trained matrices would find such an alignment by themselves. Here queries and keys are the embeddings, made `sharpness` times longer.

# %%
M = D = len(concepts)
W_query = W_key = sharpness * torch.eye(M)  # [M, D]
W_value = torch.eye(M)                      # [M, D]

queries = y @ W_query                       # [T, D]
keys, values = x @ W_key, x @ W_value       # [S, D] each
scores = queries @ keys.T / D**0.5          # [T, S]
weights = torch.softmax(scores, dim=-1)     # [T, S]
contexts = weights @ values                 # [T, D]

# %%
print(f"{'':>8}", *[f"{word:>7}" for word in source])
for word, row in zip(target, weights.tolist()):
    print(f"{word:>8}", *[f"{share:7.2f}" for share in row])

# %% [markdown]
# *chat noir* crosses *black cat*: order does not matter to attention, only likeness does. And *le* finds two articles and divides its attention between them.

# %%
for word, row in zip(target, weights):
    print(f"{word:>8} <- {source[row.argmax()]}")

# %% [markdown]
# ## What it must satisfy

# %%
fused = F.scaled_dot_product_attention(queries[None], keys[None], values[None])[0]
print("as PyTorch's fused function:", torch.allclose(fused, contexts, atol=1e-6))

# Shuffling the source shuffles the columns and leaves the result as it is.
order = torch.randperm(len(source))
shuffled = torch.softmax(queries @ keys[order].T / D**0.5, dim=-1)
print("order of the source does not matter:", torch.allclose(shuffled @ values[order], contexts, atol=1e-6))
print("only the columns move:", torch.allclose(shuffled, weights[:, order], atol=1e-6))


# %%
def attend(asking, answering):              # [T, M], [S, M]
    q, k, v = asking @ W_query, answering @ W_key, answering @ W_value
    return torch.softmax(q @ k.T / D**0.5, dim=-1) @ v


itself = (x @ W_query)[None], (x @ W_key)[None], (x @ W_value)[None]
self_attention = F.scaled_dot_product_attention(*itself)[0]
print("one word may ask alone:", torch.allclose(attend(y[1:2], x), contexts[1:2], atol=1e-6))
print("with itself it is self-attention:", torch.allclose(attend(x, x), self_attention, atol=1e-6))

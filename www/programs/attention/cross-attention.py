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
# - **D** head width, of the one head here
#
# **Keeps** all of attention; only where queries and keys come from is new.
#
# **Gives up** nothing but symmetry: the text that answers does not learn of the one that asks.
#
# **Cache** `2·D` numbers for each of the `S` tokens that answer, for one head, and nothing for those that ask; `2·H·D` for `H` heads
#
# **Used by** Transformer 2017, T5, Whisper, Stable Diffusion
#
# **Also called** encoder-decoder attention, source-target attention
#
# **Notes** The first attention of all was this one: Bahdanau's scores came from a small network, not from a dot product.
# A decoder has both kinds in each layer, causal attention to its own words and then cross-attention to the source.
#
# **Try** a sharpness of 1: the alignment is still there, but no word is sure of it.
#
# Sources: [Bahdanau et al. 2014](https://arxiv.org/abs/1409.0473), figure 3, for the crossing adjectives; [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.3.

# %%
import torch
import torch.nn.functional as F

sharpness = 3.0  #@param {type:"slider", min:0.5, max:6.0, step:0.5}
assert sharpness > 0, "choose a sharpness above zero: at zero all words are alike"

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
def cross_attention(queries, keys, values):
    """[T, D], [S, D], [S, D] -> the contexts [T, D] and the weights [T, S]"""
    scores = queries @ keys.T / queries.shape[-1]**0.5      # [T, S]
    weights = torch.softmax(scores, dim=-1)                 # [T, S]
    return weights @ values, weights


T, S, M = len(target), len(source), len(concepts)
D = M
W_query = W_key = sharpness * torch.eye(M)  # [M, D]
W_value = torch.eye(M)                      # [M, D]

queries = y @ W_query                       # [T, D]
keys, values = x @ W_key, x @ W_value       # [S, D] each
contexts, weights = cross_attention(queries, keys, values)

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
order = torch.randperm(S)
again, shuffled = cross_attention(queries, keys[order], values[order])
print("order of the source does not matter:", torch.allclose(again, contexts, atol=1e-6))
print("only the columns move:", torch.allclose(shuffled, weights[:, order], atol=1e-6))

# %%
itself, _ = cross_attention(x @ W_query, keys, values)
self_attention = F.scaled_dot_product_attention((x @ W_query)[None], keys[None], values[None])[0]
print("with itself it is self-attention:", torch.allclose(itself, self_attention, atol=1e-6))

# %% [markdown]
# ## Which keys a query sees
#
# All words of the other text, whichever word asks: it was there before the first word was written.

# %%
def visible_keys(tokens):  # [T, S] bool
    return torch.ones(tokens, S).bool()


visible = visible_keys(len(target))

# %% [markdown]
# ## Token by token
#
# The source is turned into keys and values once, before the first word. Nothing is added while the target is written.

# %%
cache = {"keys": x @ W_key, "values": x @ W_value}                              # [S, D] each
written = []
for position in range(len(target)):
    token = y[position:position + 1]                                            # [1, M]
    query = token @ W_query                                                     # [1, D]
    found, row = cross_attention(query, cache["keys"], cache["values"])
    written.append(found)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), contexts, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    cross_attention(queries, keys, values)

moved = [query, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·S·D·4", 2 * S * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(S + 1)·D·4", 2 * (S + 1) * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·T·S·D", 4 * T * S * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

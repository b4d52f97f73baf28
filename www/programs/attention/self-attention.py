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
# - **S** keys: here the same words
# - **M** model width: the numbers of an embedding
# - **D** head width: the numbers of a query, key or value
#
# **Keeps** the whole of attention, for one head and without a mask.
#
# **Gives up** order and time: words have no place, and each sees those that come after it.
#
# **Cache** `3·D` numbers per token, and little gained: a new word changes every result that came before it
#
# **Used by** BERT, ViT, the encoders of T5 and Whisper
#
# **Also called** scaled dot-product attention, bidirectional attention, encoder attention
#
# **Try** another sentence, or a width of 64 without the division: how much of a row's attention does its largest weight take?
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.1 and its footnote 4 on the division.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
head_width = 4    #@param {type:"slider", min:1, max:64, step:1}
scaled = True     #@param {type:"boolean"}
assert sentence.split(), "write a sentence of at least one word"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]
print(x.shape)

# %% [markdown]
# ## Three views of each word
#
# Random matrices stand where training would have left better ones: the pattern of attention they give is arbitrary, the computation is the real one.

# %%
T, M, D = len(words), model_width, head_width
W_query, W_key, W_value = weight("query", M, D), weight("key", M, D), weight("value", M, D)

queries = x @ W_query                   # [T, D]
keys = x @ W_key                        # [T, D]
values = x @ W_value                    # [T, D]
print(queries[:4])

# %% [markdown]
# ## Which keys a query sees
#
# All of them. Nothing is hidden yet.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).bool()


visible = visible_keys(len(words))


# %% [markdown]
# ## Who attends to whom

# %%
def self_attention(queries, keys, values, scale):
    """[T, D], [S, D], [S, D] -> the contexts [T, D] and the weights [T, S]"""
    scores = queries @ keys.T * scale           # [T, S]
    weights = torch.softmax(scores, dim=-1)     # [T, S]
    return weights @ values, weights


scale = 1 / D**0.5 if scaled else 1.0
contexts, weights = self_attention(queries, keys, values, scale)
print(weights[:4, :8])
print("each row sums to one:", torch.allclose(weights.sum(dim=-1), torch.ones(T)))
print(contexts[:4])
for word, row in zip(words[-4:], weights[-4:]):
    print(f"{word:>8} attends most to {words[row.argmax()]}, {row.max():.2f} of its attention")

# %% [markdown]
# ## Why the division
#
# A dot product of *D* random numbers grows like √D. Undivided, the largest score of a wide head leaves nothing to the others.

# %%
torch.manual_seed(123)
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
    print("the module as above:", torch.allclose(out, contexts, atol=1e-5))
print("fused as module:", torch.allclose(fused, out, atol=1e-5))

# %% [markdown]
# ## Token by token
#
# A new word is seen by all that stand before it, so the queries are kept too, and every row is computed anew. Only products with the three matrices are spared.

# %%
cache = {"queries": torch.empty(0, D), "keys": torch.empty(0, D), "values": torch.empty(0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                    # [1, M]
    cache["queries"] = torch.cat([cache["queries"], token @ W_query])   # [S, D]
    cache["keys"] = torch.cat([cache["keys"], token @ W_key])           # [S, D]
    cache["values"] = torch.cat([cache["values"], token @ W_value])     # [S, D]
    found, rows = self_attention(cache["queries"], cache["keys"], cache["values"], scale)   # [S, D], [S, S]
    row = rows[-1:]                                                     # [1, S]
    written.append(found[-1:])

print("decoding equals the full pass:", torch.allclose(found, contexts, atol=1e-5))
print("a result stays once it is written:", torch.allclose(torch.cat(written), contexts, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Every word meets every word: twice the text is four times the work.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as projections:
    x @ W_query, x @ W_key, x @ W_value
with FlopCounterMode(display=False) as counter:
    self_attention(queries, keys, values, scale)

moved = [*cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "3·T·D·4", 3 * T * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "4·T·D·4", 4 * T * D * 4),
    ("projection FLOPs", projections.get_total_flops(), "6·T·M·D", 6 * T * M * D),
    ("attention FLOPs", counter.get_total_flops(), "4·T·T·D", 4 * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

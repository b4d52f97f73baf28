# %% [markdown]
# # Multi-query attention
#
# All heads ask, and all read the same keys and values: there is one key head and one value head in the whole layer.
# A new token has to read the cache of every word before it, and that cache is now as many times smaller as there are heads.
# It is the far end of sharing; groups of heads, each with keys of its own, are the middle way that most models took since.
#
# `Z_h = softmax(Q_h Kᵀ / √D + mask) V`, then `concat(Z₁, …, Z_H) Wo`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads, above one key head and one value head
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** a query of its own for every head, and every word visible to every head.
#
# **Gives up** different keys and values for different heads: what one head can find, all can find.
#
# **Cache** `2·D` numbers per token against `2·H·D`
#
# **Used by** PaLM, Falcon 7B, Gemma 2B, Gemma 3 270M, Gemma 4 E2B
#
# **Also called** MQA, one write-head
#
# **Notes** The heads still differ, in their queries and in their rows of `Wo`; with one head, multi-query and multi-head attention are the same thing.
# On several devices that divide the heads between them, each needs a copy of the one key head, and the saving stops there ([Pope et al. 2022](https://arxiv.org/abs/2211.05102), section 3.3).
#
# **Try** eight heads: twice the questions, and the cache is half as large, since a head is half as wide.
#
# Sources: [Shazeer 2019](https://arxiv.org/abs/1911.02150), section 3; [Chowdhery et al. 2022](https://arxiv.org/abs/2204.02311), section 2.

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
W_query = weight("query", M, H * D)
W_key, W_value = weight("key", M, D), weight("value", M, D)
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Many questions, one set of keys
#
# Keys and values have no axis for heads at all: the product of the queries of all heads with the one matrix of keys is spread over the heads by itself.

# %%
def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def multi_query_attention(q, k, v, visible):
    """q [H, T, D], k and v [S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.T / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, S]
    weights = torch.softmax(scores, dim=-1)                                     # [H, T, S]
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
q = split_heads(x @ W_query, H)         # [H, T, D]
k, v = x @ W_key, x @ W_value           # [T, D] each
heads, weights = multi_query_attention(q, k, v, visible)
out = heads @ W_out                     # [T, M]
print("queries", q.shape, "keys", k.shape, "values", v.shape)
print(out[-1])

for h in range(H):
    looks = [words[row.argmax()] for row in weights[h, -4:]]
    print(f"head {h} looks at:", ", ".join(looks))

fused = F.scaled_dot_product_attention(q, k.expand(H, T, D), v.expand(H, T, D), is_causal=True)     # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## Token by token
#
# One key and one value for each word, whatever the number of heads.

# %%
cache = {"keys": torch.empty(0, D), "values": torch.empty(0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                            # [1, M]
    cache["keys"] = torch.cat([cache["keys"], token @ W_key])                   # [S, D]
    cache["values"] = torch.cat([cache["values"], token @ W_value])             # [S, D]
    seen = visible[position:position + 1, :position + 1]                        # [1, S]
    new_q = split_heads(token @ W_query, H)                                     # [H, 1, D]
    found, row = multi_query_attention(new_q, cache["keys"], cache["values"], seen)
    row = row[:, 0]                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# `H` is not in the cache any more. The heads' arithmetic is what it was.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    multi_query_attention(q, k, v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·D·4", 2 * T * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(2·H·D + 2·T·D)·4", (2 * H * D + 2 * T * D) * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # Grouped-query attention
#
# Several query heads share one key head and one value head: each head still asks its own question, but a whole group reads the same notes.
# The cache shrinks by the size of a group, and with it the bytes that every new token has to read, which is what limits the speed of writing.
# As many groups as heads is multi-head attention, a single group is multi-query attention, and models settle between the two.
#
# `Z_h = softmax(Q_h K_gᵀ / √D + mask) V_g` with `g = ⌊h · G / H⌋`, then `concat(Z₁, …, Z_H) Wo`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **G** key/value heads, one for each group of `H / G` query heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** a query of its own for every head, and every word visible to every head.
#
# **Gives up** keys and values of its own for every head: the heads of a group can look for different things, but only among the same keys.
#
# **Cache** `2·G·D` numbers per token against `2·H·D`
#
# **Used by** Llama 3, Mistral Small 3.1, Qwen3, Gemma 3, gpt-oss, OLMo 3 32B, SmolLM3, GLM-4.5, MiniMax-M2
#
# **Also called** GQA, grouped attention, shared key/value heads
#
# **Notes** The heads of a group are neighbours: heads 0 and 1 read group 0, heads 2 and 3 group 1 ([`repeat_kv`](https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/modeling_llama.py) in transformers repeats each key head, it does not tile them).
# In some teaching code `n_kv_groups` is the number of groups, in other places of the same code it is the size of a group ([LLMs-from-scratch](https://github.com/rasbt/LLMs-from-scratch/tree/main/ch04/04_gqa)): read which before you compare.
# Arithmetic is not saved, only memory: every query still meets every key.
#
# **Try** `num_kv_heads` at 1, 2 and 4: the cache grows with it, the FLOPs of attention do not.
#
# Sources: [Ainslie et al. 2023](https://arxiv.org/abs/2305.13245), section 2.2; [Shazeer 2019](https://arxiv.org/abs/1911.02150) for the single group.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert num_heads % num_kv_heads == 0, "choose a number of key/value heads that divides the number of query heads"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, G = len(words), model_width, num_heads, num_kv_heads
D = M // H
W_query = weight("query", M, H * D)
W_key = weight("key", M, G * D)
W_value = weight("value", M, G * D)
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Queries in groups
#
# The keys of a group are not copied for its heads: a new axis beside the queries, and the product reads the same keys for all of them.

# %%
def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def grouped_query_attention(q, k, v, visible):
    """q [H, T, D], k and v [G, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    H, T, D = q.shape
    G, S, _ = k.shape
    grouped = q.reshape(G, H // G, T, D)
    scores = grouped @ k[:, None].transpose(-2, -1) / D**0.5                    # [G, H/G, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)   # [G, H/G, T, S]
    mixed = weights @ v[:, None]                                                # [G, H/G, T, D]
    return mixed.reshape(H, T, D).transpose(0, 1).reshape(T, H * D), weights.reshape(H, T, S)


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before, as in any causal attention: sharing keys hides nothing.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
q = split_heads(x @ W_query, H)     # [H, T, D]
k = split_heads(x @ W_key, G)       # [G, T, D]
v = split_heads(x @ W_value, G)     # [G, T, D]
heads, weights = grouped_query_attention(q, k, v, visible)
out = heads @ W_out                 # [T, M]
print("queries", q.shape, "keys", k.shape, "values", v.shape)
print(out[-1])

# %% [markdown]
# Two heads of one group ask different questions of the same keys, so they need not agree on where to look.

# %%
for h in range(H):
    looks = [words[row.argmax()] for row in weights[h, -4:]]
    print(f"head {h} reads group {h * G // H}:", ", ".join(looks))

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=visible, enable_gqa=True)[0]    # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## Token by token
#
# What a model keeps while it writes: the keys and values of the groups, and nothing for the query heads.

# %%
cache = {"keys": torch.empty(G, 0, D), "values": torch.empty(G, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                                # [1, M]
    cache["keys"] = torch.cat([cache["keys"], split_heads(token @ W_key, G)], dim=1)                # [G, S, D]
    cache["values"] = torch.cat([cache["values"], split_heads(token @ W_value, G)], dim=1)          # [G, S, D]
    seen = visible[position:position + 1, :position + 1]                                            # [1, S]
    new_q = split_heads(token @ W_query, H)                                                         # [H, 1, D]
    found, row = grouped_query_attention(new_q, cache["keys"], cache["values"], seen)
    row = row[:, 0]                                                                                 # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# One number has four bytes here. `G` is in the cache and not in the attention's FLOPs.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    grouped_query_attention(q, k, v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·G·D·4", 2 * T * G * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(2·H·D + 2·T·G·D)·4", (2 * H * D + 2 * T * G * D) * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

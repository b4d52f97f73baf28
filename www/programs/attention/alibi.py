# %% [markdown]
# # ALiBi
#
# Every score loses something for distance: a fixed slope times the number of words between query and key.
# Each head has a slope of its own, a power of two, so some heads look at the last few words and others far back.
# There are no position embeddings and nothing to learn, and a longer text only continues the same straight line.
#
# `Z_h = softmax(Q_h K_hᵀ / √D - m_h · (i - j) + mask) V_h` with `m_h = 2^(-8 (h + 1) / H)`, heads counted from 0
#
# - **T** tokens: the words of the sentence; the query stands at `i`, the key at `j`
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** every word visible to every head, and works on texts longer than those of training.
#
# **Gives up** far words: a head's attention fades with distance at a rate that is fixed, whatever stands there.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** BLOOM, MPT
#
# **Also called** attention with linear biases, distance penalty
#
# **Notes** If the number of heads is not a power of two, the slopes of the next smaller power come first, then every second slope of the next larger one ([released code](https://github.com/ofirpress/attention_with_linear_biases/blob/master/fairseq/models/transformer.py)).
# That code adds `m_h · j` instead of subtracting `m_h · (i - j)`: a whole row moves by the same amount, which softmax does not see. With a sink or soft-capping after it, the two differ.
# The slopes are not trained: trained ones did not carry over to longer texts as well (the paper, section 3).
#
# **Try** more heads: the steepest slope stays near a half or a quarter, and flatter ones join it.
#
# Sources: [Press et al. 2021](https://arxiv.org/abs/2108.12409), section 3; [BLOOM 2022](https://arxiv.org/abs/2211.05100).

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
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Slopes and distances

# %%
def alibi_slopes(heads):
    """A slope for each head: [H]"""
    power = 2 ** (heads.bit_length() - 1)                                           # the largest power of two in it
    slopes = 2 ** (-8 * torch.arange(1, power + 1) / power)
    between = 2 ** (-8 * torch.arange(1, 2 * power + 1, 2) / (2 * power))           # every second of twice as many
    return torch.cat([slopes, between])[:heads]


def alibi_bias(slopes, queries, keys):
    """What each head takes off for the distance of queries at positions [T] from keys at [S]: [H, T, S]"""
    return slopes[:, None, None] * (keys - queries[:, None])


def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, bias, visible):
    """q [H, T, D], k and v [H, S, D], bias [H, T, S], visible [T, S]
    -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) / q.shape[-1]**0.5 + bias).masked_fill(~visible, -torch.inf)  # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


slopes = alibi_slopes(H)                                            # [H]
bias = alibi_bias(slopes, torch.arange(T), torch.arange(T))         # [H, T, T]
print("slopes", slopes)
print("six heads", alibi_slopes(6))
print(bias[0, :4, :4])

# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before: far words are never hidden, they only lose.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
q, k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]    # [H, T, D] each
heads, weights = attention(q, k, v, bias, visible)
out = heads @ W_out                                                     # [T, M]
print(out[-1])

penalised = bias.masked_fill(~visible, -torch.inf)[None]                # [1, H, T, T]
fused = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=penalised)[0]   # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

by_place, _ = attention(q, k, v, slopes[:, None, None] * torch.arange(T), visible)
print("adding for place is taking off for distance:", torch.allclose(by_place, heads, atol=1e-5))

# %% [markdown]
# How far back a head looks on average, from the last word. A steep slope keeps it near, whatever the words; flat slopes leave it to the words.

# %%
distances = T - 1 - torch.arange(T)                                     # [T]
for slope, shares in zip(slopes.tolist(), weights[:, -1]):
    print(f"slope {slope:.4f} looks {(shares * distances).sum():.2f} words back")

# %% [markdown]
# ## Token by token
#
# Keys are kept as they are. What they lose for distance grows with every new word, and is worked out anew.

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W, H) for W in (W_query, W_key, W_value)]        # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)                                # [H, S, D]
    fading = alibi_bias(slopes, torch.tensor([position]), torch.arange(position + 1))           # [H, 1, S]
    seen = visible[position:position + 1, :position + 1]                                        # [1, S]
    found, row = attention(new_q, cache["keys"], cache["values"], fading, seen)
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# The cache and the matrix products of multi-head attention, and one addition for each score.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(q, k, v, bias, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

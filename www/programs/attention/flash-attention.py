# %% [markdown]
# # Flash attention
#
# Attention's scores are a square, with a row and a column for each token, and moving it through memory takes longer than computing it.
# So the square is never made: tile by tile scores are computed, used and forgotten, while each row carries its largest score so far, the sum of its exponentials, and the mix of its values.
# When a tile brings a larger score, what was summed before is scaled down to match, and the result is that of softmax, exactly.
#
# `m' = max(m, max s)`, `l' = l·e^(m-m') + Σ e^(s-m')`, `a' = a·e^(m-m') + e^(s-m') V` for each tile of scores `s = Q Kᵀ / √D`; at the end `Z = a / l`
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** heads
# - **D** head width
# - **M** model width
#
# **Keeps** softmax attention, to the last rounding: another order of sums, not another result.
#
# **Gives up** the weights: they are nowhere to be looked at, and are computed a second time when a model trains.
#
# **Cache** `2·H·D` numbers per token, as without it
#
# **Used by** PyTorch's `scaled_dot_product_attention`, vLLM, SGLang, llama.cpp
#
# **Also called** FlashAttention, online softmax, streaming softmax, tiled attention, memory-efficient attention
#
# **Notes** Rows that meet only hidden keys in their first tile have minus infinity as their largest score, and subtracting that from itself gives NaN; with a causal mask and tiles from the left each row sees the first key, so it does not arise here.
# Version 1 of the paper's algorithm has keys in the outer loop and queries in the inner one, [version 2](https://arxiv.org/abs/2307.08691) the other way round, as here, so that a row is divided once at its end.
#
# **Try** key tiles of 1, then of 16: how does the sum of the last row grow, and how many FLOPs are wasted on hidden keys?
#
# Sources: [Dao et al. 2022](https://arxiv.org/abs/2205.14135), algorithm 1; [Milakov and Gimelshein 2018](https://arxiv.org/abs/1805.02867) for the running softmax; [Rabe and Staats 2021](https://arxiv.org/abs/2112.05682).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
query_tile = 4    #@param {type:"slider", min:1, max:16, step:1}
key_tile = 4      #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "write at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert query_tile > 0 and key_tile > 0, "a tile holds at least one query and one key"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, D = len(words), model_width, num_heads, model_width // num_heads
q, k, v = [(x @ weight(name, M, M)).view(T, H, D).transpose(0, 1) for name in ("query", "key", "value")]  # [H, T, D]

# %% [markdown]
# ## One row, tile by tile
#
# The last word's scores in the first head come a few at a time. Three things are carried on: the largest, the sum, the mix.

# %%
largest, total, mix = torch.tensor(-torch.inf), torch.tensor(0.0), torch.zeros(D)
for left in range(0, T, key_tile):
    scores = k[0, left:left + key_tile] @ q[0, -1] / D**0.5         # [key tile]
    larger = torch.maximum(largest, scores.max())
    shares = torch.exp(scores - larger)
    total = total * torch.exp(largest - larger) + shares.sum()
    mix = mix * torch.exp(largest - larger) + shares @ v[0, left:left + key_tile]
    largest = larger
    print(f"after key {min(left + key_tile, T) - 1:2}: largest score {largest:.3f}, sum {total:.3f}")
row = torch.softmax(k[0] @ q[0, -1] / D**0.5, dim=0)                # [T]
print("the same as softmax over all:", torch.allclose(mix / total, row @ v[0], atol=1e-5))

# %% [markdown]
# ## All rows
#
# A tile of queries meets the tiles of keys up to its own last word; those to the right are not touched at all.

# %%
def flash_attention(q, k, v, query_tile, key_tile):                 # [H, T, D], [H, S, D] twice
    """What each query finds, [H, T, D], and the log of its sum of exponentials, [H, T]; T are the last of S tokens."""
    (H, T, D), S = q.shape, k.shape[1]
    found, sums = [], []
    for top in range(0, T, query_tile):
        rows = q[:, top:top + query_tile]                           # [H, query tile, D]
        positions = S - T + top + torch.arange(rows.shape[1])
        largest = torch.full((H, rows.shape[1], 1), -torch.inf)
        total, mix = torch.zeros(H, rows.shape[1], 1), torch.zeros(H, rows.shape[1], D)
        for left in range(0, S - T + min(top + query_tile, T), key_tile):
            keys, values = k[:, left:left + key_tile], v[:, left:left + key_tile]           # [H, key tile, D]
            future = left + torch.arange(keys.shape[1]) > positions[:, None]
            scores = (rows @ keys.mT / D**0.5).masked_fill(future, -torch.inf)              # [H, query tile, key tile]
            larger = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
            shrink, shares = torch.exp(largest - larger), torch.exp(scores - larger)
            total = total * shrink + shares.sum(dim=-1, keepdim=True)
            mix = mix * shrink + shares @ values
            largest = larger
        found.append(mix / total)
        sums.append((largest + torch.log(total))[..., 0])
    return torch.cat(found, dim=1), torch.cat(sums, dim=1)


found, sums = flash_attention(q, k, v, query_tile, key_tile)        # [H, T, D], [H, T]
fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]        # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(found, fused, atol=1e-5))

# %% [markdown]
# From the sum of a row any of its weights comes back, which is how the backward pass does without the square.

# %%
hidden = torch.ones(T, T).triu(1).bool()
scores = (q @ k.mT / D**0.5).masked_fill(hidden, -torch.inf)        # [H, T, T]
weights = torch.exp(scores - sums[..., None])                       # [H, T, T]
print("weights from the sums:", torch.allclose(weights, torch.softmax(scores, dim=-1), atol=1e-5))

# %% [markdown]
# ## Which keys a query sees

# %%
def visible_keys(tokens):                                           # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(T)

# %% [markdown]
# ## Token by token
#
# With one query a tile is a piece of one row. Keys and values are kept as ever.

# %%
cache = {"keys": torch.zeros(H, 0, D), "values": torch.zeros(H, 0, D)}
steps = []
for position in range(len(words)):
    now = slice(position, position + 1)
    cache["keys"] = torch.cat([cache["keys"], k[:, now]], dim=1)    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], v[:, now]], dim=1)
    step, step_sum = flash_attention(q[:, now], cache["keys"], cache["values"], query_tile, key_tile)
    row = torch.exp((q[:, now] @ cache["keys"].mT / D**0.5)[:, 0] - step_sum)       # [H, S]
    steps.append(step)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps, dim=1), found, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# The tiles on the diagonal are computed whole, those above it not at all. What a backward pass needs grows with `T`, not with its square.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    flash_attention(q, k, v, query_tile, key_tile)

met = 0                                                             # pairs of a query and a key in computed tiles
for top in range(0, T, query_tile):
    end = min(top + query_tile, T)
    met += (end - top) * min(T, -(-end // key_tile) * key_tile)
moved = [q[:, now], *cache.values(), step]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("numbers kept for training instead of H·T·T", sums.numel(), "H·T", H * T),
    ("FLOPs", counter.get_total_flops(), f"4·H·{met}·D", 4 * H * met * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"
print(f"of {T * T} pairs {met} are in tiles that are computed, {T * (T + 1) // 2} are visible")

# %% [markdown]
# # Sliding-window attention
#
# A word sees itself and the few words just before it, and nothing further back: a window that moves along with the text.
# The cache stops growing once the window is full, however long the text becomes, and so does the work for a new word.
# What lies further back still arrives by way of the layers below, and models put one layer that sees everything after every one to five layers with windows.
#
# `Z = softmax(Q Kᵀ / √D + mask) V`, where the mask is `0` if `0 ≤ i - j < W`, and `-∞` elsewhere
#
# - **T** tokens: the words of the sentence; the query stands at `i`, the key at `j`
# - **S** keys: the words kept so far and the new ones, at most `W`
# - **W** window: how many words a query sees, itself among them
# - **H** query heads
# - **D** head width
# - **L** layers
# - **M** model width, here `H · D`
#
# **Keeps** attention between near words exactly as it was.
#
# **Gives up** direct sight of everything older than the window.
#
# **Cache** `2·H·D` numbers for each of the last `W` tokens, against `2·H·D` for every token
#
# **Used by** Mistral 7B, Gemma 2, Gemma 3, Gemma 4, gpt-oss, OLMo 3, MiMo-V2-Flash, Trinity Large, Tiny Aya, Laguna XS.2
#
# **Also called** SWA, local attention, windowed attention, local-global layers
#
# **Notes** Local layers to a global one: all local in Mistral 7B (window 4096), 1:1 in Gemma 2 (4096) and gpt-oss (128), 3:1 in OLMo 3 (4096), 5:1 in Gemma 3 (1024) and MiMo-V2-Flash (128).
# [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/masking_utils.py) counts the word itself into the window, as here; MiMo-V2-Flash's 128 are the words before it.
# Llama 4 cuts the text into pieces of 8192 instead, and words see their own piece: after a cut they see nothing of the last one.
# Released caches write over their oldest entry, position modulo `W`, and the order in them does not matter, because keys carry their positions.
#
# **Try** a window of 1: every word is alone with itself. And one of 16, which is causal attention.
#
# Sources: [Child et al. 2019](https://arxiv.org/abs/1904.10509); [Beltagy et al. 2020](https://arxiv.org/abs/2004.05150), section 3.1; [Jiang et al. 2023](https://arxiv.org/abs/2310.06825), section 2; [Gemma 3 2025](https://arxiv.org/abs/2503.19786), section 2.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
window = 4        #@param {type:"slider", min:1, max:32, step:1}
local_layers_per_global = 5  #@param {type:"slider", min:0, max:11, step:1}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert window >= 1, "choose a window of at least 1: a word sees itself"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, W = len(words), model_width, num_heads, window
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Which keys a query sees
#
# Nothing after it, and of what came before the nearest. A band along the diagonal.

# %%
def visible_keys(tokens):  # [T, T] bool
    distances = torch.arange(tokens)[:, None] - torch.arange(tokens)
    return (distances >= 0) & (distances < window)


visible = visible_keys(len(words))
print(visible[:6, :6].int())

# %% [markdown]
# ## All tokens at once
#
# It is the mask alone that is new. A kernel that knows the band leaves out the rest.

# %%
def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, visible):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


q, k, v = [split_heads(x @ W_part, H) for W_part in (W_query, W_key, W_value)]              # [H, T, D] each
heads, weights = attention(q, k, v, visible)
out = heads @ W_out                                                                         # [T, M]
print(out[-1])

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=visible)[0]     # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## Further back, layer by layer
#
# A word knows what the words in its window knew one layer below. Through `L` layers it reaches `L · (W - 1)` words back.

# %%
reach = torch.eye(T)                                    # [T, T]: before the first layer a word knows itself
for layer in range(1, 6):
    reach = ((visible.float() @ reach) > 0).float()
    print(f"after {layer} layers the last word knows {int(reach[-1].sum())} of {T} words")

# %% [markdown]
# ## Local and global layers
#
# What a model of the size of Gemma 3 27B keeps at 131072 tokens, in tokens per layer: 62 layers, windows of 1024, and a global layer after every few local ones.

# %%
def kept_tokens(layers, local_per_global, window, length):
    """How many tokens all layers together keep."""
    is_global = [(layer + 1) % (local_per_global + 1) == 0 for layer in range(layers)]
    return sum(length if sees_all else min(length, window) for sees_all in is_global)


everything = kept_tokens(62, 0, 1024, 131072)
for ratio in sorted({0, 1, 3, 5, local_layers_per_global}):
    kept = kept_tokens(62, ratio, 1024, 131072)
    print(f"{ratio:2}:1 keeps {kept:8} tokens, {kept / everything:.1%} of the cache of global layers alone")

# %% [markdown]
# ## Token by token
#
# What leaves the window leaves the cache. All that is kept is visible, so decoding needs no mask.

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                                # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W_part, H) for W_part in (W_query, W_key, W_value)]  # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)[:, -W:]                                # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)[:, -W:]                            # [H, S, D]
    seen = torch.ones(1, cache["keys"].shape[1]).bool()                                             # [1, S]
    found, row = attention(new_q, cache["keys"], cache["values"], seen)
    row = row[:, 0]                                                                                 # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Pairs are the queries and keys that see each other, out of `T·(T+1)/2` without a window. One token costs what is in the cache.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(new_q, cache["keys"], cache["values"], seen)

S = min(T, W)
moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·S·H·D·4", 2 * S * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(S + 1)·H·D·4", 2 * (S + 1) * H * D * 4),
    ("visible pairs", int(visible.sum()), "S·(S+1)/2 + (T-S)·S", S * (S + 1) // 2 + (T - S) * S),
    ("attention FLOPs of one token", counter.get_total_flops(), "4·H·S·D", 4 * H * S * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # Keys as values
#
# One projection makes both what a word is found by and what it says: there is no matrix for values.
# From the same vector, divided by its root mean square, the key is scaled channel by channel and rotated, while the value stays as it is.
# Since the key can be made from the value at any time, it is enough to keep the value, and the cache is half as large.
#
# `V = norm(x Wkey)`, `K = R(V · w)`, `Z_h = softmax(Q_h K_gᵀ + mask) V_g`, where `R` rotates by position and `w` is a learned scale
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **G** key/value heads, one for each group of `H / G` query heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** full attention with rotary positions.
#
# **Gives up** values of their own: a word says what it is found by. Fresh keys for all that is kept have to be made at every step, or kept after all.
#
# **Cache** `G·D` numbers per token against `2·H·D`; as released, `2·G·D`
#
# **Used by** Gemma 4 31B, Gemma 4 26B-A4B
#
# **Also called** K = V, shared keys and values, attention_k_eq_v
#
# **Notes** Only the global layers of Gemma 4 do this, its layers with windows have values of their own.
# The released code ([transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gemma4/modeling_gemma4.py), [Google's](https://github.com/google-deepmind/gemma/tree/main/gemma/gm/nn/gemma4)) keeps keys and values all the same, `2·G·D` numbers, and saves parameters only. Keeping the values alone is our own step; it holds up to the rounding of what is stored.
# Scores are not divided by `√D`: the scales of the norms carry the temperature.
# Gemma 4 turns a quarter of the pairs of channels, the fastest ones, at the speeds that they have when all turn (`proportional`).
# DeepSeek V4 also has one vector for key and value, and takes the rotation out of the result again.
#
# **Try** `num_kv_heads` at 1: the cache is one value per word for all heads together.
#
# Sources: [Gemma 4's code](https://github.com/google-deepmind/gemma/tree/main/gemma/gm/nn/gemma4); [Gemma 4 in transformers](https://huggingface.co/blog/gemma4).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
rotary_share = 0.5  #@param {type:"slider", min:0, max:1, step:0.25}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert num_heads % num_kv_heads == 0, "choose a number of key/value heads that divides the number of query heads"
assert model_width // num_heads % 2 == 0, "choose an even head width, model width / heads: channels turn in pairs"

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
W_query, W_key, W_out = weight("query", M, H * D), weight("key", M, G * D), weight("out", H * D, M)
query_scale = (1 + weight("query scale", D) / 4) / D**0.5   # [D]
key_scale = 1 + weight("key scale", D) / 4                  # [D]

# %% [markdown]
# ## A key is a scaled and rotated value

# %%
def rms_norm(t, epsilon=1e-6):
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon)


def proportional_speeds(width, share, base=1000000):
    """How far each pair of channels turns from one position to the next; only the first of them do: [D/2]"""
    speeds = base ** (-torch.arange(0, width, 2) / width)
    return torch.where(torch.arange(width // 2) < int(share * width / 2), speeds, 0.0)


def rotate(t, angles):
    """Turns t [heads, T, D] by angles [T, D/2], channel n against channel n + D/2."""
    first, second = t.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def keys_from_values(v, key_scale, angles):
    """v [G, S, D], key_scale [D], angles [S, D/2] -> [G, S, D]"""
    return rotate(v * key_scale, angles)


def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, visible):
    """q [H, T, D], k and v [G, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    H, T, D = q.shape
    G, S, _ = k.shape
    scores = q.reshape(G, H // G, T, D) @ k[:, None].transpose(-2, -1)                  # [G, H/G, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)
    mixed = weights @ v[:, None]                                                        # [G, H/G, T, D]
    return mixed.reshape(H, T, D).transpose(0, 1).reshape(T, H * D), weights.reshape(H, T, S)


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
speeds = proportional_speeds(D, rotary_share)                                           # [D/2]
angles = torch.arange(T)[:, None] * speeds                                              # [T, D/2]
q = rotate(rms_norm(split_heads(x @ W_query, H)) * query_scale, angles)                 # [H, T, D]
v = rms_norm(split_heads(x @ W_key, G))                                                 # [G, T, D]
k = keys_from_values(v, key_scale, angles)                                              # [G, T, D]
heads, weights = attention(q, k, v, visible)
out = heads @ W_out                                                                     # [T, M]
print("speeds", speeds)
print("value", v[0, -1], "key", k[0, -1])
print(out[-1])

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, scale=1.0, enable_gqa=True)[0]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# The channels that do not turn are the value's own, scaled: a large part of every key is there without any work.

# %%
still = (speeds == 0).repeat(2)                                                         # [D] bool
print("channels that stay:", torch.allclose(k[..., still], v[..., still] * key_scale[still]))

# %% [markdown]
# ## Token by token
#
# Only values are kept. The keys of all of them are made from them again, each at its position.

# %%
cache = {"values": torch.empty(G, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                    # [1, M]
    new_q = rotate(rms_norm(split_heads(token @ W_query, H)) * query_scale, position * speeds)
    cache["values"] = torch.cat([cache["values"], rms_norm(split_heads(token @ W_key, G))], dim=1)  # [G, S, D]
    keys = keys_from_values(cache["values"], key_scale, angles[:position + 1])          # [G, S, D]
    found, row = attention(new_q, keys, cache["values"], visible[position:position + 1, :position + 1])
    row = row[:, 0]                                                                     # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Half the cache of grouped-query attention and one matrix less. The counter leaves out the rotations, a few operations for each number kept.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(q, keys_from_values(v, key_scale, angles), v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "T·G·D·4", T * G * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(2·H·D + T·G·D)·4", (2 * H * D + T * G * D) * 4),
    ("key and value parameters", W_key.numel() + key_scale.numel(), "M·G·D + D", M * G * D + D),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

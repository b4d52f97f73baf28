# %% [markdown]
# # Cross-layer KV sharing
#
# The keys and values of neighbouring layers are much alike, so the last layers of a model make none of their own: they read those of an earlier layer.
# A sharing layer still has its own queries and its own output projection, and what it reads is the last earlier layer of its kind, sliding or full, that made keys and values.
# The cache then holds nothing for these layers, and while a prompt is read only its last token has to pass through them.
#
# `Z_l = softmax(Q_l K_pᵀ + mask) V_p Wo_l`, where `p = l` in a layer with its own keys, and the last such layer of the same kind in one that shares
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** query heads
# - **G** key/value heads
# - **D** head width
# - **M** model width
# - **L** layers
# - **W** window: the keys that a sliding layer sees, the token itself included
#
# **Keeps** a query for every layer and head, and all scores: sharing saves memory and projections, not the work of attending.
#
# **Gives up** keys and values made from what the sharing layers know: they look up what was known below.
#
# **Cache** `2·G·D` numbers per token in a layer that makes keys, against `2·H·D`, and `0` in a layer that shares them
#
# **Used by** Gemma 4 E2B, Gemma 4 E4B, Gemma 3n
#
# **Also called** cross-layer attention, CLA, YOCO, shared KV cache, p-RoPE, proportional RoPE
#
# **Notes** Cross-layer attention as first [published](https://arxiv.org/abs/2405.12981) shares within small groups of adjacent layers; [YOCO](https://arxiv.org/abs/2405.05254) lets the whole upper half read one set of keys, and [Gemma 4](https://github.com/google-deepmind/gemma) has one set for each kind of layer.
# Gemma 4 normalises queries, keys and values and then does not divide scores by √D; in its larger models the full layers have no value matrix, the values are the keys before their norm.
# Its full layers rotate a quarter of all pairs by position, the fastest quarter, and the pairs span the whole head (p-RoPE, [Barbero et al. 2024](https://arxiv.org/abs/2410.06205)).
#
# **Try** sharing in 0 layers, then in 3: how many bytes does the cache have, and how many FLOPs are left?
#
# Sources: [Gemma 4's code](https://github.com/google-deepmind/gemma), `gemma/gm/nn/gemma4`; [Brandon et al. 2024](https://arxiv.org/abs/2405.12981), section 2.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16    #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4       #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 1    #@param {type:"slider", min:1, max:2, step:1}
head_width = 8      #@param {type:"slider", min:8, max:32, step:8}
layer_types = "sliding sliding full sliding sliding full"  #@param {type:"string"}
sharing_layers = 3  #@param {type:"slider", min:0, max:3, step:1}
window = 4          #@param {type:"slider", min:1, max:16, step:1}

kinds = layer_types.split()
assert sentence.split() and kinds, "write at least one word and one layer"
assert num_heads % num_kv_heads == 0, "choose a number of query heads that the number of key/value heads divides"
assert set(kinds) <= {"full", "sliding"}, "a layer is either full or sliding"
own = kinds[:len(kinds) - sharing_layers]
assert set(kinds) <= set(own), "let fewer layers share: each kind needs a layer that makes keys and values"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## Who reads whose keys
#
# Gemma 4 E2B has 35 layers, every fifth a full one, and the last 20 share.

# %%
def producers(kinds, sharing):
    """For each layer the layer whose keys and values it reads."""
    own = len(kinds) - sharing
    return [layer if layer < own else max(earlier for earlier in range(own) if kinds[earlier] == kind)
            for layer, kind in enumerate(kinds)]


source = producers(kinds, sharing_layers)
for number, kind in enumerate(kinds):
    print(f"layer {number}: {kind:>7}, reads", "its own" if source[number] == number else f"layer {source[number]}'s")

e2b = producers((["sliding"] * 4 + ["full"]) * 7, 20)
print("in Gemma 4 E2B layers 15 to 34 read those of", sorted(set(e2b[15:])))

# %% [markdown]
# ## Making keys, and reading them

# %%
def rotate(x, positions, theta, rotated):                           # [H, T, D]
    """Turns channel i with channel i + D/2 by position, in the first `rotated` pairs; the others stay as they are."""
    pair = torch.arange(x.shape[-1] // 2)
    speed = torch.where(pair < rotated, theta ** (-pair / len(pair)), 0.0)      # [D/2]
    angles = positions[:, None] * speed                                         # [T, D/2]
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)


def keys_and_values(x, W_key, W_value, key_norm, theta, rotated, start=0):
    """[G, T, D] each, for the tokens x [T, M] from position `start` on; without W_value the raw keys are the values."""
    T, D = x.shape[0], key_norm.shape[0]
    raw = (x @ W_key).view(T, -1, D).transpose(0, 1)
    v = raw if W_value is None else (x @ W_value).view(T, -1, D).transpose(0, 1)
    k = rotate(F.rms_norm(raw, (D,), key_norm, eps=1e-6), start + torch.arange(T), theta, rotated)
    return k, F.rms_norm(v, (D,), eps=1e-6)


def attend(x, k, v, W_query, W_out, query_norm, theta, rotated, window=None, start=0):
    """Result [T, M] and weights [H, T, S] for the tokens x [T, M] from position `start` on, the last T of S keys."""
    T, S, D = x.shape[0], k.shape[1], k.shape[2]
    positions = start + torch.arange(T)
    q = (x @ W_query).view(T, -1, D).transpose(0, 1)                            # [H, T, D]
    q = rotate(F.rms_norm(q, (D,), query_norm, eps=1e-6), positions, theta, rotated)
    group = q.shape[0] // k.shape[0]
    behind = positions[:, None] - torch.arange(start + T - S, start + T)        # [T, S]: how far back a key lies
    visible = (behind >= 0) & (behind < (window or S))
    scores = q @ k.repeat_interleave(group, dim=0).mT                           # [H, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)
    heads = weights @ v.repeat_interleave(group, dim=0)                         # [H, T, D]
    return heads.transpose(0, 1).reshape(T, -1) @ W_out, weights


# %% [markdown]
# ## The stack
#
# `made` holds what the layers of this call may read, whole; `cache` what the next call will need.
# A sliding layer's cache forgets what left the window, but not before the layers that share it have read it.

# %%
def stack(x, layers, cache, start=0, last_alone=False):
    made = {}
    for number, layer in enumerate(layers):
        shares, rotary = layer["source"] != number, (layer["theta"], layer["rotated"])
        if shares and last_alone:
            x, start = x[-1:], start + len(x) - 1
        normed = F.rms_norm(x, x.shape[1:])
        if not shares:
            new = keys_and_values(normed, layer["W_key"], layer["W_value"], layer["key_norm"], *rotary, start)
            for name, t in zip((f"keys {number}", f"values {number}"), new):
                made[name] = torch.cat([cache[name], t], dim=1) if name in cache else t         # [G, S, D]
                cache[name] = made[name][:, -(layer["window"] or made[name].shape[1]):]
        k, v = made[f"keys {layer['source']}"], made[f"values {layer['source']}"]
        out, weights = attend(normed, k, v, layer["W_query"], layer["W_out"], layer["query_norm"], *rotary,
                              layer["window"], start)
        x = x + out
    return x, weights


M, H, G, D = model_width, num_heads, num_kv_heads, head_width
layers = []
for number, kind in enumerate(kinds):
    sliding = kind == "sliding"
    layer = dict(source=source[number], window=window if sliding else None, theta=1e4 if sliding else 1e6,
                 rotated=D // 2 if sliding else D // 8, W_query=weight(f"query {number}", M, H * D),
                 W_out=weight(f"out {number}", H * D, M), query_norm=torch.ones(D))
    if source[number] == number:
        layer.update(W_key=weight(f"key {number}", M, G * D), W_value=weight(f"value {number}", M, G * D),
                     key_norm=torch.ones(D))
    layers.append(layer)

stream, weights = stack(x, layers, {})                              # [T, M], [H, T, T] of the last layer
for head, shares in enumerate(weights[:, -1]):
    print(f"in the last layer head {head} of {words[-1]} looks at {words[shares.argmax()]}")

# %% [markdown]
# The layers that share write nothing that a later token could want. So while a prompt is read, all but its last token may stay below them.

# %%
last, _ = stack(x, layers, {}, last_alone=True)                     # [1, M]
print("the last token alone gives the same:", torch.allclose(last[-1], stream[-1], atol=1e-5))

# %% [markdown]
# ## Which keys a query sees
#
# In a full layer all up to itself, whoever made the keys. In a sliding layer the last `W` of these.

# %%
def visible_keys(tokens):                                           # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Token by token

# %%
cache = {}                                                      # keys and values [G, S, D] of the layers that make them
steps = []
for position in range(len(words)):
    out, weights = stack(x[position:position + 1], layers, cache, position)
    row = weights[:, 0]                                             # [H, S]
    steps.append(out)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), stream, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Every layer reads and writes its token's row, and reads keys and values, also those that it shares: sharing saves room, not reading.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    stack(x, layers, {})

T, L, makers = len(words), len(kinds), len(own)
kept_tokens, read_tokens = [sum(min(T, window) if kind == "sliding" else T for kind in some) for some in (own, kinds)]
moved = 2 * L * [out] + [cache[f"{what} {producer}"] for producer in source for what in ("keys", "values")]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()),
     "Σ 2·min(T,W)·G·D·4 over layers with keys of their own", 2 * kept_tokens * G * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "Σ (2·M + 2·min(T,W)·G·D)·4 over all layers", (2 * L * M + 2 * read_tokens * G * D) * 4),
    ("FLOPs", counter.get_total_flops(), f"L·(4·T·M·H·D + 4·T·T·H·D) + {makers}·4·T·M·G·D",
     L * (4 * T * M * H * D + 4 * T * T * H * D) + makers * 4 * T * M * G * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %%
# Gemma 4 E2B after 128K tokens in bfloat16: one key/value head, 512 wide in full layers, 256 in sliding ones.
shared, unshared = [2 * 2 * (full * 512 * 131072 + sliding * 256 * 512) for full, sliding in [(3, 12), (7, 28)]]
print(f"the cache of Gemma 4 E2B: {shared} bytes, without sharing {unshared}")

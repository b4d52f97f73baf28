# %% [markdown]
# # Layer-wise query-head budgets with per-head gates
#
# A query head costs the more the more keys it reads, so layers that read the whole text get fewer query heads than layers that read a short window.
# Keys and values are the same everywhere: only how many queries share a key changes from layer to layer.
# And each head is given a gate, a positive number that the token itself decides, by which the head's result grows or fades before the heads are joined.
#
# `Z = concat(g₁ Z₁, …, g_H Z_H) Wo` with `Z_h = softmax(Q_h K_jᵀ / √D + mask) V_j`, `j = ⌊h·G / H⌋`, `g = softplus(X Wg)`, and `H` a number of each layer
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** query heads of a layer
# - **G** key/value heads
# - **D** head width
# - **M** model width
# - **W** window: the keys that a sliding layer sees, the token itself included
#
# **Keeps** exact softmax attention in every layer, and the full text in some.
#
# **Gives up** query heads where each is most expensive.
#
# **Cache** `2·G·D` numbers per token of the text in a full layer, and of the last `W` tokens in a sliding one, against `2·H·D`.
#
# **Used by** Laguna XS.2
#
# **Also called** heterogeneous query heads, layer-wise scaling, per-head output gating, gated attention
#
# **Notes** Laguna XS.2's [model card](https://huggingface.co/poolside/Laguna-XS.2) calls the gate a sigmoid; [transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/laguna), mlx-lm and llama.cpp compute softplus, and so does this program.
# Its sibling Laguna M.1 has a gate for every channel of every head instead of one for each head.
# In full layers only half of the channels are rotated by position, in sliding ones all of them.
#
# **Try** 2 heads in full layers, then 12: which of the counted costs move, and which does not?
#
# Sources: [Laguna technical report](https://poolside.ai/assets/laguna/laguna-m1-xs2-technical-report.pdf); [Mehta et al. 2024](https://arxiv.org/abs/2404.14619), on layer-wise scaling; [Qiu et al. 2025](https://arxiv.org/abs/2505.06708) on gates after attention.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
layer_types = "full sliding sliding sliding"  #@param {type:"string"}
full_heads = 6     #@param {type:"slider", min:2, max:12, step:2}
sliding_heads = 8  #@param {type:"slider", min:2, max:12, step:2}
num_kv_heads = 2   #@param {type:"slider", min:1, max:2, step:1}
head_width = 8     #@param {type:"slider", min:4, max:16, step:4}
window = 4         #@param {type:"slider", min:1, max:16, step:1}

for heads in (full_heads, sliding_heads):
    assert heads % num_kv_heads == 0, "choose numbers of query heads that the number of key/value heads divides"
assert set(layer_types.split()) <= {"full", "sliding"}, "a layer is either full or sliding"
assert sentence.split() and layer_types.split(), "write at least one word and one layer"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## One layer
#
# The number of heads is nowhere a setting of the function: it is what the matrices of the layer hold.

# %%
def rotate(x, positions, theta, width):                             # [H, T, D]
    """Turns the first `width` channels by position; channel i makes a pair with channel i + width/2."""
    angles = positions[:, None] * theta ** (-torch.arange(0, width, 2) / width)     # [T, width/2]
    a, b, rest = x.split([width // 2, width // 2, x.shape[-1] - width], dim=-1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin(), rest], dim=-1)


def budgeted_attention(x, W_query, W_key, W_value, W_gate, W_out, query_norm, key_norm, theta, rotary_width,
                       window=None, past=None, start=0):
    """A layer for the tokens x [T, M] from position `start` on: result [T, M], weights, gates, keys and values."""
    T, D = x.shape[0], query_norm.shape[0]
    positions = start + torch.arange(T)
    q, k, v = [(x @ W).view(T, -1, D).transpose(0, 1) for W in (W_query, W_key, W_value)]   # [H or G, T, D]
    q = rotate(F.rms_norm(q, (D,), query_norm, eps=1e-6), positions, theta, rotary_width)
    k = rotate(F.rms_norm(k, (D,), key_norm, eps=1e-6), positions, theta, rotary_width)
    if past is not None:
        k, v = torch.cat([past[0], k], dim=1), torch.cat([past[1], v], dim=1)       # [G, S, D]
    S, group = k.shape[1], q.shape[0] // k.shape[0]
    behind = positions[:, None] - torch.arange(start + T - S, start + T)            # [T, S]: how far back a key lies
    visible = (behind >= 0) & (behind < (window or S))
    scores = q @ k.repeat_interleave(group, dim=0).mT / D**0.5                      # [H, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)
    gates = F.softplus(x @ W_gate)                                                  # [T, H]
    heads = weights @ v.repeat_interleave(group, dim=0) * gates.T[..., None]        # [H, T, D]
    return heads.transpose(0, 1).reshape(T, -1) @ W_out, weights, gates, (k, v)


# %% [markdown]
# ## A stack of layers, each with its own budget

# %%
M, G, D = model_width, num_kv_heads, head_width
layers = []
for number, kind in enumerate(layer_types.split()):
    H = full_heads if kind == "full" else sliding_heads
    layers.append(dict(
        W_query=weight(f"query {number}", M, H * D), W_key=weight(f"key {number}", M, G * D),
        W_value=weight(f"value {number}", M, G * D), W_gate=weight(f"gate {number}", M, H),
        W_out=weight(f"out {number}", H * D, M), query_norm=torch.ones(D), key_norm=torch.ones(D),
        theta=500000.0 if kind == "full" else 10000.0, rotary_width=D // 2 if kind == "full" else D,
        window=None if kind == "full" else window,
    ))
    print(f"layer {number}: {kind:>7}, {H} query heads, {H // G} of them to a key/value head")

stream = x                                                          # [T, M]
for layer in layers:
    out, weights, gates, kept = budgeted_attention(F.rms_norm(stream, (M,)), **layer)
    stream = stream + out
print("gates of the last layer's heads for", words[-1], gates[-1])

# %% [markdown]
# ## Which keys a query sees
#
# This is the mask of a sliding layer. A full layer sees everything on and below the diagonal.

# %%
def visible_keys(tokens):                                           # [T, T] bool
    behind = torch.arange(tokens)[:, None] - torch.arange(tokens)
    return (behind >= 0) & (behind < window)


visible = visible_keys(len(words))
print(visible.sum(dim=-1))

# %% [markdown]
# ## Token by token
#
# Each layer keeps keys and values for its own key/value heads, all of them or the last `W`. Query heads leave nothing behind, which is why their number is free.

# %%
cache = {f"{what} {number}": torch.zeros(G, 0, D) for number in range(len(layers)) for what in ("keys", "values")}
steps = []
for position in range(len(words)):
    token = x[position:position + 1]                                # [1, M]
    for number, layer in enumerate(layers):
        past = cache[f"keys {number}"], cache[f"values {number}"]
        normed = F.rms_norm(token, (M,))
        out, weights, gates, (keys, values) = budgeted_attention(normed, **layer, past=past, start=position)
        row = weights[:, 0]                                         # [H, S]
        first = max(0, keys.shape[1] - (layer["window"] or keys.shape[1]))
        cache[f"keys {number}"], cache[f"values {number}"] = keys[:, first:], values[:, first:]
        token = token + out
    steps.append(token)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), stream, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Here every score is computed, also those that the mask takes away. A kernel for windows leaves them out, as the last lines do.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Every layer reads and writes its token's row.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    for layer in layers:
        budgeted_attention(x, **layer)

T = len(words)
all_heads = sum(layer["W_gate"].shape[1] for layer in layers)
seen = sum(min(T, layer["window"] or T) for layer in layers)
moved = 2 * len(layers) * [token] + [*cache.values()]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()),
     "Σ 2·min(T,W)·G·D·4", 2 * seen * G * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "Σ (2·M + 2·min(T,W)·G·D)·4", (2 * len(layers) * M + 2 * seen * G * D) * 4),
    ("FLOPs", counter.get_total_flops(),
     "Σ 2·T·M·(2·H+2·G)·D + 2·T·M·H + 4·T·T·H·D",
     2 * T * M * (2 * all_heads + 2 * len(layers) * G) * D + 2 * T * M * all_heads + 4 * T * T * all_heads * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %%
# Laguna XS.2: 10 full layers, 30 sliding ones with 64 heads and a window of 512, D = 128; one token after 128K others.
budget, uniform = [4 * 128 * (10 * heads * 131072 + 30 * 64 * 512) for heads in (48, 64)]
print(f"Laguna XS.2 with 48 heads in full layers: {budget} FLOPs of attention a token")
print(f"with 64 heads everywhere: {uniform}, so the budget saves {1 - budget / uniform:.0%}")

# %% [markdown]
# # Compressed convolutional attention
#
# Queries, keys and values are made narrower than the model, and attention happens down there: nothing is projected up again before the heads have mixed.
# What compression loses is made up for by mixing: two short causal convolutions run over queries and keys, first each channel alone, then the channels of each head together, and the mean of the unmixed queries and keys is added to both.
# Half of the value channels come from the token before, so a key is found by one word and hands over a part of the other.
#
# `Z_h = softmax(√D · q̂_h (τ_g k̂_g)ᵀ + mask) v_g` with `q̂, k̂ = unit(conv(conv(q, k)) + (q + k)/2)` and `v_t = [x_t Wnow, x_{t-1} Wbefore]`
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** query heads
# - **G** key/value heads
# - **D** head width: `H · D` is smaller than `M`
# - **M** model width
# - **C** channels of queries and keys together, `(H + G)·D`
#
# **Keeps** softmax over all earlier tokens.
#
# **Gives up** width: queries, keys and values live in a part of the model's width, and the convolutions see two tokens back.
#
# **Cache** `2·G·D` numbers per token against `2·H·D`, and `2·C + G·D/2` once: two rows that the convolutions look back to, half a value
#
# **Used by** ZAYA1-8B
#
# **Also called** CCA, CCGQA, compressed convolutional grouped-query attention
#
# **Notes** The temperature τ multiplies keys in [ZAYA1's released code](https://github.com/Zyphra/transformers) and in [transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/zaya); the paper's listing has exp(τ). A fresh τ is 0 in that code, and then all attention is uniform: train with exp(τ), or begin at 1.
# Two zero rows are put before the first token once, before both convolutions, so the second one finds the bias of the first at position -1 and not zero.
# With two key/value heads, as in ZAYA1, the first carries the token itself and the second the one before it.
#
# **Try** one key/value head: which of its channels are the word's own, which those of the word before?
#
# Sources: [Figliolia et al. 2025](https://arxiv.org/abs/2510.04476); [ZAYA1 report 2026](https://arxiv.org/abs/2605.05365).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:4, step:1}
head_width = 2    #@param {type:"slider", min:2, max:16, step:2}

assert sentence.split(), "write at least one word"
assert num_heads % num_kv_heads == 0, "choose a number of query heads that the number of key/value heads divides"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## Mixing along the text
#
# Both convolutions look at a token and the one before it. The first has two numbers for each channel, the second two small matrices for each head.

# %%
def convolve(rows, W_channel, b_channel, W_head, b_head):       # [2 + T, C], [C, 1, 2], [C], [C, D, 2], [C]
    """[T, C] from the tokens' rows and the two before them."""
    C, D, _ = W_head.shape
    alone = F.conv1d(rows.T[None], W_channel, b_channel, groups=C)              # [1, C, 1 + T]
    return F.conv1d(alone, W_head, b_head, groups=C // D)[0].T


def add_means(mixed, raw, G, D):                                # [T, C] both
    """Queries [T, H, D] and keys [T, G, D]: convolved, with the means of unconvolved queries and keys added."""
    T, H = raw.shape[0], raw.shape[1] // D - G
    q, k = raw.view(T, H + G, D).split([H, G], dim=1)
    mean = (q + k.repeat_interleave(H // G, dim=1)) / 2                         # [T, H, D]
    mixed_q, mixed_k = mixed.view(T, H + G, D).split([H, G], dim=1)
    return mixed_q + mean, mixed_k + mean.view(T, G, H // G, D).mean(dim=2)


def rotate(x, positions, theta, width):                         # [H, T, D]
    """Turns the first `width` channels by position; channel i makes a pair with channel i + width/2."""
    angles = positions[:, None] * theta ** (-torch.arange(0, width, 2) / width)         # [T, width/2]
    a, b, rest = x.split([width // 2, width // 2, x.shape[-1] - width], dim=-1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin(), rest], dim=-1)


# %% [markdown]
# ## Attention in the narrow space

# %%
def project(x, cache, W_query, W_key, W_now, W_before, convolutions, temperature, theta, rotary_width):
    """Queries [H, T, D] of the tokens x [T, M] that follow the cache, and keys and values [G, S, D] up to them."""
    T, G = x.shape[0], temperature.shape[0]
    D = W_key.shape[1] // G
    start = cache["keys"].shape[1] if "keys" in cache else 0
    raw = x @ torch.cat([W_query, W_key], dim=1)                                # [T, C]
    before = x @ W_before                                                       # [T, G·D/2]
    rows = torch.cat([cache.get("rows", torch.zeros(2, raw.shape[1])), raw])    # [2 + T, C]
    delayed = torch.cat([cache.get("delayed", torch.zeros(1, before.shape[1])), before])    # [1 + T, G·D/2]
    q, k = add_means(convolve(rows, *convolutions), raw, G, D)
    q, k = F.normalize(q, dim=-1) * D**0.5, F.normalize(k, dim=-1) * D**0.5 * temperature[:, None]
    v = torch.cat([x @ W_now, delayed[:T]], dim=1).view(T, G, D)
    positions = start + torch.arange(T)
    q, k = [rotate(t.transpose(0, 1), positions, theta, rotary_width) for t in (q, k)]
    for name, new in [("keys", k), ("values", v.transpose(0, 1))]:
        cache[name] = torch.cat([cache[name], new], dim=1) if name in cache else new    # [G, S, D]
    cache["rows"], cache["delayed"] = rows[-2:], delayed[-1:]
    return q, cache["keys"], cache["values"]


def attend(q, k, v, W_out):                                     # [H, T, D], [G, S, D] twice, [H·D, M]
    H, T, D = q.shape
    G, S, _ = k.shape
    future = torch.ones(T, S).triu(S - T + 1).bool()
    scores = q @ k.repeat_interleave(H // G, dim=0).mT / D**0.5                 # [H, T, S]
    weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1)
    heads = weights @ v.repeat_interleave(H // G, dim=0)                        # [H, T, D]
    return heads.transpose(0, 1).reshape(T, H * D) @ W_out, weights


M, H, G, D = model_width, num_heads, num_kv_heads, head_width
C = (H + G) * D
convolutions = [weight("channel convolution", 2, C).T[:, None], torch.zeros(C),                     # [C, 1, 2], [C]
                weight("head convolution", 2 * D, C).T.reshape(C, D, 2), torch.zeros(C)]            # [C, D, 2], [C]
projections = dict(W_query=weight("query", M, H * D), W_key=weight("key", M, G * D),
                   W_now=weight("value now", M, G * D // 2), W_before=weight("value before", M, G * D // 2),
                   convolutions=convolutions, temperature=torch.ones(G), theta=5e6, rotary_width=max(2, D // 4 * 2))
W_out = weight("out", H * D, M)

q, k, v = project(x, {}, **projections)
out, weights = attend(q, k, v, W_out)
print(f"the model has {M} channels, its queries {H * D}, its keys and its values {G * D}")
for head, shares in enumerate(weights[:, -1]):
    print(f"head {head} of {words[-1]} looks at {words[shares.argmax()]}")
print("queries and keys are all of one length:", torch.allclose(torch.cat([q, k]).norm(dim=-1), torch.tensor(D**0.5)))
delayed = v.transpose(0, 1).reshape(len(words), G * D)[:, G * D // 2:]          # [T, G·D/2]
print("half of a value is the word before:", torch.allclose(delayed[1:], (x @ projections["W_before"])[:-1], atol=1e-6))

# %% [markdown]
# ## Which keys a query sees
#
# All up to its own. A key itself is a mix of three tokens, the last of which is its own, so nothing leaks from the future.

# %%
def visible_keys(tokens):                                       # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Token by token
#
# Beside keys and values two rows have to be kept for the convolutions, from before them, and the half value that the next token will carry.

# %%
cache = {}
steps = []
for position in range(len(words)):
    out_now, row = attend(*project(x[position:position + 1], cache, **projections), W_out)
    row = row[:, 0]                                             # [H, S]
    steps.append(out_now)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), out, atol=1e-5))
print({name: tuple(kept.shape) for name, kept in cache.items()})

# %% [markdown]
# ## What it costs
#
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Of rows two are read and one is written, of half values one and one.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attend(*project(x, {}, **projections), W_out)

T = len(words)
moved = [x[-1:], *cache.values(), cache["rows"][-1:], cache["delayed"], out_now]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()),
     "(2·T·G·D + 2·C + G·D/2)·4", (2 * T * G * D + 2 * C + G * D // 2) * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "(2·M + 2·T·G·D + 3·C + G·D)·4", (2 * M + 2 * T * G * D + 3 * C + G * D) * 4),
    ("FLOPs", counter.get_total_flops(),
     "4·T·M·(H + G)·D + 4·(T+1)·C + 4·T·C·D + 4·T·T·H·D",
     4 * T * M * (H + G) * D + 4 * (T + 1) * C + 4 * T * C * D + 4 * T * T * H * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # Heavily compressed attention
#
# The text is cut into long blocks, each block becomes one entry, and a query attends to all entries and to the last few words as they are.
# An entry is a mean of its block's tokens in which every channel weighs the tokens for itself, by a softmax over the block.
# With few entries nothing needs to be chosen: attention over the whole text is dense, only coarse.
#
# `Z_h = Σⱼ p_j K_j` with `p = softmax([Q_h Kᵀ / √D, z_h])`, `K = [last W tokens; C]`, `C_i = RMS(Σ_t softmax_t(X Wgate + b) ⊙ X Wvalue)` over the `m` tokens of block `i`
#
# - **T** tokens: the words of the sentence
# - **H** query heads
# - **D** head width: one key for all heads, which is also the value
# - **M** model width
# - **R** width of the queries' latent
# - **W** window: the last tokens, seen one by one
# - **E** entries: the complete blocks
# - **m** tokens to a block
#
# **Keeps** sight of the whole text, and the last `W` tokens one by one.
#
# **Gives up** telling apart the words of a block that has left the window.
#
# **Cache** `D/m` numbers per token, and at most `W·D + 2·m·D` once, against `2·H·D`
#
# **Used by** DeepSeek V4-Flash, DeepSeek V4-Pro
#
# **Also called** HCA, compressed attention, attention over pooled blocks
#
# **Notes** The DeepSeek V4 report lets a query see the entries `s < ⌊t/m⌋`; its [code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash) has `i < ⌊(t+1)/m⌋` with both counted from 0, so a block is seen by its own last token. That is the same if the report counts tokens from 1.
# Key and value are one vector, so the value carries the key's rotation: it is turned back by the query's position afterwards. Only the last channels are rotated, neighbours in pairs, and an entry has the position of its block's first token.
# The sink z takes a part of the attention and gives nothing. V4's m and W are both 128, and it keeps most channels in 8 bits: an entry of 512 numbers takes 584 bytes.
#
# **Try** a window of 4: some words then see words neither one by one nor in an entry. Which?
#
# Sources: [DeepSeek V4 report 2026](https://arxiv.org/abs/2606.19348); [its code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash), `inference/model.py`; [transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/deepseek_v4).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:2, max:8, step:2}
head_width = 8    #@param {type:"slider", min:4, max:32, step:4}
block = 8         #@param {type:"slider", min:1, max:16, step:1}
window = 8        #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "write at least one word"
assert num_heads % 2 == 0, "choose an even number of heads: they leave in two groups"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## From a block to an entry

# %%
def rotate(x, positions, theta, width):                         # [..., T, D]
    """Turns the last `width` channels by position, each even channel with the odd one after it."""
    angles = positions[:, None] * theta ** (-torch.arange(0, width, 2) / width)         # [T, width/2]
    still, a, b = x[..., :-width], x[..., -width::2], x[..., 1 - width::2]
    turned = torch.stack([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)
    return torch.cat([still, turned.flatten(-2)], dim=-1)


def compress(x, cache, start, W_value, W_gate, bias, norm, theta, rotary_width):
    """All entries [E, D], with the tokens x [T, M] from position `start` on; the open block stays in the cache."""
    m, D = bias.shape
    values = torch.cat([cache.get("open values", torch.zeros(0, D)), x @ W_value])
    gates = x @ W_gate + bias[(start + torch.arange(len(x))) % m]
    gates = torch.cat([cache.get("open gates", torch.zeros(0, D)), gates])
    done = len(values) // m * m
    shares = torch.softmax(gates[:done].view(-1, m, D), dim=1)                  # [blocks, m, D]
    pooled = (shares * values[:done].view(-1, m, D)).sum(dim=1)                 # [blocks, D]
    entries = cache.get("entries", torch.zeros(0, D))
    first_tokens = m * (len(entries) + torch.arange(len(pooled)))
    pooled = rotate(F.rms_norm(pooled, (D,), norm, eps=1e-6), first_tokens, theta, rotary_width)
    cache["entries"] = torch.cat([entries, pooled])
    cache["open values"], cache["open gates"] = values[done:], gates[done:]
    return cache["entries"]


# %% [markdown]
# ## The last words one by one, all blocks, one softmax

# %%
def heavily_compressed_attention(x, cache, start, W_down, down_norm, W_up, W_key, key_norm, sink, W_group, W_out,
                                 theta, rotary_width, window, compressor=None):
    """Result [T, M], weights [H, T, S] for the tokens x [T, M] from position `start` on, which the cache takes in."""
    T, D = x.shape[0], key_norm.shape[0]
    positions = start + torch.arange(T)
    latent = F.rms_norm(x @ W_down, down_norm.shape, down_norm, eps=1e-6)       # [T, R]
    q = (latent @ W_up).view(T, -1, D).transpose(0, 1)                          # [H, T, D]
    q = rotate(F.rms_norm(q, (D,), eps=1e-6), positions, theta, rotary_width)
    keys = rotate(F.rms_norm(x @ W_key, (D,), key_norm, eps=1e-6), positions, theta, rotary_width)
    keys = torch.cat([cache.get("window", torch.zeros(0, D)), keys])
    cache["window"] = keys[-window:]
    behind = positions[:, None] - torch.arange(start + T - len(keys), start + T)    # [T, S]: how far back a key lies
    visible = (behind >= 0) & (behind < window)
    if compressor is not None:
        entries = compress(x, cache, start, *compressor, theta, rotary_width)
        complete = (positions[:, None] + 1) // len(compressor[2])               # [T, 1]
        keys = torch.cat([keys, entries])                                       # [S, D]
        visible = torch.cat([visible, torch.arange(len(entries)) < complete], dim=1)    # [T, S]
    scores = (q @ keys.T / D**0.5).masked_fill(~visible, -torch.inf)            # [H, T, S]
    with_sink = torch.cat([scores, sink[:, None, None].expand(-1, T, 1)], dim=-1)
    weights = torch.softmax(with_sink, dim=-1)[..., :-1]
    heads = rotate(weights @ keys, -positions, theta, rotary_width).transpose(0, 1)     # [T, H, D]
    groups = torch.einsum("tgi,gio->tgo", heads.reshape(T, len(W_group), -1), W_group)
    return groups.reshape(T, -1) @ W_out, weights


M, H, D, R = model_width, num_heads, head_width, model_width // 2
layer = dict(
    W_down=weight("query down", M, R), down_norm=torch.ones(R), W_up=weight("query up", R, H * D),
    W_key=weight("key", M, D), key_norm=torch.ones(D), sink=torch.zeros(H),
    W_group=weight("group", H * D // 2, 2 * R).view(-1, 2, R).transpose(0, 1),  # [groups, H·D/groups, R]
    W_out=weight("out", 2 * R, M), theta=160000.0, rotary_width=max(2, D // 8 * 2), window=window,
    compressor=(weight("pool value", M, D), weight("pool gate", M, D), weight("pool bias", block, D), torch.ones(D)),
)
kept = {}
out, weights = heavily_compressed_attention(x, kept, 0, **layer)
shares = weights[:, -1].mean(dim=0)                             # [S]
T, E = len(words), len(kept["entries"])
print(f"{words[-1]}, a mean over heads: {shares[:T].sum():.2f} to the last {min(T, window)} words,",
      f"{shares[T:].sum():.2f} to {E} entries, {1 - shares.sum():.2f} to the sink")
print(kept["entries"])

# %% [markdown]
# ## Which keys a query sees
#
# Here a token counts as seen if it is in the window or in an entry. Then the map has no hole as long as the window is no shorter than a block, less one.

# %%
def visible_keys(tokens):                                       # [T, T] bool
    query, key = torch.arange(tokens)[:, None], torch.arange(tokens)
    return (query >= key) & (query - key < window) | (key // block < (query + 1) // block)


visible = visible_keys(len(words))
print("pairs that are hidden:", (torch.ones(T, T).tril().bool() & ~visible).sum().item())

# %% [markdown]
# ## Token by token
#
# What has left the window is kept only as entries. The tokens of the open block wait, as values and gates, until it is complete.

# %%
cache = {}
steps = []
for position in range(len(words)):
    out_now, row = heavily_compressed_attention(x[position:position + 1], cache, position, **layer)
    row = row[:, 0]                                             # [H, S]
    steps.append(out_now)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), out, atol=1e-5))
print({name: tuple(kept.shape) for name, kept in cache.items()})

# %% [markdown]
# ## What it costs
#
# The full pass computes all scores of the window's keys, and the mask hides most; decoding meets `W` keys and `E` entries a token.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# The making of an entry is left out.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    heavily_compressed_attention(x, {}, 0, **layer)

moved = [x[-1:], cache["window"], cache["entries"], out_now]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()),
     "(min(T,W) + E + 2·(T mod m))·D·4", (min(T, window) + E + 2 * (T % block)) * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "(2·M + (min(T,W) + E)·D)·4", (2 * M + (min(T, window) + E) * D) * 4),
    ("FLOPs", counter.get_total_flops(),
     "2·T·(3·M·R + 2·R·H·D + 3·M·D) + 4·H·T·(T + E)·D",
     2 * T * (3 * M * R + 2 * R * H * D + 3 * M * D) + 4 * H * T * (T + E) * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

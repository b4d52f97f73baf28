# %% [markdown]
# # Compressed sparse attention
#
# The text becomes entries, one for every few tokens, and each entry also looks into the block before its own, so that no border cuts a phrase in two.
# A small attention beside the real one, the lightning indexer, scores all entries that a query may see and keeps the best few.
# The query then attends to these and to the last few words, as they are, in one softmax.
#
# `Z_h = Σⱼ p_j K_j` with `p = softmax([Q_h Kᵀ / √D, z_h])`, `K = [last W tokens; C_i of the k largest I_i]`, `I_i = Σⱼ wⱼ ReLU(qⱼ · c_i)`
#
# - **T** tokens: the words of the sentence
# - **H** query heads
# - **D** head width: one key for all heads, which is also the value
# - **M** model width
# - **R** width of the queries' latent
# - **W** window: the last tokens, seen one by one
# - **E** entries, one for every **m** tokens
# - **k** entries that a query chooses
# - **I** heads of the indexer, each **C** wide
#
# **Keeps** the last `W` tokens one by one, and from the whole text the places that matter most to the query.
#
# **Gives up** all entries that the indexer did not choose, and the words within an entry.
#
# **Cache** `(D + C)/m` numbers per token, and at most `W·D + 8·m·(D + C)` once, against `2·H·D`
#
# **Used by** DeepSeek V4-Flash, DeepSeek V4-Pro
#
# **Also called** CSA, lightning indexer, top-k attention over compressed entries
#
# **Notes** The report's branches a and b are swapped in [transformers'](https://github.com/huggingface/transformers/tree/main/src/transformers/models/deepseek_v4) comments: the first half of the channels is what a token gives to the next block's entry, the second what it gives to its own.
# The [released code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash) also passes the indexer's queries and keys through a Hadamard transform, which spreads outliers before they are stored in 4 bits; it is orthogonal and changes no score, so it is left out here as in transformers.
# An early transformers version let the indexer choose entries of blocks not yet complete ([issue 45820](https://github.com/huggingface/transformers/issues/45820)).
# V4 has m = 4, a window of 128 and k = 512 (Flash) or 1024 (Pro), with 64 index heads of width 128.
#
# **Try** choosing 1 entry, then 4: which words does the last one reach?
#
# Sources: [DeepSeek V4 report 2026](https://arxiv.org/abs/2606.19348), section 2.3; [its code](https://huggingface.co/deepseek-ai/DeepSeek-V4-Flash), `inference/model.py`.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:2, max:8, step:2}
head_width = 8    #@param {type:"slider", min:4, max:32, step:4}
block = 4         #@param {type:"slider", min:1, max:8, step:1}
window = 4        #@param {type:"slider", min:1, max:16, step:1}
top_k = 2         #@param {type:"slider", min:1, max:8, step:1}

assert sentence.split(), "write at least one word"
assert num_heads % 2 == 0, "choose an even number of heads: they leave in two groups"
assert window > 0 and block > 0 and top_k > 0, "window, block and top_k must be at least 1"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## Entries that overlap
#
# Every token makes two values and two gates: one pair for the entry of its own block, one for the entry of the next.

# %%
def rotate(x, positions, theta, width):                         # [..., T, D]
    """Turns the last `width` channels by position, each even channel with the odd one after it."""
    angles = positions[:, None] * theta ** (-torch.arange(0, width, 2) / width)         # [T, width/2]
    still, a, b = x[..., :-width], x[..., -width::2], x[..., 1 - width::2]
    turned = torch.stack([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)
    return torch.cat([still, turned.flatten(-2)], dim=-1)


def compress(x, cache, name, start, W_value, W_gate, bias, norm, theta, rotary_width):
    """All entries [E, D], with the tokens x [T, M] from position `start` on; the last rows stay in the cache."""
    m, D = bias.shape[0], norm.shape[0]
    values = torch.cat([cache.get(f"{name} values", torch.zeros(0, 2 * D)), x @ W_value])
    gates = x @ W_gate + bias[(start + torch.arange(len(x))) % m]
    gates = torch.cat([cache.get(f"{name} gates", torch.zeros(0, 2 * D)), gates])
    entries = cache.get(f"{name} entries", torch.zeros(0, D))
    done = len(values) // m * m
    slots = []
    for rows, absent in [(values, 0.0), (gates, -torch.inf)]:
        blocks = rows[:done].view(-1, m, 2 * D)
        from_before = torch.cat([torch.full((1, m, D), absent), blocks[:, :, :D]])[:len(blocks)]
        slots.append(torch.cat([from_before, blocks[:, :, D:]], dim=1)[min(len(entries), 1):])  # [new blocks, 2·m, D]
    pooled = (slots[0] * torch.softmax(slots[1], dim=1)).sum(dim=1)             # [new blocks, D]
    first_tokens = m * (len(entries) + torch.arange(len(pooled)))
    pooled = rotate(F.rms_norm(pooled, (D,), norm, eps=1e-6), first_tokens, theta, rotary_width)
    cache[f"{name} entries"] = torch.cat([entries, pooled])
    cache[f"{name} values"], cache[f"{name} gates"] = values[max(0, done - m):], gates[max(0, done - m):]
    return cache[f"{name} entries"]


# %% [markdown]
# ## The lightning indexer
#
# It has entries of its own, narrower ones. ReLU lets each index head vote only for what it likes, and the query's weights say how much its vote counts, even against.

# %%
def index_scores(x, latent, entries, positions, W_query, W_weight, theta, rotary_width):
    """How much each query wants each entry, [T, E]."""
    T, C = x.shape[0], entries.shape[1]
    q = rotate((latent @ W_query).view(T, -1, C).transpose(0, 1), positions, theta, rotary_width)   # [I, T, C]
    votes = torch.relu(q @ entries.T)                                           # [I, T, E]
    counts = x @ W_weight / (C * q.shape[0])**0.5                               # [T, I]
    return (counts.T[..., None] * votes).sum(dim=0)


# %% [markdown]
# ## Attention to the chosen entries and the last words

# %%
def compressed_sparse_attention(x, cache, start, W_down, down_norm, W_up, W_key, key_norm, sink, W_group, W_out, theta,
                                rotary_width, window, top_k, compressor, index_compressor, W_index, W_index_weight):
    """For tokens x [T, M] from `start` on: result [T, M], weights [H, T, S + k], chosen entries [T, k] or -1."""
    T, D = x.shape[0], key_norm.shape[0]
    positions, rotary = start + torch.arange(T), (theta, rotary_width)
    latent = F.rms_norm(x @ W_down, down_norm.shape, down_norm, eps=1e-6)       # [T, R]
    q = (latent @ W_up).view(T, -1, D).transpose(0, 1)                          # [H, T, D]
    q = rotate(F.rms_norm(q, (D,), eps=1e-6), positions, *rotary)
    keys = rotate(F.rms_norm(x @ W_key, (D,), key_norm, eps=1e-6), positions, *rotary)
    keys = torch.cat([cache.get("window", torch.zeros(0, D)), keys])            # [S, D]
    cache["window"] = keys[-window:]
    behind = positions[:, None] - torch.arange(start + T - len(keys), start + T)       # [T, S]: how far back a key lies

    entries = compress(x, cache, "main", start, *compressor, *rotary)           # [E, D]
    index = compress(x, cache, "index", start, *index_compressor, *rotary)      # [E, C]
    wanted = index_scores(x, latent, index, positions, W_index, W_index_weight, *rotary)
    complete = (positions[:, None] + 1) // len(compressor[2])                   # [T, 1]
    wanted = wanted.masked_fill(torch.arange(len(entries)) >= complete, -torch.inf)
    # ReLU makes exact zeros, so equal scores do occur: the earlier entry wins.
    chosen = wanted.sort(dim=-1, descending=True, stable=True).indices[:, :top_k]       # [T, k]
    picked = entries[chosen]                                                    # [T, k, D]

    near = (q @ keys.T).masked_fill((behind < 0) | (behind >= window), -torch.inf)      # [H, T, S]
    far = (q.transpose(0, 1) @ picked.mT).transpose(0, 1)                       # [H, T, k]
    far = far.masked_fill(chosen >= complete, -torch.inf)
    scores = torch.cat([near / D**0.5, far / D**0.5, sink[:, None, None].expand(-1, T, 1)], dim=-1)
    weights = torch.softmax(scores, dim=-1)[..., :-1]                           # [H, T, S + k]
    near, far = weights.split([len(keys), chosen.shape[1]], dim=-1)
    heads = near @ keys + (far.transpose(0, 1) @ picked).transpose(0, 1)        # [H, T, D]
    heads = rotate(heads, -positions, *rotary).transpose(0, 1)                  # [T, H, D]
    groups = torch.einsum("tgi,gio->tgo", heads.reshape(T, len(W_group), -1), W_group)
    return groups.reshape(T, -1) @ W_out, weights, torch.where(chosen < complete, chosen, -1)


M, H, D, R, I, C = model_width, num_heads, head_width, model_width // 2, 4, 4


def pooling(name, width):
    W_value, W_gate = weight(f"{name} value", M, 2 * width), weight(f"{name} gate", M, 2 * width)
    return W_value, W_gate, weight(f"{name} bias", block, 2 * width), torch.ones(width)


layer = dict(
    W_down=weight("query down", M, R), down_norm=torch.ones(R), W_up=weight("query up", R, H * D),
    W_key=weight("key", M, D), key_norm=torch.ones(D), sink=torch.zeros(H),
    W_group=weight("group", H * D // 2, 2 * R).view(-1, 2, R).transpose(0, 1),  # [groups, H·D/groups, R]
    W_out=weight("out", 2 * R, M), theta=160000.0, rotary_width=2, window=window, top_k=top_k,
    compressor=pooling("pool", D), index_compressor=pooling("index", C),
    W_index=weight("index query", R, I * C), W_index_weight=weight("index weight", M, I),
)
kept = {}
out, weights, chosen = compressed_sparse_attention(x, kept, 0, **layer)
for word, row in list(zip(words, chosen.tolist()))[block - 1::block]:
    spans = [" ".join(words[max(0, (i - 1) * block):(i + 1) * block]) for i in row if i >= 0]
    print(f"{word:>8} chooses:", "; ".join(spans))

# %% [markdown]
# ## Which keys a query sees
#
# A token counts as seen if it is in the window or went into an entry that was chosen. Another text chooses otherwise.

# %%
def visible_keys(tokens):                                       # [T, T] bool
    text = x if tokens == len(x) else weight("text", tokens, M) * tokens**0.5
    _, _, chosen = compressed_sparse_attention(text, {}, 0, **layer)
    query, key = torch.arange(tokens)[:, None], torch.arange(tokens)
    seen = (query >= key) & (query - key < window)
    for entries in chosen.T:
        i = entries[:, None]                                    # [T, 1]
        seen = seen | (i >= 0) & (key >= (i - 1) * block) & (key < (i + 1) * block)
    return seen


visible = visible_keys(len(words))
print("the last word reaches:", " ".join(word for word, seen in zip(words, visible[-1].tolist()) if seen))

# %% [markdown]
# ## Token by token
#
# Two lists of entries grow; the window and the rows from which the next entry will be made do not.

# %%
cache = {}
steps = []
for position in range(len(words)):
    out_now, row, chosen_now = compressed_sparse_attention(x[position:position + 1], cache, position, **layer)
    row = row[:, 0]                                             # [H, S + k]
    steps.append(out_now)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), out, atol=1e-5))
print({name: tuple(kept.shape) for name, kept in cache.items()})

# %% [markdown]
# ## What it costs
#
# The full pass computes all scores of the window's keys, and the mask hides most. The indexer alone still meets every entry: in the long run it costs most.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# The making of an entry is left out.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    compressed_sparse_attention(x, {}, 0, **layer)

T, E, k = len(words), len(words) // block, min(top_k, len(words) // block)
rows = T % block + (block if E else 0)
moved = [x[-1:], cache["window"], cache["main entries"][chosen_now[0]], cache["index entries"], out_now]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "(min(T,W)·D + E·(D + C) + 4·rows·(D + C))·4",
     (min(T, window) * D + E * (D + C) + 4 * rows * (D + C)) * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "(2·M + (min(T,W) + k)·D + E·C)·4", (2 * M + (min(T, window) + k) * D + E * C) * 4),
    ("FLOPs", counter.get_total_flops(),
     "2·T·(3·M·R + 2·R·H·D + M·D + 4·M·(D + C) + R·I·C + M·I) + 2·I·T·E·C + 4·H·T·(T + k)·D",
     2 * T * (3 * M * R + 2 * R * H * D + M * D + 4 * M * (D + C) + R * I * C + M * I)
     + 2 * I * T * E * C + 4 * H * T * (T + k) * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

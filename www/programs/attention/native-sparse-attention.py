# %% [markdown]
# # Native sparse attention
#
# A reader skims, then reads closely what looked promising, and keeps the last lines in mind: three branches of attention do the same.
# One sees every complete block of tokens as a single mean, one sees all tokens of the few blocks to which the first gave most weight, and one sees a window of the last tokens.
# A gate for each branch, head and token adds the three up; blocks and not single tokens are chosen, because memory is read in blocks.
#
# `z = g₁·attend(q, K̄, V̄) + g₂·attend(q, K[chosen blocks], V[chosen blocks]) + g₃·attend(q, K[last W], V[last W])` with `g = σ(x W_gate)`
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** query heads
# - **G** key/value heads; the `H / G` query heads of one choose together
# - **D** head width
# - **M** model width
# - **C** tokens of a block
# - **N** blocks that are chosen, the first, the current and the one before it always among them
# - **W** window: the token itself and those before it
#
# **Keeps** some sight of every token, exact attention where it matters most, and training from the start: the choice is made with attention's own weights.
#
# **Gives up** single tokens far back in blocks that were not chosen: they count only as a part of their block's mean.
#
# **Cache** `2·G·D·(1 + 1/C)` numbers per token against `2·H·D`: the means come on top, what shrinks is how much of it a token reads
#
# **Used by** NSA-27B (the paper's model)
#
# **Also called** NSA, compressed, selected and sliding attention
#
# **Notes** The paper's blocks overlap (32 tokens, every 16) and are compressed by a small network with positions, the chosen blocks are larger (64 tokens, 16 of them), the window has 512, and each branch has keys and values of its own.
# Here as in [flash-linear-attention](https://github.com/fla-org/native-sparse-attention) there is one size of block, a mean in place of the network, and one set of keys and values.
# With fewer than three chosen blocks the three forced ones tie, and which is taken is up to the library.
#
# **Try** a window of 1 and three blocks: what does the last word still see, and what of it exactly?
#
# Sources: [Yuan et al. 2025](https://arxiv.org/abs/2502.11089), sections 3.2 and 3.3.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
block_size = 2    #@param {type:"slider", min:1, max:8, step:1}
num_blocks = 4    #@param {type:"slider", min:3, max:16, step:1}
window = 3        #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert num_heads % num_kv_heads == 0, "num_heads must be a multiple of num_kv_heads, each of which serves as many"
assert block_size >= 1 and window >= 1, "block_size and window must be at least one token"
assert num_blocks >= 3, "num_blocks must be at least three: the first, the current and the one before it are in"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, G, C = len(words), model_width, num_heads, num_kv_heads, block_size
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, G * D), weight("value", M, G * D)
W_out, W_gate = weight("out", H * D, M), weight("gate", M, 3 * H)


# %% [markdown]
# ## The pieces
#
# A branch is plain attention over fewer keys. At the start no block is complete, and a row that sees nothing brings nothing.

# %%
def attend(q, k, v, visible):       # [H, T, D], [G, S, D], [G, S, D], [T, S] or [G, T, S]
    shared = len(q) // len(k)
    k, v = k.repeat_interleave(shared, dim=0), v.repeat_interleave(shared, dim=0)       # [H, S, D] each
    visible = visible.expand(len(q) // shared, *visible.shape[-2:]).repeat_interleave(shared, dim=0)
    scores = (q @ k.transpose(1, 2) / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)
    weights = torch.softmax(scores, dim=-1).masked_fill(~visible, 0.0)                  # [H, T, S]
    return weights @ v, weights                                                         # [H, T, D]


def block_means(t, block):          # [G, S, D]: complete blocks alone
    G, S, D = t.shape
    return t[:, :S // block * block].view(G, S // block, block, D).mean(dim=2)          # [G, S // C, D]


def choose_blocks(weights, places, block, count, G):    # [H, T, S // C], the places of the T queries
    H, T, complete = weights.shape      # and one block more, not complete or not yet begun
    importance = F.pad(weights.view(G, H // G, T, complete).mean(dim=1), (0, 1))        # [G, T, blocks]
    number = torch.arange(complete + 1)
    current = (places // block)[:, None]                                                # [T, 1]
    forced = (number == 0) | (number == current) | (number == current - 1)              # [T, blocks]
    importance = importance.masked_fill(forced, 1.0).masked_fill(number > current, -1.0)
    return importance.topk(min(count, complete + 1), dim=-1).indices                    # [G, T, N], some in the future


# %% [markdown]
# ## Three branches
#
# With masks, all tokens at once. The weights of the first branch choose for the second; the third needs no choice.

# %%
def native_sparse_attention(q, k, v, gates, block, count, window):  # [H, T, D], [G, T, D] twice, [3, H, T]
    H, T, D = q.shape
    places = torch.arange(T)
    causal = places <= places[:, None]                                                  # [T, T]
    last_of_block = (torch.arange(T // block) + 1) * block - 1
    skimmed, block_weights = attend(q, block_means(k, block), block_means(v, block), last_of_block <= places[:, None])

    chosen = choose_blocks(block_weights, places, block, count, len(k))                 # [G, T, N]
    in_block = (places // block == chosen[..., None]).any(dim=2) & causal               # [G, T, T]
    read, read_weights = attend(q, k, v, in_block)

    recent = causal & (places > places[:, None] - window)                               # [T, T]
    kept, kept_weights = attend(q, k, v, recent)
    heads = sum(gate[:, :, None] * branch for gate, branch in zip(gates, (skimmed, read, kept)))
    return heads, (block_weights, read_weights, kept_weights), in_block | recent        # [H, T, D], three, [G, T, T]


def project(x):     # [T, M]
    q, k, v = [(x @ W).view(len(x), -1, D).transpose(0, 1) for W in (W_query, W_key, W_value)]
    return q, k, v, torch.sigmoid(x @ W_gate).T.reshape(3, H, len(x))


q, k, v, gates = project(x)
heads, branch_weights, seen = native_sparse_attention(q, k, v, gates, C, num_blocks, window)
block_weights, read_weights, kept_weights = branch_weights      # [H, T, T // C], [H, T, T], [H, T, T]
out = heads.transpose(0, 1).flatten(1) @ W_out                                          # [T, M]
print(out.shape, "blocks", block_weights.shape)
for position in range(max(T - 4, 0), T):
    print(f"{words[position]:>8} of head 0 skims", *[f"{share:.2f}" for share in block_weights[0, position].tolist()])
    print(f"{'':>8} and reads", *[word for word, share in zip(words, read_weights[0, position].tolist()) if share > 0])

# %% [markdown]
# A mean of values under one weight is the values under a part of it each. So the three branches together are one row of weights over tokens, no longer summing to one.

# %%
spread = F.pad(block_weights.repeat_interleave(C, dim=-1) / C, (0, T % C))              # [H, T, T]
weights = sum(gate[:, :, None] * branch for gate, branch in zip(gates, (spread, read_weights, kept_weights)))
print("one row of weights does it:", torch.allclose(weights @ v.repeat_interleave(H // G, dim=0), heads, atol=1e-5))
print("the last row of each head sums to", *[f"{share:.2f}" for share in weights[:, -1].sum(dim=-1).tolist()])


# %% [markdown]
# ## Which keys a query sees
#
# By themselves: those in its window and in the blocks that its key/value head chose, here for random tokens and for either head. In means: all complete blocks.

# %%
def visible_keys(tokens):  # [T, T] bool
    anything = weight("anything", tokens, M) * tokens**0.5
    _, _, seen = native_sparse_attention(*project(anything), C, num_blocks, window)
    return seen.any(dim=0)


visible = visible_keys(len(words))
print("keys in each row:", visible.sum(dim=-1).tolist())

# %% [markdown]
# ## Token by token
#
# The means are kept beside keys and values, a new one whenever a block is full. The chosen blocks are gathered, and the rest of the cache is not read.

# %%
cache = {name: torch.empty(G, 0, D) for name in ["keys", "values", "block keys", "block values"]}


def places_in(blocks, place, block):    # [G, N] -> [G, J]: the last block as far as it goes
    blocks = blocks[:, (blocks <= place // block).all(dim=0)].sort(dim=-1).values
    places = (blocks[:, :, None] * block + torch.arange(block)).flatten(1)              # [G, N·C]
    return places[:, :places.shape[1] - (block - 1 - place % block)]


def sparse_step(q, cache, gates, place):        # [H, 1, D], [3, H, 1]
    skimmed, block_row = attend(q, cache["block keys"], cache["block values"], torch.ones(1, (place + 1) // C).bool())
    chosen = choose_blocks(block_row, torch.tensor([place]), C, num_blocks, G)[:, 0]    # [G, N]
    places = places_in(chosen, place, C)                                                # [G, J]
    index = places[:, :, None].expand(-1, -1, D)
    read, read_row = attend(q, cache["keys"].gather(1, index), cache["values"].gather(1, index),
                            torch.ones(1, places.shape[1]).bool())
    kept, kept_row = attend(q, cache["keys"][:, -window:], cache["values"][:, -window:],
                            torch.ones(1, min(window, place + 1)).bool())
    y = sum(gate[:, :, None] * branch for gate, branch in zip(gates, (skimmed, read, kept)))
    row = torch.zeros(H, place + 1)                                                     # [H, S]
    row[:, :block_row.shape[-1] * C] += gates[0] * block_row[:, 0].repeat_interleave(C, dim=-1) / C
    row = row.scatter_add(1, places.repeat_interleave(H // G, dim=0), gates[1] * read_row[:, 0])
    row[:, -window:] += gates[2] * kept_row[:, 0]
    return y, row, places


decoded = []
for position in range(len(words)):
    new_q, new_k, new_v, new_gates = project(x[position:position + 1])
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                            # [G, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)
    if (position + 1) % C == 0:
        for kind in ["keys", "values"]:
            mean = cache[kind][:, -C:].mean(dim=1, keepdim=True)                        # [G, 1, D]
            cache[f"block {kind}"] = torch.cat([cache[f"block {kind}"], mean], dim=1)
    y, row, places = sparse_step(new_q, cache, new_gates, position)
    decoded.append(y.transpose(0, 1).flatten(1) @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-5))
print("the last row too:", torch.allclose(row, weights[:, -1], atol=1e-5))

# %% [markdown]
# ## What it costs
#
# For the last token. Sixteen words are too few to save anything; the paper's sizes at 65536 tokens are another matter.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Each branch reads for itself.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    sparse_step(q[:, -1:], cache, gates[:, :, -1:], T - 1)

N, W = min(num_blocks, len(range(0, T, C))), min(window, T)
moved = [new_q, new_gates, cache["block keys"], cache["block values"], y]
for kind in ["keys", "values"]:
    moved += [cache[kind].gather(1, places[:, :, None].expand(-1, -1, D)), cache[kind][:, -window:]]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·G·D·(T + ⌊T/C⌋)·4", 2 * G * D * (T + T // C) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(2·H·D + 3·H + 2·G·D·(⌊T/C⌋ + N·C - (-T mod C) + W))·4",
     (2 * H * D + 3 * H + 2 * G * D * (T // C + N * C - -T % C + W)) * 4),
    ("FLOPs of attention", counter.get_total_flops(), "4·H·D·(⌊T/C⌋ + N·C - (-T mod C) + W)",
     4 * H * D * (T // C + N * C - -T % C + W)),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"
print("keys and means that the last of 65536 tokens meets, with the paper's sizes:", 65536 // 16 + 16 * 64 + 512)

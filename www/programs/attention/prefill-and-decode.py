# %% [markdown]
# # Prefill and decode
#
# A model that answers works in two phases: it reads the prompt, all tokens at once, and then it writes, one token after the other.
# Keys and values of earlier tokens never change, so they are kept, and a new token computes only its own and its one row of scores.
# Reading is large matrix products and limited by arithmetic; writing reads the whole cache for a single row and is limited by memory, which is why long prompts are read in chunks between which others may write.
#
# `Z_new = softmax(Q_new [K_kept; K_new]ᵀ / √D + mask) [V_kept; V_new]`, where the mask hides from row `t` of the new tokens all keys after `start + t`
#
# - **T** tokens of one call: the prompt, a chunk of it, or a single one
# - **S** keys: kept and new
# - **H** query heads
# - **G** key/value heads
# - **D** head width
# - **M** model width
#
# **Keeps** every number of full causal attention: only the order of work changes.
#
# **Gives up** memory for the cache, instead of computing all keys again for each new token.
#
# **Cache** `2·G·D` numbers per token against `2·H·D`
#
# **Used by** every decoder model
#
# **Also called** KV cache, key/value cache, chunked prefill, incremental decoding, generation
#
# **Notes** The cache is the text's, not the question's: two continuations of one prompt may share it (prefix caching), and a token that is taken back is cut off its end.
# It holds only for causal attention, where no earlier row depends on a later token.
#
# **Try** a chunk of 1, then of 16: what changes in the FLOPs for each byte, and what does not change at all?
#
# Sources: [Pope et al. 2022](https://arxiv.org/abs/2211.05102), section 2; [Agrawal et al. 2023](https://arxiv.org/abs/2308.16369) on chunks; [Shazeer 2019](https://arxiv.org/abs/1911.02150), section 2.4, on why writing waits for memory.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
chunk = 6         #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "write at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert num_heads % num_kv_heads == 0, "choose a number of query heads that the number of key/value heads divides"
assert chunk > 0, "a chunk holds at least one token"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## One function for both phases
#
# It adds the new keys and values to those that are kept. The mask is a corner of the large triangle: the new tokens' rows, all columns.

# %%
def causal_corner(tokens, keys):                                # [T, S] bool: the last T of S rows
    return torch.ones(tokens, keys).tril(keys - tokens).bool()


def attend(q, k, v, cache):                                     # [H, T, D], [G, T, D] twice
    """What the new tokens find among themselves and in the cache, [T, H·D], and their weights [H, T, S]."""
    for name, new in [("keys", k), ("values", v)]:
        cache[name] = torch.cat([cache[name], new], dim=1) if name in cache else new    # [G, S, D]
    H, T, D = q.shape
    G, S, _ = cache["keys"].shape
    keys, values = [cache[name].repeat_interleave(H // G, dim=0) for name in ("keys", "values")]    # [H, S, D]
    scores = (q @ keys.mT / D**0.5).masked_fill(~causal_corner(T, S), -torch.inf)       # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ values).transpose(0, 1).reshape(T, H * D), weights


M, H, G, D = model_width, num_heads, num_kv_heads, model_width // num_heads
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, G * D), weight("value", M, G * D)
W_out = weight("out", H * D, M)


def layer(x, cache):                                            # [T, M]
    q, k, v = [(x @ W).view(len(x), -1, D).transpose(0, 1) for W in (W_query, W_key, W_value)]
    found, weights = attend(q, k, v, cache)
    return found @ W_out, weights


# %% [markdown]
# ## Prefill: the prompt in one call

# %%
prompt = {}
out, weights = layer(x, prompt)                                 # [T, M], [H, T, T]
print("kept after the prompt:", prompt["keys"].shape, prompt["values"].shape)

# %% [markdown]
# ## Chunked prefill: the prompt in pieces
#
# The second piece finds the keys of the first one in the cache. Between two pieces other requests may have their turn.

# %%
chunked, pieces = {}, []
for start in range(0, len(words), chunk):
    piece, weights = layer(x[start:start + chunk], chunked)     # [chunk, M], [H, chunk, S]
    print(f"words {start} to {start + len(piece) - 1} see {weights.shape[2]} keys at most")
    pieces.append(piece)
print("chunks equal the whole prompt:", torch.allclose(torch.cat(pieces), out, atol=1e-5))

# %% [markdown]
# ## Which keys a query sees

# %%
def visible_keys(tokens):                                       # [T, T] bool
    return causal_corner(tokens, tokens)


visible = visible_keys(len(words))
print("the corner of the last chunk:")
print(causal_corner(len(piece), len(words)).int())

# %% [markdown]
# ## Token by token

# %%
cache = {}
steps = []
for position in range(len(words)):
    step, row = layer(x[position:position + 1], cache)
    row = row[:, 0]                                             # [H, S]
    steps.append(step)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# The end of the same text, read as one piece, as a chunk, and as a single word. Each reads all weights and the whole cache: what differs is how much is computed with what was read.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

T = len(words)
moved = [x[-1:], *cache.values(), step]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·G·D·4", 2 * T * G * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(2·M + 2·T·G·D)·4", (2 * M + 2 * T * G * D) * 4),
]
numbers = 2 * M * (H + G) * D + 2 * T * G * D                   # of the weights, and of the cache of all words
for new in (T, min(chunk, T), 1):
    before = {name: kept[:, :T - new] for name, kept in cache.items()}
    with FlopCounterMode(display=False) as counter:
        layer(x[T - new:], before)
    costs.append((f"FLOPs of the last {new}", counter.get_total_flops(), f"{new}·(4·M·(H + G)·D + 4·T·H·D)",
                  new * (4 * M * (H + G) * D + 4 * T * H * D)))
    print(f"the last {new}: {counter.get_total_flops() / (4 * numbers):.2f} FLOPs for each byte that is read")
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

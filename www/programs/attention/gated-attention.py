# %% [markdown]
# # Gated attention
#
# Softmax must hand out all of a row's attention, even where a head has nothing to say, so idle heads pile it on the first token (the attention sink).
# A gate gives each token a way to decline: a sigmoid of the token itself, between 0 and 1, multiplies what attention brought back, before the output projection.
# It may be one number per channel (*elementwise*) or one per head (*headwise*); the keys, the values and the cache stay as they were.
#
# `Y = (softmax(Q Kᵀ / √D + mask) V ⊙ σ(X W_gate)) W_out`
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** query heads
# - **G** key/value heads, each shared by `H / G` query heads
# - **D** head width
# - **M** model width
#
# **Keeps** every pair of tokens and the whole softmax: the gate comes after it.
#
# **Gives up** nothing of attention; it costs one more projection, `M·H·D` parameters elementwise or `M·H` headwise.
#
# **Cache** `2·G·D` numbers per token against `2·H·D`, as without the gate: the gate belongs to the query and is never cached.
#
# **Used by** Qwen3-Next, Qwen3.5, Trinity Large
#
# **Also called** output gate, sigmoid gating, SDPA output gate
#
# **Notes** The paper compares five places for the gate and finds this one best.
# Qwen3-Next has no matrix of its own for it: the query projection is twice as wide, and each head's output is its query and then its gate ([transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3_next/modeling_qwen3_next.py)).
# It also normalises queries and keys and rotates a quarter of their channels, which changes nothing here.
#
# **Try** the headwise gate: which head is heard least, and by which word?
#
# Sources: [Qiu et al. 2025](https://arxiv.org/abs/2505.06708), section 2.2 for the gate and section 4 for what it does to the sink; [their code](https://github.com/qiuzh20/gated_attention).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
gating = "elementwise"  #@param ["elementwise", "headwise"]

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert num_heads % num_kv_heads == 0, "num_heads must be a multiple of num_kv_heads, each of which serves as many"

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
gate_width = H * D if gating == "elementwise" else H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, G * D), weight("value", M, G * D)
W_out, W_gate = weight("out", H * D, M), weight("gate", M, gate_width)

# %% [markdown]
# ## Attention, then the gate
#
# The gate is computed from the same row of *x* as the query, so every token decides for itself.
# In a head without it nothing stands between the matrices that make values and output but the mixing of rows, so the two are one; the gate parts them.

# %%
def gated_attention(q, k, v, gate, W_out):  # [H, T, D], [G, S, D], [G, S, D], [T, H·D] or [T, H], [H·D, M]
    H, T, D = q.shape
    G, S, _ = k.shape
    k, v = k.repeat_interleave(H // G, dim=0), v.repeat_interleave(H // G, dim=0)   # [H, S, D] each
    future = torch.ones(T, S).triu(S - T + 1).bool()                                # the queries are the last T of S
    scores = (q @ k.transpose(1, 2) / D**0.5).masked_fill(future, -torch.inf)       # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    heard = (weights @ v).transpose(0, 1)                                           # [T, H, D]
    opening = torch.sigmoid(gate).view(T, H, -1)                                    # [T, H, D], or [T, H, 1] headwise
    return (heard * opening).reshape(T, H * D) @ W_out, weights                     # [T, M], [H, T, S]


def project(x):  # [T, M]
    T = x.shape[0]
    q = (x @ W_query).view(T, H, D).transpose(0, 1)   # [H, T, D]
    k = (x @ W_key).view(T, G, D).transpose(0, 1)     # [G, T, D]
    v = (x @ W_value).view(T, G, D).transpose(0, 1)   # [G, T, D]
    return q, k, v, x @ W_gate


q, k, v, gate = project(x)
out, weights = gated_attention(q, k, v, gate, W_out)
print(out.shape, weights.shape)

# %% [markdown]
# ## What the gate lets through
#
# An open gate is 1, a closed one 0. Row by row: how far each head is open to each word, the mean over its channels.

# %%
opening = torch.sigmoid(gate).view(T, H, -1).mean(dim=-1)   # [T, H]
for word, row in zip(words, opening.tolist()):
    print(f"{word:>8}", *[f"{share:5.2f}" for share in row])

wide_open, _ = gated_attention(q, k, v, torch.full_like(gate, 30.0), W_out)
shut, _ = gated_attention(q, k, v, torch.full_like(gate, -30.0), W_out)
plain = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, enable_gqa=True)[0]
plain = plain.transpose(0, 1).reshape(T, H * D) @ W_out         # [T, M]
print("wide open it is plain attention:", torch.allclose(wide_open, plain, atol=1e-5))
print("shut it says nothing:", torch.allclose(shut, torch.zeros(T, M), atol=1e-5))

# %% [markdown]
# ## Which keys a query sees
#
# All up to itself: the gate hides no key, it turns down what the keys brought.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
print("pairs of a query and a key that it sees:", visible.sum().item())

# %% [markdown]
# ## Token by token
#
# Keys and values are kept, gates are not: each is used once, by the token it was made from.

# %%
cache = {"keys": torch.empty(G, 0, D), "values": torch.empty(G, 0, D)}
decoded = []
for position in range(len(words)):
    new_q, new_k, new_v, new_gate = project(x[position:position + 1])
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)        # [G, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)
    y, row = gated_attention(new_q, cache["keys"], cache["values"], new_gate, W_out)
    row = row[:, 0]                                                 # [H, S]
    decoded.append(y)

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Products of matrices, each multiplication and addition counted. The masked half of the scores is computed and thrown away, so it counts too.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    gated_attention(*project(x), W_out)

per_token = "H·D" if gating == "elementwise" else "H"
moved = [new_q, new_gate, *cache.values(), y]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·G·D·4", 2 * T * G * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     f"(H·D + {per_token} + 2·T·G·D + M)·4", (H * D + gate_width + 2 * T * G * D + M) * 4),
    ("gate parameters", W_gate.numel(), f"M·{per_token}", M * gate_width),
    ("FLOPs", counter.get_total_flops(), f"2·T·M·(2·H·D + 2·G·D + {per_token}) + 4·H·T·T·D",
     2 * T * M * (2 * H * D + 2 * G * D + gate_width) + 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

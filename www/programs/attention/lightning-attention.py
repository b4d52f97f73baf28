# %% [markdown]
# # Lightning attention
#
# Linear attention without its feature map and without its divisor: queries and keys meet as they are, and what is read is normalised afterwards.
# In place of the divisor the state fades: before each token it is multiplied by λ, a number below one that is fixed for each head, so some heads remember a few words and others the whole text.
# Its name is from the way it is computed: block by block, products of tokens inside a block and the state between blocks, so that neither the square of the length nor a loop over tokens is paid.
#
# `z_t = q_t S_t` with `S_t = λ_h S_{t-1} + k_tᵀ v_t` and `λ_h = exp(-s_h)`, then `Y = (rms_norm(Z) ⊙ σ(X W_gate)) W_out`
#
# - **T** tokens: the words of the sentence
# - **H** heads
# - **D** head width
# - **M** model width, here `H · D`
# - **C** tokens of a block, **R** tokens of the last one if it is not full
# - **L** layers
#
# **Keeps** order without positions: the farther back a token is, the more it has faded.
#
# **Gives up** exact recall, as every state does, and any say of the tokens in what is forgotten: the fading is fixed.
#
# **Cache** `H·D·D` numbers in all, for any length, against `2·H·D` for every token: from `T > D / 2` on it is the smaller
#
# **Used by** MiniMax-Text-01, MiniMax-M1, Ling 2.5, Ring 2.5
#
# **Also called** linear attention with decay, retention
#
# **Notes** MiniMax puts SiLU on queries, keys and values and lets deeper layers fade less, down to not at all in the last ([transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/minimax/modeling_minimax.py)).
# transformers saves the fading within a block as tables: in a bfloat16 checkpoint they are rounded, which moved the output of a small one by a thousandth, so here the tables are an argument.
# Ling has no SiLU but norms of queries and keys, positions in half of the channels, a scale of `1/√D` and a norm in groups ([vLLM](https://github.com/vllm-project/vllm)).
# The kernel of that name in [flash-linear-attention](https://github.com/fla-org/flash-linear-attention) uses slopes that grow linearly with the head, not MiniMax's powers of two.
# MiniMax-M2 went back to softmax in every layer.
#
# **Try** the last layer: λ is one in every head, and what is left is the sum of all keys and values.
#
# Sources: [Qin et al. 2024](https://arxiv.org/abs/2401.04658), section 3, for the blocks; [MiniMax 2025](https://arxiv.org/abs/2501.08313), section 2.2, for the layer.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_layers = 8    #@param {type:"slider", min:2, max:80, step:1}
layer = 0         #@param {type:"slider", min:0, max:79, step:1}
block_size = 5    #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert layer < num_layers, "layer must be below num_layers: layers count from zero"
assert block_size >= 1, "block_size must be at least one token"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H = len(words), model_width, num_heads
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out, W_gate = weight("out", H * D, M), weight("gate", M, H * D)
norm_scale = torch.ones(H * D)

q, k, v = [F.silu(x @ W).view(T, H, D).transpose(0, 1) for W in (W_query, W_key, W_value)]  # [H, T, D] each


# %% [markdown]
# ## How fast each head forgets
#
# The slopes are ALiBi's, made smaller layer by layer. A head's half-life is the number of tokens after which half of a key is left.

# %%
def slopes(num_heads, layer, num_layers):
    of_heads = 2.0 ** (-8 * torch.arange(1, num_heads + 1) / num_heads)     # [H]
    return of_heads * (1 - layer / (num_layers - 1 + 1e-5) + 1e-5)


slope = slopes(H, layer, num_layers)    # [H]
for h in range(H):
    print(f"head {h}: λ = {torch.exp(-slope[h]):.4f}")


# %% [markdown]
# ## Block by block
#
# Inside a block each query meets each key before it, faded by their distance. All that came before the block is in the state, faded by the place in the block.
# How much a key has faded depends on places alone, so it is worked out once for all blocks.

# %%
def block_fading(slope, block_size):  # [H]
    slope, place = slope[:, None, None], torch.arange(block_size)[:, None]          # [H, 1, 1], [C, 1]
    within = torch.exp(-slope * (place - place.T).clamp(min=0)).tril()              # [H, C, C]: from a key to a query
    entering = torch.exp(-slope * (place + 1))                                      # [H, C, 1]: from state to query
    leaving = torch.exp(-slope * (block_size - 1 - place))                          # [H, C, 1]: from a key to the state
    return within, entering, leaving


def lightning_attention(q, k, v, slope, fading):  # [H, T, D] each, [H], what block_fading returns
    H, T, D = q.shape
    within, entering, leaving = fading
    state, blocks = torch.zeros(H, D, D), []
    for start in range(0, T, within.shape[-1]):
        a, b, c = [t[:, start:start + within.shape[-1]] for t in (q, k, v)]         # [H, C, D] each
        n = a.shape[1]                                                              # C, or R in the last block
        near = (a @ b.transpose(1, 2) * within[:, :n, :n]) @ c                      # [H, C, D]
        far = (a * entering[:, :n]) @ state                                         # [H, C, D]
        blocks.append(near + far)
        state = torch.exp(-slope * n)[:, None, None] * state + (b * leaving[:, -n:]).transpose(1, 2) @ c
    return torch.cat(blocks, dim=1), state                                          # [H, T, D], [H, D, D]


def gated_output(heads, x, norm_scale, W_gate, W_out, eps=1e-6):  # [H, T, D], [T, M]
    joined = heads.transpose(0, 1).flatten(1)                                   # [T, H·D]
    normed = joined * torch.rsqrt(joined.pow(2).mean(-1, keepdim=True) + eps) * norm_scale
    return (normed * torch.sigmoid(x @ W_gate)) @ W_out                         # [T, M]


heads, state = lightning_attention(q, k, v, slope, block_fading(slope, block_size))
out = gated_output(heads, x, norm_scale, W_gate, W_out)
print(out.shape, state.shape)

# %% [markdown]
# One block of the whole text is the quadratic form, a row of weights for each token. They may be negative, and a row does not sum to one.

# %%
weights = q @ k.transpose(1, 2) * block_fading(slope, T)[0]   # [H, T, T]
print("blocks are the quadratic form:", torch.allclose(heads, weights @ v, atol=1e-4))
for h in range(H):
    print(f"head {h}: the last row sums to {weights[h, -1].sum():.2f}, its own word has {weights[h, -1, -1]:.2f}")


# %% [markdown]
# ## Which keys a query sees
#
# All that came before and itself, none of them alone: they are summed in the state. After `n` tokens a key is worth `λⁿ` of what it was.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
for h in range(H):
    print(f"head {h}: of the first word {torch.exp(-slope[h] * (T - 1)):.4f} is left at the last")


# %% [markdown]
# ## Token by token
#
# The state fades, takes in one key and value, and is read. No row of weights is ever made.

# %%
def lightning_attention_step(q, k, v, slope, state):  # [H, D] each, [H], [H, D, D]
    state = torch.exp(-slope)[:, None, None] * state + k[:, :, None] @ v[:, None]
    return (q[:, None] @ state)[:, 0], state


cache = {"state": torch.zeros(H, D, D)}
decoded = []
for position in range(len(words)):
    token = x[position]
    new_q, new_k, new_v = [F.silu(token @ W).view(H, D) for W in (W_query, W_key, W_value)]
    y, cache["state"] = lightning_attention_step(new_q, new_k, new_v, slope, cache["state"])
    decoded.append(gated_output(y[:, None], token[None], norm_scale, W_gate, W_out))

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-4))
print("and ends in the same state:", torch.allclose(cache["state"], state, atol=1e-4))

# %% [markdown]
# ## What it costs
#
# The state's bytes do not name T. The blocks cost `C` where the quadratic form costs `T`.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# A state is read and written.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    lightning_attention(q, k, v, slope, block_fading(slope, block_size))
with FlopCounterMode(display=False) as step_counter:
    lightning_attention_step(q[:, -1], k[:, -1], v[:, -1], slope, cache["state"])

C, R = block_size, T % block_size
moved = [new_q, new_k, new_v, *cache.values(), *cache.values(), y]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "H·D·D·4", H * D * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(4·H·D + 2·H·D·D)·4", (4 * H * D + 2 * H * D * D) * 4),
    ("FLOPs in blocks", counter.get_total_flops(), "4·H·D·(T·C - R·C + R·R + T·D)",
     4 * H * D * (T * C - R * C + R * R + T * D)),
    ("FLOPs of one step", step_counter.get_total_flops(), "4·H·D·D", 4 * H * D * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"
